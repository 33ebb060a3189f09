"""Where a sync's records are kept: DuckDB, schema `bronze`, one table a stream.

A sync is one transaction: its records, the connector's new state and the receipt of the sync are visible
together or not at all. So an attempt that is repeated after the commit finds the receipt and reads nothing,
and one that died before it starts again from the old state. The state lives beside the records it belongs
to: a database that is deleted takes its state with it, and the next sync brings everything again.

DuckDB lets one process write a file at a time; the file is open only while a function here runs. All
functions block and belong on a thread.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from headgate_worker.failures import final, passing

RECEIPTS_KEPT = 1000

# The present in UTC, without the extension that `now()` needs to become a timestamp.
_NOW = "make_timestamp(epoch_us(get_current_timestamp()))"


@dataclass(frozen=True)
class Batch:
    """One stream of one sync: a file of RECORD messages, one a line, as the connector wrote them.

    With a primary key (each member a path into the record) rows of the same key are replaced; without, the
    table is replaced as a whole.
    """

    stream: str
    file: Path
    records: int
    primary_key: tuple[tuple[str, ...], ...]
    line_bytes_max: int


@dataclass(frozen=True)
class Sync:
    """One sync to be kept: the name of the attempt's activity, its batches, the state to go on from."""

    receipt: str
    connection: str
    batches: list[Batch]
    state: list[Any]
    report: dict[str, Any]


def state_of(warehouse: Path, connection: str) -> list[Any]:
    """The state that the connection's last sync left, empty when there was none."""
    if not warehouse.exists():
        return []
    with _opened(warehouse) as database:
        _prepare(database)
        rows = database.execute(
            "select state from bronze._airbyte_state where connection = ?", [connection]
        ).fetchall()
    return list(json.loads(rows[0][0])) if rows else []


def receipt_of(warehouse: Path, receipt: str) -> dict[str, Any] | None:
    """The report of a sync that is kept already under this receipt."""
    if not warehouse.exists():
        return None
    with _opened(warehouse) as database:
        _prepare(database)
        rows = database.execute(
            "select report from bronze._headgate_syncs where receipt = ?", [receipt]
        ).fetchall()
    return dict(json.loads(rows[0][0])) if rows else None


def keep(warehouse: Path, sync: Sync) -> None:
    """Loads the batches and notes state and receipt, in one transaction.

    Raises `WarehouseBusy` (passing) while another process writes the file, `WarehouseError` for other errors
    of DuckDB (passing for the machine's: disk, memory; final for those about the data), `RecordWithoutKey`
    (final) for a record that has no primary key.
    """
    with _opened(warehouse) as database:
        _prepare(database)
        database.execute("begin")
        for batch in sync.batches:
            _load(database, batch)
        database.execute(
            f"insert or replace into bronze._airbyte_state values (?, ?, {_NOW})",
            [sync.connection, json.dumps(sync.state)],
        )
        database.execute(
            f"insert or replace into bronze._headgate_syncs values (?, ?, ?, {_NOW})",
            [sync.receipt, sync.connection, json.dumps(sync.report)],
        )
        database.execute(
            "delete from bronze._headgate_syncs where receipt not in "
            "(select receipt from bronze._headgate_syncs order by finished_at desc limit ?)",
            [RECEIPTS_KEPT],
        )
        database.execute("commit")


@contextlib.contextmanager
def _opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(warehouse)) as database:
            yield database
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        if "lock" in text.lower():
            raise passing("WarehouseBusy", f"the DuckDB file is in use by another process: {text}") from error
        make = passing if isinstance(error, duckdb.OperationalError) else final
        raise make("WarehouseError", f"DuckDB: {text}") from error


def _prepare(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("create schema if not exists bronze")
    database.execute(
        "create table if not exists bronze._airbyte_state "
        "(connection varchar primary key, state json not null, saved_at timestamp not null)"
    )
    database.execute(
        "create table if not exists bronze._headgate_syncs "
        "(receipt varchar primary key, connection varchar not null, report json not null, "
        "finished_at timestamp not null)"
    )


def _load(database: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    # The settings allow only letters, digits and '_' in the name of a stream, so it can stand inside quotes.
    table = f'bronze."{batch.stream}"'
    database.execute(
        f"create table if not exists {table} "
        "(_airbyte_key varchar, _airbyte_extracted_at timestamp, _airbyte_data json not null)"
    )
    if not batch.primary_key:
        database.execute(f"delete from {table}")
    if batch.records == 0:
        return
    database.execute(
        "create or replace temp table arrived as "
        f"select line, {_key_of(batch)} as key, record->'data' as data, "
        "make_timestamp(cast(cast(record->>'emitted_at' as double) * 1000 as bigint)) as extracted_at "
        "from (select row_number() over () as line, json->'record' as record "
        "from read_json_objects(?, format = 'newline_delimited', maximum_object_size = ?))",
        [str(batch.file), batch.line_bytes_max],
    )
    if batch.primary_key:
        _check_keys(database, batch)
        database.execute(f"delete from {table} where _airbyte_key in (select key from arrived)")
        newest = "qualify row_number() over (partition by key order by line desc) = 1"
    else:
        newest = ""
    database.execute(f"insert into {table} select key, extracted_at, data from arrived {newest}")
    database.execute("drop table arrived")


def _key_of(batch: Batch) -> str:
    if not batch.primary_key:
        return "null"
    members = [f"json_extract(record, '{_pointer(path)}')" for path in batch.primary_key]
    missing = " or ".join(f"coalesce(cast({member} as varchar), 'null') = 'null'" for member in members)
    return f"case when {missing} then null else cast(json_array({', '.join(members)}) as varchar) end"


def _pointer(path: tuple[str, ...]) -> str:
    escaped = (name.replace("~", "~0").replace("/", "~1").replace("'", "''") for name in path)
    return "/data/" + "/".join(escaped)


def _check_keys(database: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    row = database.execute("select count(*) from arrived where key is null").fetchone()
    if row and row[0]:
        raise final("RecordWithoutKey", f"stream {batch.stream}: {row[0]} records have no primary key")
