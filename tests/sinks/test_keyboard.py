"""Names of keys by what cv2 hands on, without a window."""

from __future__ import annotations

import pytest

from livepose.sinks.keyboard import LEFT, OTHER, RIGHT, SHIFT_LEFT, SHIFT_RIGHT, Keyboard

SHIFT_CODE, LEFT_CODE, RIGHT_CODE = 0xFFE1, 0xFF51, 0xFF53


@pytest.fixture(autouse=True)
def nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)


def test_an_arrow_key_right_after_shift_is_one_with_shift() -> None:
    keyboard = Keyboard()
    assert [keyboard.key(code) for code in (SHIFT_CODE, LEFT_CODE)][1] == SHIFT_LEFT
    assert [keyboard.key(code) for code in (SHIFT_CODE, RIGHT_CODE)][1] == SHIFT_RIGHT


def test_a_letter_right_after_shift_is_a_capital_one() -> None:
    keyboard = Keyboard()
    codes = (SHIFT_CODE, ord("r"), ord("r"), SHIFT_CODE, ord("."))
    assert [keyboard.key(code) for code in codes][1:] == ["R", "r", OTHER, "."]


def test_the_shift_of_a_capital_letter_is_not_that_of_the_arrow_key_after_it() -> None:
    keyboard = Keyboard()
    assert [keyboard.key(code) for code in (SHIFT_CODE, ord("R"), LEFT_CODE)][1:] == ["R", LEFT]
    codes = (SHIFT_CODE, LEFT_CODE, RIGHT_CODE)  # Shift was let go of in between
    assert [keyboard.key(code) for code in codes][1:] == [SHIFT_LEFT, RIGHT]
