"""Rendered text: its height, its degree sign, its outline."""

from __future__ import annotations

import numpy as np

from livepose.draw.text import render_text


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
