"""What the linker and the compiler have put into the release binary against exploits."""

import re
import subprocess

import pytest
from harness.processes import TOP


RELEASE = TOP / "build" / "release" / "headgate"


def readelf(*options):
    command = ["readelf", "--wide", *options, RELEASE]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def symbols():
    return readelf("--dyn-syms")


def test_it_is_loaded_anywhere():
    assert re.search(r"Type:\s+DYN", readelf("--file-header"))
    assert "PIE" in readelf("--dynamic")


def test_what_the_loader_fills_in_is_read_only_after_it():
    assert "GNU_RELRO" in readelf("--program-headers")
    assert "BIND_NOW" in readelf("--dynamic")


def test_no_stack_is_code():
    stack = next(line for line in readelf("--program-headers").splitlines() if "GNU_STACK" in line)
    assert " RW " in stack


def test_it_is_no_library_of_others():
    assert "NOOPEN" in readelf("--dynamic")


def test_a_stack_that_was_written_over_is_noticed(symbols):
    assert "__stack_chk_fail" in symbols


def test_copies_know_the_size_of_their_target(symbols):
    assert re.search(r"__\w+_chk@", symbols)
