"""The worker's own file: which connections there are, where the dbt project is, where data is kept.

YAML, read strictly: keys that are not known, given twice or of the wrong type, anchors and aliases are all
refused, every problem at once, with its place. Any text may come from outside as `{env: NAME}` or `{file:
PATH}`; a secret must. Relative paths are relative to the folder of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE_BYTES_MAX = 1024 * 1024

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_STREAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,62}")
_COMMAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class SettingsRefused(Exception):
    """The file cannot be used. `problems` has one sentence each, with place and remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ApiConnection:
    """A connection of a real Airbyte server, by its UUID."""

    connection_id: str


@dataclass(frozen=True)
class LocalConnection:
    """A connector that runs beside the worker. `config` is the connector's own; it may hold secrets."""

    connector: str
    streams: tuple[str, ...]
    config: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class AirbyteSettings:
    """How to reach Airbyte's public API: `http://HOST/api/public/v1`, or `https://api.airbyte.com/v1`."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    poll_seconds: float = 10.0
    request_seconds_max: float = 20.0
    wait_seconds_max: float = 12 * 3600.0


@dataclass(frozen=True)
class LocalSettings:
    """Bounds of the connectors that run here, and the virtual environment they are installed in."""

    environment: Path
    seconds_max: float = 3600.0
    line_bytes_max: int = 16 * 1024 * 1024
    records_max: int = 5_000_000
    spool_bytes_max: int = 4 * 1024**3
    catalog_seconds_max: float = 24 * 3600.0


@dataclass(frozen=True)
class DbtSettings:
    """The dbt project. `pass_environment` names variables that its profile reads."""

    project: Path
    target: str | None = None
    threads: int = 1
    seconds_max: float = 3600.0
    runs_kept: int = 20
    pass_environment: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Everything. `data` holds the DuckDB file, the connectors' state and the files of dbt runs."""

    data: Path
    dbt: DbtSettings
    connections: dict[str, ApiConnection | LocalConnection]
    airbyte: AirbyteSettings | None = None
    local: LocalSettings | None = None

    @property
    def warehouse(self) -> Path:
        """The DuckDB file: schema `bronze` is written by syncs, the others by dbt."""
        return self.data / "warehouse.duckdb"


