"""High dynamic range: HLG and PQ are mapped to BT.709, by known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.pixels import Yuv420
from livepose.sources.tone_mapping import HLG, PQ, to_sdr
from livepose.system.pyav import av
from tests.support.media import BT709, BT2020, LIMITED, make_tagged_clip, turn
from tests.support.video_files import frames_of

# Signals, and the light that they mean on a screen of 1000 cd/m2: SMPTE ST 2084 and BT.2408.
NITS = {
    PQ: {0.0: 0.0, 0.1499: 1.0, 0.4401: 50.0, 0.508: 100.0, 0.5807: 203.0, 0.7518: 1000.0},
    HLG: {0.0: 0.0, 0.5: 50.7, 0.75: 203.0, 1.0: 1000.0},
}
BLACK, WHITE = 0.0, 1.0


def grey(signal: float, transfer: int) -> float:
    mapped = to_sdr(np.full((1, 3), signal), transfer)[0]
    assert np.ptp(mapped) < 0.001
    return float(mapped.mean())


@pytest.mark.parametrize("transfer", NITS)
def test_black_stays_black_and_the_brightest_light_becomes_white(transfer: int) -> None:
    assert grey(0.0, transfer) == pytest.approx(BLACK)
    assert grey(1.0, transfer) == pytest.approx(WHITE, abs=0.001)


@pytest.mark.parametrize(
    ("transfer", "signal"),
    [(t, s) for t, each in NITS.items() for s, nits in each.items() if 0 < nits < 90],
)
def test_light_that_an_ordinary_screen_shows_stays_as_bright(transfer: int, signal: float) -> None:
    assert 203 * grey(signal, transfer) ** 2.4 == pytest.approx(NITS[transfer][signal], rel=0.02)


def test_brighter_light_is_compressed_and_keeps_its_order() -> None:
    for transfer in NITS:
        levels = [grey(signal, transfer) for signal in np.linspace(0, 1, 60)]
        assert np.diff(levels).min() > -1e-6
    # White paper stays clearly above the middle, and below the lights.
    assert 0.85 < grey(0.5807, PQ) < 0.95
    assert grey(0.75, HLG) == pytest.approx(grey(0.5807, PQ), abs=0.01)


def test_colors_are_told_in_the_primaries_of_bt709() -> None:
    # Red of BT.709 at 50 cd/m2, in the primaries of BT.2020 (ITU-R BT.2087).
    nits = 50 * np.array([[0.6274, 0.0691, 0.0164]])
    power = (nits / 10_000) ** (2610 / 16384)
    signal = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    red, green, blue = to_sdr(signal, PQ)[0]
    assert 203 * red**2.4 == pytest.approx(50, rel=0.02)
    assert max(green, blue) < 0.1
    assert to_sdr(signal, PQ, has_wide_gamut=False)[0, 1] > 0.15


def hdr_clip(path: Path, signals: list[float], transfer: int, bits: int = 10) -> Path:
    """Write a clip of one frame, in grey stripes of these signals."""
    depth = 1 << (bits - 8)
    luma = np.repeat(np.round((16 + 219 * np.array(signals)) * depth), 32).astype(np.uint16)
    frame: Any = av.VideoFrame(len(luma), 64, "yuv420p10le" if bits == 10 else "yuv420p")
    for plane, row in zip(
        frame.planes, (luma, *2 * [np.full(len(luma) // 2, 128 * depth, np.uint16)]), strict=True
    ):
        kind = np.uint16 if bits == 10 else np.uint8
        padded = np.zeros((plane.height, plane.line_size // np.dtype(kind).itemsize), kind)
        padded[:, : len(row)] = row
        plane.update(padded.tobytes())
    return make_tagged_clip(
        path,
        [frame],
        matrix=BT2020,
        color_range=LIMITED,
        primaries=BT2020,
        transfer=transfer,
    )


@pytest.mark.parametrize("transfer", NITS)
@pytest.mark.parametrize("bits", [8, 10])
def test_a_film_is_delivered_in_bt709_with_known_greys(
    tmp_path: Path, bits: int, transfer: int
) -> None:
    signals = list(NITS[transfer])
    frame = frames_of(hdr_clip(tmp_path / "hdr.mp4", signals, transfer, bits))[0]
    assert isinstance(frame.pixels, Yuv420)
    assert frame.pixels.coding == ColorCoding(BT709, False, BT709, BT709)
    luma, *chroma = frame.pixels.planes
    expected = [16 + 219 * grey(signal, transfer) for signal in signals]
    assert luma[32, 16::32].astype(float) == pytest.approx(expected, abs=3)
    assert all(np.abs(plane.astype(int) - 128).max() <= 2 for plane in chroma)


def test_a_film_of_a_phone_held_upright_is_mapped_and_turned(tmp_path: Path) -> None:
    path = turn(hdr_clip(tmp_path / "hdr.mp4", [0.0, 0.5, 0.75, 1.0], HLG), 90)
    frame = frames_of(path)[0]
    assert (frame.width_px, frame.height_px) == (64, 128)
    greys = frame.bgr[16::32, 32, 1].astype(float)
    expected = [255 * grey(signal, HLG) for signal in (0.0, 0.5, 0.75, 1.0)]
    assert greys == pytest.approx(expected, abs=4)
