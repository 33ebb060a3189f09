"""Whoever reads standard error may stall: nothing else does."""

import fcntl
import os

from harness.gateway import Gateway, source
from harness.processes import wait_until
from harness.senders import github

SMALLEST_PIPE = 4096
BODY = b'{"ref":"refs/heads/main"}'
SOURCES = 60  # A refused signature is one line a second for each.


def flooded(tmp_path, **log):
    """A gateway whose standard error is a full pipe that nobody reads: it, and our end of the pipe."""
    fifo = tmp_path / "stderr"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    one = source(tmp_path, "github")
    gateway = Gateway(
        tmp_path,
        sources={f"s{i}": {**one, "path": f"/webhooks/s{i}"} for i in range(SOURCES)},
        log=log,
        wrap=("sh", "-c", 'exec "$@" 2> "$0"', fifo),
    ).start()
    read_lines(reader)  # Warnings about the configuration.
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    for i in range(SOURCES):
        refused = gateway.post(BODY, github(BODY, secret=b"wrong"), path=f"/webhooks/s{i}")
        assert refused.status == 401
    return gateway, reader


def read_lines(reader):
    taken = b""
    while True:
        try:
            more = os.read(reader, 65536)
        except BlockingIOError:
            return taken.decode().splitlines()
        if not more:
            return taken.decode().splitlines()
        taken += more


def test_a_reader_of_standard_error_that_stalls_stops_neither_accepting_nor_the_end(tmp_path):
    gateway, reader = flooded(tmp_path)
    assert gateway.post(BODY, github(BODY), path="/webhooks/s0").status == 202
    assert gateway.metric("headgate_log_lines_lost") == 0
    assert gateway.stop() == 0
    os.close(reader)


def test_lines_that_waited_are_written_once_somebody_reads(tmp_path):
    gateway, reader = flooded(tmp_path)
    lines = []

    def all_are_there():
        lines.extend(read_lines(reader))
        return len([line for line in lines if "refused" in line]) >= SOURCES

    wait_until(all_are_there, within=20, saying="not every refusal was written")
    assert gateway.stop() == 0
    assert "stopped" in read_lines(reader)[-1]
    os.close(reader)


def test_the_oldest_of_too_many_lines_are_thrown_away_and_counted(tmp_path):
    gateway, reader = flooded(tmp_path, lines_waiting_max=4)
    assert gateway.metric("headgate_log_lines_lost") > 0
    assert gateway.stop() == 0
    os.close(reader)
