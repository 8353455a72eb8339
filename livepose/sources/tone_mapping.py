"""Map high dynamic range (HLG, PQ) to BT.709, as players do on an ordinary screen."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.colors import BT709
from livepose.system.pyav import av

PQ, HLG = 16, 18
"""Transfer characteristics, by their numbers in ITU-T H.273."""
_FULL_RANGE = 2
_GRID = 33
_REFERENCE_WHITE_NITS, _PEAK_NITS = 203.0, 1000.0
"""White of an ordinary film, and the brightest light that is told apart (ITU-R BT.2408)."""
_DISPLAY_GAMMA = 2.4
# From the primaries of BT.2020 to those of BT.709 (ITU-R BT.2087), in linear light.
_TO_BT709 = np.array(
    (
        (1.6605, -0.5876, -0.0728),
        (-0.1246, 1.1329, -0.0083),
        (-0.0182, -0.1006, 1.1187),
    )
)
_LUMA = np.array((0.2627, 0.6780, 0.0593))

_TO_RGB = "out_range=full:flags=bilinear"


class ToneMapper:
    """Converts frames of high dynamic range to 8-bit 4:2:0 in BT.709, through a look-up table."""

    def __init__(self) -> None:
        self._graph: Any = None
        self._key: tuple[object, ...] = ()

    def convert(self, frame: Any) -> Any:
        """Return an `av.VideoFrame` as an ordinary screen shows it.

        Args:
            frame: An `av.VideoFrame` whose transfer characteristics are HLG or PQ.
        """
        key = (
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.color_trc),
            int(frame.colorspace),
            int(frame.color_primaries),
            int(frame.color_range),
        )
        if key != self._key:
            self._graph, self._key = _build_graph(frame), key
        self._graph.vpush(frame)
        return self._graph.vpull()


def is_hdr(frame: Any) -> bool:
    """Return whether an `av.VideoFrame` is of high dynamic range."""
    return frame.color_trc in (PQ, HLG)


def to_sdr(signal: Float64Array, transfer: int, *, has_wide_gamut: bool = True) -> Float64Array:
    """Map HLG or PQ to BT.709: light up to 90 cd/m2 stays, brighter light is compressed.

    The curve is that of ITU-R BT.2390, for 1000 cd/m2 on a screen whose white is 203 cd/m2.

    >>> to_sdr(np.array([[0.0, 0.0, 0.0], [0.7518, 0.7518, 0.7518]]), PQ).round(2)
    array([[0., 0., 0.],
           [1., 1., 1.]])

    Args:
        signal: (N, 3) red, green, blue as stored, 0..1.
        transfer: `PQ` or `HLG`.
        has_wide_gamut: Whether the primaries are those of BT.2020, not of BT.709.

    Returns:
        (N, 3), 0..1.
    """
    nits = _pq_to_nits(signal) if transfer == PQ else _hlg_to_nits(signal)
    # The largest of the three is mapped, and the others with it: hues stay.
    brightest = nits.max(axis=1, keepdims=True)
    nits = nits * _compress(brightest) / np.maximum(brightest, 1e-6)
    linear = nits / _REFERENCE_WHITE_NITS
    if has_wide_gamut:
        linear = linear @ _TO_BT709.T
    return np.asarray(np.clip(linear, 0, 1) ** (1 / _DISPLAY_GAMMA))


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
"""Of SMPTE ST 2084."""


def _pq_to_nits(signal: Float64Array) -> Float64Array:
    root = np.clip(signal, 0, 1) ** (1 / _M2)
    return np.asarray(10_000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1))


def _nits_to_pq(nits: Float64Array) -> Float64Array:
    power = (np.clip(nits, 0, 10_000) / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def _hlg_to_nits(signal: Float64Array) -> Float64Array:
    """Decode ARIB STD-B67, for a screen of 1000 cd/m2 (ITU-R BT.2100: a system gamma of 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = np.clip(signal, 0, 1)
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = np.maximum(scene @ _LUMA, 1e-9)[:, None]
    return np.asarray(_PEAK_NITS * luma**0.2 * scene)


def _compress(nits: Float64Array) -> Float64Array:
    peak = _nits_to_pq(np.array(_PEAK_NITS))
    white = _nits_to_pq(np.array(_REFERENCE_WHITE_NITS)) / peak
    knee = 1.5 * white - 0.5
    signal = np.minimum(_nits_to_pq(nits) / peak, 1)
    t = (signal - knee) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * white
    )
    return _pq_to_nits(np.where(signal < knee, signal, spline) * peak)


@lru_cache(maxsize=4)
def _cube(transfer: int, has_wide_gamut: bool) -> str:
    """Return a look-up table as FFmpeg reads it: red counts fastest."""
    axis = np.linspace(0, 1, _GRID)
    blue, green, red = (side.ravel() for side in np.meshgrid(axis, axis, axis, indexing="ij"))
    mapped = to_sdr(np.stack((red, green, blue), axis=1), transfer, has_wide_gamut=has_wide_gamut)
    rows = "\n".join("{:.6f} {:.6f} {:.6f}".format(*row) for row in mapped.tolist())
    return f"LUT_3D_SIZE {_GRID}\n{rows}\n"


def _build_graph(frame: Any) -> Any:
    transfer, has_wide_gamut = int(frame.color_trc), frame.color_primaries != BT709
    matrix = "bt709" if frame.colorspace == BT709 else "bt2020"
    in_range = "full" if frame.color_range == _FULL_RANGE else "limited"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.cube")
        path.write_text(_cube(transfer, has_wide_gamut), "ascii")
        graph = av.filter.Graph()
        nodes = [
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=frame.time_base,
            ),
            graph.add("scale", f"in_color_matrix={matrix}:in_range={in_range}:{_TO_RGB}"),
            graph.add("format", "gbrp10le"),
            graph.add("lut3d", file=str(path)),
            graph.add("scale", "out_color_matrix=bt709:out_range=limited:flags=bilinear"),
            graph.add("format", "yuv420p"),
            graph.add(
                "setparams",
                "color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited",
            ),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()  # which reads the table
    return graph
