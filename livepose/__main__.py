"""`python -m livepose`."""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    """Run the command line, and exit with its code."""
    # Until the command line handles Ctrl-C, it ends the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Linear algebra with many threads is not used, and idle threads of OpenBLAS slow the start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from livepose.cli.standard_streams import flush_streams, make_streams_tolerant

    # Before anything is imported that may open a file.
    make_streams_tolerant()
    # Modules are kept until the end: looking for garbage among them takes a tenth of the imports.
    gc.disable()
    from livepose.cli.main import main as run_command_line

    gc.freeze()
    gc.enable()

    code = run_command_line()
    problem = flush_streams()
    if problem:
        code = code or 1
        sys.stderr.write(f"livepose: {problem}\n")
        sys.stderr.flush()
    # Everything is closed by now. Unloading OpenCV, FFmpeg and NumPy takes another 50 ms, and a
    # thread that is blocked in a camera driver would abort the process there.
    os._exit(code)


if __name__ == "__main__":
    main()
