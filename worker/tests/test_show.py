"""What is in the warehouse, as the demo prints it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from headgate_worker import show


def test_layers_come_in_order_with_their_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute("create schema gold; create schema silver; create schema bronze")
        database.execute(
            "create table bronze.users as from range(1500); create table bronze._airbyte_state (a int)"
        )
        database.execute(
            "create view silver.users as from range(3); create table gold.totals as from range(0)"
        )
    assert show.main(["--database", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "layer   name    kind    rows",
        "bronze  users   table  1,500",
        "silver  users   view       3",
        "gold    totals  table      0",
    ]


def test_a_file_that_is_not_there_is_said_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nothing.duckdb"
    assert show.main(["--database", str(path)]) == 3
    assert "cannot be read" in capsys.readouterr().err
    assert not path.exists()
