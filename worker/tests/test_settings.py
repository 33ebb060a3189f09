"""The worker's own file."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import EXAMPLES

from headgate_worker.settings import ApiConnection, LocalConnection, SettingsRefused, load

GOOD = """
data: /data
dbt: {project: project, threads: 2}
airbyte: {base_url: "http://airbyte/api/public/v1/", client_id: me, client_secret: {file: secret}}
connections:
  invoices: {mode: api, connection_id: c0ffee00-0000-4000-8000-000000000001}
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "worker.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    return [problem.removeprefix(f"{path}: ") for problem in refused.value.problems]


def test_the_example_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEADGATE_WORKER_DATA", str(tmp_path))
    monkeypatch.setenv("HEADGATE_CONNECTOR_VENV", "/connectors")
    settings = load(EXAMPLES / "worker.yaml")
    orders = settings.connections["orders"]
    assert isinstance(orders, LocalConnection)
    assert orders.streams == ("users", "products", "purchases")
    assert settings.dbt.project == EXAMPLES / "medallion"
    assert settings.warehouse == tmp_path / "warehouse.duckdb"


def test_paths_are_relative_to_the_file_and_secrets_lose_one_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    path = tmp_path / "worker.yaml"
    path.write_text(GOOD, encoding="utf-8")
    settings = load(path)
    assert settings.airbyte is not None
    assert settings.airbyte.client_secret == "s3cret"
    assert settings.airbyte.base_url == "http://airbyte/api/public/v1"
    assert settings.dbt.project == tmp_path / "project"
    assert settings.connections["invoices"] == ApiConnection("c0ffee00-0000-4000-8000-000000000001")
    assert "s3cret" not in repr(settings)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """
data: {env: HEADGATE_TEST_NOT_SET}
dbt: {project: p, threads: many, thread: 2}
local: {line_bytes_max: 1}
airbyte: {base_url: airbyte, client_id: a, client_secret: written here}
connections:
  "": {mode: api, connection_id: x}
  a: {mode: sideways}
  b: {mode: local, connector: ../x, streams: [], config: []}
""",
    )
    assert told == [
        "data: environment variable HEADGATE_TEST_NOT_SET is not set — set it or write the value",
        "dbt.thread: is not a setting — one of: "
        "project, target, threads, seconds_max, runs_kept, pass_environment",
        "dbt.threads: must be a number from 1 to 64",
        "local.environment: is missing",
        "local.line_bytes_max: must be a number from 1024 to 2.68435e+08",
        "airbyte.base_url: is not a URL — write for example http://airbyte:8001/api/public/v1",
        "airbyte.client_secret: must be a reference — write {file: PATH} or {env: NAME}",
        "connections.: is not a usable name: letters, digits, '_', '.', '-', at most 64",
        "connections.a: needs a mode — one of: api, local",
        "connections.b.connector: must be the name of a command, without folders",
        "connections.b.streams: must be a list of names, and not empty",
        "connections.b.config: must be a table: the connector's own configuration",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data: a\ndata: b\n", '"data" is given twice'),
        ("data: &x a\n", "anchors and aliases are not used here"),
        ("data: [\n", "expected the node content"),
        ("- a\n", "the file: must be a table"),
        ("x" * (1024 * 1024 + 1), "is larger than 1048576 bytes"),
    ],
)
def test_a_file_that_is_not_plain_yaml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="cannot be read: No such file"):
        load(tmp_path / "nothing.yaml")


def test_a_connection_without_its_server_is_refused(tmp_path: Path) -> None:
    told = problems(tmp_path, GOOD.replace("airbyte: {", "local: {environment: e} #"))
    assert told == ["airbyte: is missing; connection invoices needs it"]
