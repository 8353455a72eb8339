"""`python -m livepose`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line, and leave with its exit code."""
    from livepose.cli import main as run_command_line
    from livepose.pipeline import is_any_thread_left

    code = run_command_line()
    if is_any_thread_left():
        # A thread that is stuck in a camera's driver would abort the process at a normal exit.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
