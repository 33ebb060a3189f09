"""scripts/demo, as a newcomer runs it, from another folder: a signed webhook becomes fresh dbt tables."""

import re
import subprocess

from harness.processes import TOP


def listening():
    """The ports that anything on this machine listens on, beyond loopback."""
    listed = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    return {
        line.split()[3]
        for line in listed.splitlines()
        if not re.match(r"(127\.|\[::1\]|\[::ffff:127)", line.split()[3])
    }


def test_the_demo_shows_the_whole_way(tmp_path):
    before = listening()
    ran = subprocess.run(
        [TOP / "scripts" / "demo"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = ran.stdout
    assert ran.returncode == 0, said[-4000:] + ran.stderr[-2000:]
    assert re.search(r"\b202\b(.|\n)*\b200\b(.|\n)*\b401\b", said)
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-", said), "no event id"
    assert "completed" in said
    assert re.search(r"\b\d+ rows\b", said)
    assert listening() <= before