def load(path: Path) -> Settings:
    """Reads and checks the file; raises `SettingsRefused`."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise SettingsRefused([f"{path}: is larger than {FILE_BYTES_MAX} bytes"])
        document = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)
    except OSError as error:
        raise SettingsRefused([f"{path}: cannot be read: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsRefused([f"{path}: {error}"]) from None
    reading = _Reading(path.resolve().parent)
    settings = reading.settings(document)
    if reading.problems:
        raise SettingsRefused([f"{path}: {problem}" for problem in reading.problems])
    return settings


class _StrictLoader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not used here", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f'"{key.value}" is given twice', problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_MISSING = object()


class _Reading:
    # Collects problems instead of stopping at the first; what it returns is used only when there are none.

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def settings(self, document: Any) -> Settings:
        top = self.table("", document, ("data", "dbt", "local", "airbyte", "connections"))
        data = self.path("data", top.get("data", _MISSING))
        dbt = self.dbt(top.get("dbt", _MISSING))
        local = self.local(top["local"]) if "local" in top else None
        airbyte = self.airbyte(top["airbyte"]) if "airbyte" in top else None
        connections = self.connections(top.get("connections", _MISSING))
        self.needs(connections, ApiConnection, airbyte, "airbyte")
        self.needs(connections, LocalConnection, local, "local")
        return Settings(data=data, dbt=dbt, connections=connections, airbyte=airbyte, local=local)

    def dbt(self, given: Any) -> DbtSettings:
        known = ("project", "target", "threads", "seconds_max", "runs_kept", "pass_environment")
        table = self.table("dbt", given, known)
        return DbtSettings(
            project=self.path("dbt.project", table.get("project", _MISSING)),
            target=self.text("dbt.target", table["target"]) if "target" in table else None,
            threads=self.number(table, "dbt", "threads", DbtSettings.threads, 1, 64),
            seconds_max=self.number(table, "dbt", "seconds_max", DbtSettings.seconds_max, 1, 5 * 3600),
            runs_kept=self.number(table, "dbt", "runs_kept", DbtSettings.runs_kept, 1, 1000),
            pass_environment=self.texts("dbt.pass_environment", table.get("pass_environment", []), _COMMAND),
        )

    def local(self, given: Any) -> LocalSettings:
        bounds = ("seconds_max", "line_bytes_max", "records_max", "spool_bytes_max", "catalog_seconds_max")
        table = self.table("local", given, ("environment", *bounds))
        return LocalSettings(
            environment=self.path("local.environment", table.get("environment", _MISSING)),
            seconds_max=self.number(table, "local", "seconds_max", LocalSettings.seconds_max, 1, 5 * 3600),
            line_bytes_max=self.number(
                table, "local", "line_bytes_max", LocalSettings.line_bytes_max, 1024, 256 * 1024**2
            ),
            records_max=self.number(table, "local", "records_max", LocalSettings.records_max, 1, 10**9),
            spool_bytes_max=self.number(
                table, "local", "spool_bytes_max", LocalSettings.spool_bytes_max, 1024, 1024**4
            ),
            catalog_seconds_max=self.number(
                table, "local", "catalog_seconds_max", LocalSettings.catalog_seconds_max, 0, 30 * 86400
            ),
        )

    def airbyte(self, given: Any) -> AirbyteSettings:
        bounds = ("poll_seconds", "request_seconds_max", "wait_seconds_max")
        table = self.table("airbyte", given, ("base_url", "client_id", "client_secret", *bounds))
        base_url = self.text("airbyte.base_url", table.get("base_url", _MISSING))
        if base_url and not base_url.startswith(("http://", "https://")):
            self.refuse(
                "airbyte.base_url", "is not a URL — write for example http://airbyte:8001/api/public/v1"
            )
        secret = table.get("client_secret", _MISSING)
        if isinstance(secret, str):
            self.refuse("airbyte.client_secret", "must be a reference — write {file: PATH} or {env: NAME}")
        return AirbyteSettings(
            base_url=base_url.rstrip("/"),
            client_id=self.text("airbyte.client_id", table.get("client_id", _MISSING)),
            client_secret=self.text("airbyte.client_secret", secret),
            poll_seconds=self.number(
                table, "airbyte", "poll_seconds", AirbyteSettings.poll_seconds, 0.01, 300
            ),
            request_seconds_max=self.number(
                table, "airbyte", "request_seconds_max", AirbyteSettings.request_seconds_max, 0.01, 50
            ),
            wait_seconds_max=self.number(
                table, "airbyte", "wait_seconds_max", AirbyteSettings.wait_seconds_max, 1, 23 * 3600
            ),
        )

    def connections(self, given: Any) -> dict[str, ApiConnection | LocalConnection]:
        if not isinstance(given, dict) or not given:
            self.refuse("connections", "must name at least one connection")
            return {}
        read: dict[str, ApiConnection | LocalConnection] = {}
        for name, value in given.items():
            place = f"connections.{name}"
            if not isinstance(name, str) or not _CONNECTION.fullmatch(name):
                self.refuse(place, "is not a usable name: letters, digits, '_', '.', '-', at most 64")
            elif connection := self.connection(place, value):
                read[name] = connection
        return read

    def connection(self, place: str, given: Any) -> ApiConnection | LocalConnection | None:
        mode = given.get("mode") if isinstance(given, dict) else None
        if mode == "api":
            table = self.table(place, given, ("mode", "connection_id"))
            return ApiConnection(self.text(f"{place}.connection_id", table.get("connection_id", _MISSING)))
        if mode == "local":
            table = self.table(place, given, ("mode", "connector", "streams", "config"))
            connector = self.text(f"{place}.connector", table.get("connector", _MISSING))
            if connector and not _COMMAND.fullmatch(connector):
                self.refuse(f"{place}.connector", "must be the name of a command, without folders")
            return LocalConnection(
                connector=connector,
                streams=self.texts(f"{place}.streams", table.get("streams", _MISSING) or _MISSING, _STREAM),
                config=self.config(f"{place}.config", table.get("config", {})),
            )
        self.refuse(place, "needs a mode — one of: api, local")
        return None

    def config(self, place: str, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.refuse(place, "must be a table: the connector's own configuration")
            return {}
        return {
            name: self.text(f"{place}.{name}", value) if _is_reference(value) else value
            for name, value in given.items()
        }

    def needs(self, connections: dict[str, Any], kind: type, settings: Any, section: str) -> None:
        users = [name for name, connection in connections.items() if isinstance(connection, kind)]
        if users and settings is None:
            self.refuse(section, f"is missing; connection {users[0]} needs it")

    def table(self, place: str, given: Any, known: tuple[str, ...]) -> dict[str, Any]:
        if given is _MISSING:
            self.refuse(place, "is missing")
            return {}
        if not isinstance(given, dict):
            self.refuse(place or "the file", "must be a table")
            return {}
        for name in given:
            if name not in known:
                self.refuse(f"{place}.{name}".lstrip("."), f"is not a setting — one of: {', '.join(known)}")
        return given

    def text(self, place: str, given: Any) -> str:
        if given is _MISSING:
            self.refuse(place, "is missing")
            return ""
        if _is_reference(given):
            return self.referenced(place, given)
        if not isinstance(given, str) or not given:
            self.refuse(place, "must be text, and not empty")
            return ""
        return given

    def referenced(self, place: str, given: dict[str, Any]) -> str:
        if "env" in given:
            value = os.environ.get(str(given["env"]), "")
            if not value:
                self.refuse(
                    place, f"environment variable {given['env']} is not set — set it or write the value"
                )
            return value
        path = self.folder / str(given["file"])
        try:
            value = path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError):
            self.refuse(place, f"{path} cannot be read — is it there, and readable for this user?")
            return ""
        if not value:
            self.refuse(place, f"{path} is empty")
        return value

    def path(self, place: str, given: Any) -> Path:
        text = self.text(place, given)
        return Path(os.path.normpath(self.folder / Path(text).expanduser()))

    def texts(self, place: str, given: Any, form: re.Pattern[str]) -> tuple[str, ...]:
        if not isinstance(given, list):
            self.refuse(place, "must be a list of names, and not empty")
            return ()
        for item in given:
            if not isinstance(item, str) or not form.fullmatch(item):
                self.refuse(place, f"{item!r} is not a usable name: letters, digits and '_'")
        if len(set(map(str, given))) != len(given):
            self.refuse(place, "has a name twice")
        return tuple(map(str, given))

    def number(
        self, table: dict[str, Any], place: str, name: str, default: Any, least: float, most: float
    ) -> Any:
        value: Any = table.get(name, default)
        whole = isinstance(default, int)
        right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not right or not least <= value <= most:
            self.refuse(f"{place}.{name}", f"must be a number from {least:g} to {most:g}")
            return default
        return value

    def refuse(self, place: str, why: str) -> None:
        self.problems.append(f"{place}: {why}")


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and bool({"env", "file"} & value.keys())
