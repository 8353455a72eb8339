"""`python -m livepose`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line, and leave with its exit code."""
    # Until the command line takes Ctrl-C over, it ends the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # NumPy's and OpenCV's linear algebra is not used here, and its idle threads spin at the start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from livepose.cli.main import main as run_command_line

    code = run_command_line()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed by now. Taking OpenCV, FFmpeg and NumPy down takes another 50 ms,
    # and a thread that is stuck in a camera's driver would abort the process there.
    os._exit(code)


if __name__ == "__main__":
    main()
