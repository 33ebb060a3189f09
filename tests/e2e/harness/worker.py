"""A real worker with a workflow that takes signals, in the Python environment of the reference worker."""

import pathlib
import subprocess

from .processes import TOP, Process, wait_until

SCRIPT = pathlib.Path(__file__).with_name("signal_worker.py")


def worker_python():
    """As scripts/venvs.sh makes it, once."""
    ran = subprocess.run(
        ["bash", "-c", f'source "{TOP}/scripts/venvs.sh" && worker_venv'],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return pathlib.Path(ran.stdout.strip()) / "bin" / "python"


class SignalWorker:
    def __init__(self, address, queue, folder):
        self._process = Process([worker_python(), SCRIPT, address, queue], folder / "worker.log")

    def __enter__(self):
        self._process.start()
        wait_until(self._polls, within=60, saying="the worker does not come up")
        return self

    def __exit__(self, *_):
        self._process.stop()

    def _polls(self):
        assert self._process.is_alive(), self._process.output()[-2000:]
        return "polling" in self._process.output()
