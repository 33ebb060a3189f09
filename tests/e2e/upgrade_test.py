"""What an earlier version has accepted goes on with this one."""

import pathlib
import sqlite3

from harness.gateway import rule

STORES = pathlib.Path(__file__).parent / "stores"


def restored(name, database):
    with sqlite3.connect(database) as connection:
        connection.executescript((STORES / name).read_text())
    return database


def test_a_delivery_that_the_first_version_rendered_is_started_as_it_was_rendered(
    serving, temporal, tmp_path
):
    database = restored("version_1.sql", tmp_path / "of-the-first-version.db")
    gateway = serving(
        temporal_address=temporal.address, database=database, rules=[rule("orders", input='"of today"')]
    )
    (kept,) = gateway.all_items("/deliveries")
    started = gateway.delivery(kept["event"], state="started")
    assert started["workflow_id"] == "orders-v1"
    assert started["order"]["input"] == {"tag": "v1"}
    assert temporal.input_of("orders-v1") == b'{"tag":"v1"}'
    assert temporal.memo_of("orders-v1") == {"who": "github", "headgate.delivery": started["id"]}
    temporal.terminate("orders-v1")
