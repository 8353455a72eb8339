"""Rendered text: its height, its degree sign, its outline."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.draw.text import compose_line, compose_text, line_width_px, render_text


def test_letters_have_the_requested_height_and_the_degree_sign_is_at_their_top() -> None:
    for height_px in (9, 15, 21, 40):
        digits, angle = render_text("93", height_px, 1), render_text("93°", height_px, 1)
        rows = np.flatnonzero((digits.fill > 60).any(axis=1))
        assert abs(np.ptp(rows) + 1 - height_px) <= 1
        assert angle.size_px[0] > digits.size_px[0] + 0.3 * height_px
        sign = angle.fill[:, digits.size_px[0] :] > 60
        assert sign.any()
        assert not sign[angle.size_px[1] // 2 + 1 :].any()
        assert (angle.outline >= angle.fill).all()


def test_a_character_is_the_same_wherever_it_stands() -> None:
    for height_px in (7, 9, 20):
        many = compose_line("000", height_px)
        step_px = line_width_px("0", height_px)
        assert many.shape[1] == 3 * step_px
        assert np.array_equal(many[:, :step_px], many[:, -step_px:])
        assert compose_line("g", height_px).shape[0] == many.shape[0]


def test_composed_texts_look_like_those_that_are_drawn_at_once() -> None:
    for word in ("93", "147°", "-5 to 120"):
        for height_px in (12, 20, 40):
            composed, whole = (make(word, height_px, 2) for make in (compose_text, render_text))
            # Each character is on whole pixels.
            assert abs(composed.size_px[0] - whole.size_px[0]) <= 0.7 * len(word) + 1
            assert abs(composed.size_px[1] - whole.size_px[1]) <= 2
            assert composed.fill.mean() == pytest.approx(whole.fill.mean(), rel=0.15)
            assert (composed.outline >= composed.fill).all()
