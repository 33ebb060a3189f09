"""Benches that take every preset: one that is new must not be forgotten there."""

import subprocess
import sys

from harness.gateway import BINARY
from harness.processes import TOP


def test_the_bench_of_loading_has_a_source_of_every_preset_and_rules():
    bench = [sys.executable, TOP / "tests/bench/load/run", "130", "--rules", "130", "--binary", BINARY]
    done = subprocess.run(bench, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "130 sources" in done.stdout
