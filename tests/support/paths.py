"""Where the checkout is, and what the processes of a test run share."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def shared_folder(base: Path) -> Path:
    """Return the folder of a test run that all its processes share.

    pytest-xdist gives each of its processes a temporary folder of its own within that.

    Args:
        base: The session's temporary folder: `tmp_path_factory.getbasetemp()`.
    """
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
