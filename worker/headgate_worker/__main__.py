"""`python -m headgate_worker`: see `serve`."""

import os
import sys

from headgate_worker.serve import main

if __name__ == "__main__":
    code = main()
    # Temporal's native threads can crash an interpreter that is finalizing; everything of ours is closed by
    # now.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
