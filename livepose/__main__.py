"""`python -m livepose`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line, and exit with its code."""
    # Until the command line handles Ctrl-C, it ends the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Linear algebra with many threads is not used, and idle threads of OpenBLAS slow the start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from livepose.cli.main import main as run_command_line

    code = run_command_line()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed by now. Unloading OpenCV, FFmpeg and NumPy takes another 50 ms, and a
    # thread that is blocked in a camera driver would abort the process there.
    os._exit(code)


if __name__ == "__main__":
    main()
