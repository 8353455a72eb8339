"""Which H.264 encoder writes a file, and with what settings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from livepose.core.colors import ColorCoding
from livepose.sinks import Quality
from livepose.system.pyav import av
from livepose.system.thread_budget import codec_threads

_log = logging.getLogger(__name__)

_KEYFRAME_S = 2
_LIMITED_RANGE, _FULL_RANGE = 1, 2


@dataclass(frozen=True, slots=True)
class _Encoder:
    name: str
    pixel_format: str
    options: Mapping[Quality, dict[str, str]]


# Frames in the order in which they are shown: a killed run leaves no hole, and no time is negative.
_NO_B_FRAMES = {"bf": "0"}
_HARDWARE = (
    _Encoder(
        "h264_nvenc",
        "yuv420p",
        {
            Quality.SMALL: _NO_B_FRAMES | {"preset": "p6", "rc": "vbr", "cq": "26"},
            Quality.BALANCED: _NO_B_FRAMES | {"preset": "p4", "rc": "vbr", "cq": "25"},
            Quality.FAST: _NO_B_FRAMES | {"preset": "p1", "rc": "vbr", "cq": "24"},
        },
    ),
    _Encoder(
        "h264_qsv",
        "nv12",
        {
            Quality.SMALL: _NO_B_FRAMES | {"preset": "slow", "global_quality": "25"},
            Quality.BALANCED: _NO_B_FRAMES | {"preset": "medium", "global_quality": "24"},
            Quality.FAST: _NO_B_FRAMES | {"preset": "veryfast", "global_quality": "24"},
        },
    ),
    _Encoder(
        "h264_amf",
        "yuv420p",
        {
            quality: _NO_B_FRAMES | {"quality": speed, "rc": "cqp", "qp_i": "22", "qp_p": "24"}
            for quality, speed in zip(Quality, ("quality", "balanced", "speed"), strict=True)
        },
    ),
    _Encoder(
        "h264_videotoolbox",
        "yuv420p",
        # FFmpeg's scale of 0 to 100, times 118, the unit of its quality numbers.
        {quality: {"flags": "+qscale", "global_quality": str(60 * 118)} for quality in Quality},
    ),
)
_X264 = _Encoder(
    "libx264",
    "yuv420p",
    {
        Quality.SMALL: _NO_B_FRAMES | {"preset": "veryfast", "crf": "23"},
        Quality.BALANCED: _NO_B_FRAMES | {"preset": "superfast", "crf": "23"},
        # Its quantiser is `_quantiser`'s.
        Quality.FAST: _NO_B_FRAMES | {"preset": "ultrafast"},
    },
)
_CLEAN_QUANTISER, _QUANTISER = 21, 22
_MOST_LEVELS = 5.0
"""Above it a quantiser that grows with the noise takes too much of the picture with it."""
_CLEAN_LEVELS = 0.75
"""What looks like noise where there is none: levels are whole numbers."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What is to be encoded."""

    width_px: int
    """Even."""
    height_px: int
    """Even."""
    rate: Fraction
    """Frames a second, or about."""
    time_base: Fraction
    coding: ColorCoding
    noise_sigma: float | None
    """As a standard deviation in grey levels; None where the first pictures do not tell."""


def add_video_stream(
    container: Any, wanted: VideoFormat, quality: Quality, *, uses_hardware: bool
) -> Any:
    """Add an H.264 stream to a container: by the first encoder that opens, x264 being the last.

    Raises:
        av.FFmpegError: not even x264 takes such pictures.
    """
    encoder = _usable(wanted, quality) if uses_hardware else _X264
    stream = container.add_stream(encoder.name, rate=wanted.rate)
    stream.time_base = wanted.time_base
    _set_up(stream.codec_context, encoder, wanted)
    stream.options = dict(encoder.options[quality])
    if encoder is _X264 and quality is Quality.FAST:
        stream.options |= _quantiser(wanted.noise_sigma)
    _log.debug("encoding with %s", encoder.name)
    return stream


def _quantiser(noise_sigma: float | None) -> dict[str, str]:
    """Choose how coarsely everything is stored, the same for all of the file.

    x264's own way (crf) is to look at each picture in half its size first, which takes a fifth of
    the time of `ultrafast`. With these numbers files of moving pictures, clean and noisy, are about
    as large, and as like the original to half a decibel (`scripts/encoder_table.py`). What hardly
    changes x264 stores more finely, as that costs little: a film that begins so, without noise to
    speak of, is left to it, and one that begins with black, or with much noise. One that moves at
    first and then stands still is smaller here, and less like the original.
    """
    if noise_sigma is None or noise_sigma > _MOST_LEVELS:
        return {"crf": "23"}
    coarser = round(max(0.0, noise_sigma - _CLEAN_LEVELS))
    if not coarser:
        # What is alone in its block is kept: here it is the picture, and it costs no time.
        return {"qp": str(_CLEAN_QUANTISER), "x264-params": "no-dct-decimate=1"}
    return {"qp": str(_QUANTISER + coarser)}


def _usable(wanted: VideoFormat, quality: Quality) -> _Encoder:
    """Find the hardware that is there: opening what is not takes less than a millisecond."""
    for encoder in _HARDWARE:
        try:
            context: Any = av.CodecContext.create(encoder.name, "w")
            _set_up(context, encoder, wanted)
            context.options = dict(encoder.options[quality])
            context.open()
        except (av.FFmpegError, ValueError):
            continue
        return encoder
    return _X264


def _set_up(context: Any, encoder: _Encoder, wanted: VideoFormat) -> None:
    context.width, context.height = wanted.width_px, wanted.height_px
    context.pix_fmt = encoder.pixel_format
    context.time_base = wanted.time_base
    context.framerate = wanted.rate
    context.gop_size = max(1, round(_KEYFRAME_S * wanted.rate))
    context.thread_count = codec_threads(wanted.height_px)
    context.thread_type = "FRAME"
    coding = wanted.coding
    context.colorspace = coding.matrix
    context.color_range = _FULL_RANGE if coding.is_full_range else _LIMITED_RANGE
    context.color_primaries, context.color_trc = coding.primaries, coding.transfer
