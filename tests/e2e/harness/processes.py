"""Starting real processes on free loopback ports, and ending exactly those."""

import collections
import ctypes
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[3]


_held = collections.deque(maxlen=200)  # Bound and never listening: nobody else is given these ports.


def free_port():
    """A loopback port below the kernel's ephemeral range, so no outgoing connection takes it.

    The port stays bound here with SO_REUSEADDR, which every server under test sets too: they can listen
    on it, and no later call is given the same one.
    """
    while True:
        port = random.randint(20000, 31999)
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))  # Without the option: fails when anyone has the port.
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held.append(holder)
        return port


def wait_until(question, *, within, saying, every=0.05):
    """Asks until the answer is true, and gives it back; fails with the last answer after `within` seconds."""
    ends = time.monotonic() + within
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > ends:
            raise AssertionError(f"after {within} s: {saying} (last answer: {answer!r})")
        time.sleep(every)


_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # prctl(2)


def _end_with_parent():
    """In the child, before exec: whatever ends the tests ends their processes too."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child with its output in a file. Ended by its id, with SIGTERM first."""

    def __init__(self, arguments, log, *, environment=None, folder=None):
        self.arguments = [str(argument) for argument in arguments]
        self.log = pathlib.Path(log)
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self._child = None

    def start(self):
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
                cwd=self._folder,
                preexec_fn=_end_with_parent,
            )

    @property
    def pid(self):
        return self._child.pid

    def is_alive(self):
        return self._child is not None and self._child.poll() is None

    def exit_code(self, *, within=30):
        return self._child.wait(within)

    def send(self, which):
        self._child.send_signal(which)

    def kill(self):
        self._child.kill()
        self._child.wait()

    def stop(self, *, within=30):
        """SIGTERM, then SIGKILL when that takes longer than `within`. Gives the exit code, or None."""
        if not self.is_alive():
            return self._child.returncode if self._child else None
        self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def output(self):
        return self.log.read_text(errors="replace")

    def await_words(self, *words):
        """Until its output has all of them: a log is written a moment after what it tells of."""
        wait_until(
            lambda: all(each in self.output() for each in words),
            within=10,
            saying=f"its output lacks one of {words}",
        )
