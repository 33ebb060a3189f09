"""`python -m headgate_worker.show --database F`: what is in the warehouse, read-only.

Prints one line a table: layer, name, kind, rows. Exit codes: 0 shown, 2 wrong usage, 3 cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Table:
    """One table or view and how many rows it has now."""

    layer: str
    name: str
    kind: str
    rows: int


def tables(database: Path) -> list[Table]:
    """Everything in the file but the worker's own notes, bronze first; raises `duckdb.Error`."""
    with duckdb.connect(str(database), read_only=True) as opened:
        found = opened.execute(
            "select table_schema, table_name, table_type from information_schema.tables "
            "where table_catalog = current_database() and not starts_with(table_name, '_') order by 1, 2"
        ).fetchall()
        counted = [
            Table(schema, name, "view" if kind == "VIEW" else "table", _rows(opened, schema, name))
            for schema, name, kind in found
        ]
    return sorted(counted, key=lambda table: (_place(table.layer), table.layer, table.name))


def main(words: list[str] | None = None) -> int:
    """Prints the tables; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m headgate_worker.show",
        description="Lists the tables of the warehouse with their rows.",
    )
    parser.add_argument("--database", type=Path, required=True, help="the DuckDB file")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(words)
    try:
        shown = tables(options.database)
    except duckdb.Error as error:
        print(f"{options.database} cannot be read: {str(error).splitlines()[0]}", file=sys.stderr)
        return 3
    if options.format == "json":
        print(json.dumps([asdict(table) for table in shown], indent=2))
    else:
        print(_text(shown))
    return 0


def _rows(opened: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
    row = opened.execute(f"select count(*) from {quoted}").fetchone()
    return int(row[0]) if row else 0


def _place(layer: str) -> int:
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def _text(shown: list[Table]) -> str:
    if not shown:
        return "The warehouse holds no tables yet."
    heads = ("layer", "name", "kind", "rows")
    rows = [(table.layer, table.name, table.kind, f"{table.rows:,}") for table in shown]
    layer, name, kind, count = (max(len(row[i]) for row in [heads, *rows]) for i in range(4))
    return "\n".join(
        f"{row[0]:<{layer}}  {row[1]:<{name}}  {row[2]:<{kind}}  {row[3]:>{count}}" for row in [heads, *rows]
    )


if __name__ == "__main__":
    sys.exit(main())
