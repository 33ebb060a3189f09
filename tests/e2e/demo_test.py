"""What a newcomer runs first: left running and stopped as it says, interrupted, and started again."""

import os
import pathlib
import re
import signal
import subprocess

import pytest
from harness.processes import TOP, wait_until

STEP_4 = "4 of 5"


@pytest.fixture
def demo(tmp_path):
    """Starts scripts/demo with its words in a file; ends what is left of it."""
    started = []

    def start(*options):
        words = tmp_path / f"words-{len(started)}"
        with words.open("w") as out:
            process = subprocess.Popen([TOP / "scripts/demo", *options], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        started.append((process, words))
        return process, words

    yield start
    for process, words in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pid in pids_in(words):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def pids_in(words):
    return [int(pid) for pid in re.findall(r"started \(process (\d+)\)", words.read_text())]


def section(words, name):
    """The lines of a shell under a heading of what is left running."""
    return re.search(rf"^{name}:\n((?:   .*\n)+)", words.read_text(), re.MULTILINE)[1]


def in_a_shell(lines):
    return subprocess.run(["bash", "-c", lines], capture_output=True, text=True, timeout=60, check=False)


def test_interrupted_it_stops_what_it_started_and_the_next_try_takes_its_folder_away(demo):
    process, words = demo()
    wait_until(lambda: STEP_4 in words.read_text(), within=240, saying="the fourth step")
    pids = pids_in(words)
    assert len(pids) == 3
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=90) == 130
    assert not any(map(is_alive, pids))
    left = pathlib.Path(re.search(r"the logs of this try are in (\S+)", words.read_text())[1])
    assert left.is_dir()

    kept, words = demo("--keep")
    assert kept.wait(timeout=280) == 0, words.read_text()
    assert not left.exists()
    pids = pids_in(words)
    assert all(map(is_alive, pids))
    assert " 202 " in in_a_shell(section(words, "Send another")).stdout
    assert "release.published" in in_a_shell(section(words, "Look")).stdout
    folder = pathlib.Path(re.search(r"files +(\S+)", words.read_text())[1])
    assert in_a_shell(section(words, "Stop")).returncode == 0
    assert not any(map(is_alive, pids))
    assert not folder.exists()
