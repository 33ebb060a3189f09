"""The write-ahead log stays near its bound under a minute of saturation.

Only a log that was written back whole begins anew, and beside a writer that never rests that does not happen
by itself.
"""

import re
import subprocess

from harness.processes import TOP

SECONDS = 60


def test_the_log_stays_within_twice_its_bound_over_a_minute_of_saturation(tmp_path):
    bench = TOP / "build" / "release" / "tests" / "bench" / "store_append"
    ran = subprocess.run(
        [bench, "--seconds", str(SECONDS), "--folder", tmp_path / "bench"],
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        check=False,
    )
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    longest, bound = map(int, re.search(r"longest log +(\d+) bytes, its bound (\d+)", ran.stdout).groups())
    written = int(re.search(r"(\d+) bytes of bodies", ran.stdout).group(1))
    assert written > 4 * bound, "too little was written to say anything"
    assert longest <= 2 * bound
