"""What the senders' libraries from npm say: one node process that is asked, a line each way."""

import json
import os
import subprocess

from .processes import TOP


class NodeLibraries:
    """`environment` stands beside the process' own."""

    def __init__(self, **environment):
        self._process = subprocess.Popen(
            ["node", TOP / "tests/e2e/sender_libraries/verify.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def accepts(self, library, body, **beside):
        asked = {"library": library, "body": body.decode(errors="surrogateescape"), **beside}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self):
        self._process.stdin.close()
        assert self._process.wait(timeout=20) == 0


def accepts(check, *request):
    """Whether a library's check of a request holds: each refuses in its own words."""
    try:
        return bool(check(*request))
    except Exception:
        return False
