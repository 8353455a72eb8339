"""Waiting for what comes about by itself, on a busy machine too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def wait_for(what: Callable[[], Any], name: str, limit_s: float = PATIENCE_S) -> Any:
    """Return the first answer that is true; ask until there is one."""
    deadline_s = time.monotonic() + limit_s
    while not (answer := what()):
        assert time.monotonic() < deadline_s, f"{name} did not come about within {limit_s:g} s"
        time.sleep(0.02)
    return answer
