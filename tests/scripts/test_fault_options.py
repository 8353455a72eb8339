"""A short version of the random command lines of `scripts/faults.py`: the same each time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from fault_sections.options import SOURCES, command_lines, misbehaviour


@pytest.mark.usefixtures("restored_log")
@settings(
    max_examples=120,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(command_lines(*SOURCES))
def test_any_command_line_is_answered_in_a_sentence(words: list[str]) -> None:
    assert misbehaviour(words) == ""
