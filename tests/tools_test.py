"""The scripts look at the versions of Go and Node before anything is built, and say what to do."""

import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[1]

# What `go env GOVERSION` and `go env GOTOOLCHAIN` say, and whether Temporal's CLI can be built with it. Go
# fetches the version that a module asks for since 1.21, unless it is told to stay local.
GO = [
    ("go1.25.0", "local", True),
    ("go1.26.8", "local", True),
    ("go1.100", "local", True),
    ("go1.24.9", "local", False),
    ("go1.24.9", "auto", True),
    ("go1.21.0", "auto", True),
    ("go1.19.8", "", False),
]
NODE = [("v18.0.0", True), ("v20.20.2", True), ("v100.1.0", True), ("v16.20.2", False), ("v8.11.0", False)]


@pytest.fixture
def with_program(tmp_path):
    """Runs a function of scripts/lib with a program of that text first in the path."""

    def run(name, text, function):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n" + text)
        program.chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", f"source {TOP}/scripts/lib/all.sh; {function}"],
            env={**os.environ, "PATH": path, "HEADGATE_CACHE": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.mark.parametrize(("version", "toolchain", "good"), GO)
def test_go_is_new_enough_for_temporal(with_program, version, toolchain, good):
    text = f'case "$2" in GOVERSION) echo {version} ;; GOTOOLCHAIN) echo {toolchain} ;; esac'
    ran = with_program("go", text, "check_go v1.5.1")
    assert (ran.returncode == 0) == good, ran.stderr
    assert good or ("install Go 1.25 or later" in ran.stderr and version in ran.stderr)


@pytest.mark.parametrize(("version", "good"), NODE)
def test_node_is_new_enough_for_the_senders_libraries(with_program, version, good):
    ran = with_program("node", f"echo {version}", "check_node")
    assert (ran.returncode == 0) == good, ran.stderr
    assert good or ("install Node 18 or later" in ran.stderr and version in ran.stderr)
