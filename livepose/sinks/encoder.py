"""The H.264 encoders, with their settings, and which of them writes a file.

A hardware encoder is one more entry of `_HARDWARE_ENCODERS`.

What waits in an encoder is lost if the process is killed. x264 with `veryfast` looks ten frames
ahead: a third of a second of a film, and more than two of a camera that delivers five frames per
second in the dark, whatever rate it promised. So how far it looks is bounded by time: by the
nominal rate at first, and as soon as frames turn out to come more slowly, by another instance of
it, which looks half as far. At last it holds nothing back: by default x264 waits for the next frame
to know how long one lasts, which is a second of a film with one frame per second.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from livepose.core.colors import ColorCoding
from livepose.sinks import Quality
from livepose.system.pyav import av
from livepose.system.thread_budget import codec_threads

_log = logging.getLogger(__name__)

_KEYFRAME_S = 2
_MAX_KEYFRAME_S = 2.5
"""Beyond it, as frames come more slowly than at the nominal rate, a keyframe is asked for."""
_MAX_DELAY_S = 0.5
"""How much may wait in the encoder before it is replaced by one that looks less far ahead."""
_UNDELAYED = "force-cfr=1"
"""Frames keep their times; only how the bits are shared out takes them all to last as long."""
_LIMITED_RANGE, _FULL_RANGE = 1, 2
_KEYFRAME = 1
"""FFmpeg's number for a frame that is coded by itself (AV_PICTURE_TYPE_I)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Encoder:
    name: str
    """FFmpeg's name for it."""
    pixel_format: str
    options: Mapping[Quality, dict[str, str]]
    """FFmpeg's options for each quality."""
    lookahead: Mapping[Quality, int] = field(default_factory=dict)
    """How many frames it looks ahead, for each quality; where none is given, it does not."""


# Without B-frames, frames are stored in the order in which they are shown: a killed run leaves no
# gap, and no time stamp is negative.
_NO_B_FRAMES = {"bf": "0"}
_HARDWARE_ENCODERS = (
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
        # A scale of 0 to 100, times 118 (FF_QP2LAMBDA), FFmpeg's unit of quality.
        {quality: {"flags": "+qscale", "global_quality": str(60 * 118)} for quality in Quality},
    ),
)
_X264 = _Encoder(
    "libx264",
    "yuv420p",
    {
        Quality.SMALL: _NO_B_FRAMES | {"preset": "veryfast", "crf": "23"},
        Quality.BALANCED: _NO_B_FRAMES | {"preset": "superfast", "crf": "23"},
        # `_quantizer_options` adds the rest.
        Quality.FAST: _NO_B_FRAMES | {"preset": "ultrafast"},
    },
    {Quality.SMALL: 10},
)
_CLEAN_QP, _NOISY_QP = 21, 22
_MAX_NOISE_SIGMA = 5.0
"""Above it, a quantizer that grows with the noise would blur too much of the image."""
_CLEAN_NOISE_SIGMA = 0.75
"""The estimate where there is no noise: grey levels are whole numbers."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """The frames to encode."""

    width_px: int
    """Even."""
    height_px: int
    """Even."""
    frame_rate: Fraction
    """Nominal frames per second; each frame has its own time."""
    time_base: Fraction
    """The unit of time stamps, in seconds."""
    coding: ColorCoding
    noise_sigma: float | None
    """Standard deviation of the noise in grey levels; None if the first frames do not show it."""


class VideoEncoder:
    """Encodes the frames of one stream of a file, with a keyframe each two seconds."""

    def __init__(
        self, container: Any, video_format: VideoFormat, quality: Quality, *, uses_hardware: bool
    ) -> None:
        """Add an H.264 stream, with the first encoder that opens and x264 as the last.

        Args:
            container: An `av` output container.
            video_format: The frames to encode.
            quality: How much work goes into a smaller file.
            uses_hardware: Whether to try hardware encoders first.

        Raises:
            av.FFmpegError: If not even x264 accepts such frames.
        """
        encoder = _first_usable(video_format, quality) if uses_hardware else _X264
        self._encoder = encoder
        self._format = video_format
        self._options = dict(encoder.options[quality])
        if encoder is _X264 and quality is Quality.FAST:
            self._options |= _quantizer_options(video_format.noise_sigma)
        self._lookahead = encoder.lookahead.get(quality)
        frames = int(_MAX_DELAY_S * video_format.frame_rate)
        self._holds_back = encoder is _X264 and frames > 0
        if self._lookahead is not None:
            in_threads = codec_threads(video_format.height_px)
            self._lookahead = min(self._lookahead, max(0, frames - in_threads))
        self.stream = container.add_stream(encoder.name, rate=video_format.frame_rate)
        self.stream.time_base = video_format.time_base
        self._context = self.stream.codec_context
        self._set_up(self._context)
        tick_s = float(video_format.time_base)
        self._max_keyframe_ticks = round(_MAX_KEYFRAME_S / tick_s)
        self._max_delay_ticks = round(_MAX_DELAY_S / tick_s)
        self._keyframe_pts: int | None = None
        self._done_pts: int | None = None
        _log.debug("encoding with %s", encoder.name)

    def encode(self, video_frame: Any) -> list[Any]:
        """Return the packets that are ready once a frame is added; each knows its stream."""
        pts = video_frame.pts
        if self._keyframe_pts is None:
            self._keyframe_pts = self._done_pts = pts
        elif pts - self._keyframe_pts > self._max_keyframe_ticks:
            video_frame.pict_type = _KEYFRAME
            self._keyframe_pts = pts
        packets = self._taken(self._context.encode(video_frame))
        may_wait = self._lookahead or self._holds_back
        if may_wait and pts - self._done_pts > self._max_delay_ticks:
            packets += self.flush()
            if self._lookahead:
                self._lookahead //= 2
            else:
                self._holds_back = False
            self._context = self._reopened()
        return packets

    def flush(self) -> list[Any]:
        """Return the packets of the frames that wait; no frame can be added to them any more."""
        return self._taken(self._context.encode())

    def _taken(self, packets: list[Any]) -> list[Any]:
        for packet in packets:
            packet.stream = self.stream
            self._done_pts = packet.pts
            if packet.is_keyframe:
                self._keyframe_pts = max(packet.pts, self._keyframe_pts or 0)
        return packets

    def _set_up(self, context: Any) -> None:
        """Configure a context for how long frames may wait in it now."""
        _configure(context, self._encoder, self._format)
        options = dict(self._options)
        if self._lookahead is not None:
            options["rc-lookahead"] = str(self._lookahead)
        if self._encoder is _X264 and not self._holds_back:
            given = options.get("x264-params")
            options["x264-params"] = f"{given}:{_UNDELAYED}" if given else _UNDELAYED
            context.thread_type = "SLICE"
        context.options = options

    def _reopened(self) -> Any:
        """Return another instance, whose frames continue the same stream."""
        context: Any = av.CodecContext.create(self._encoder.name, "w")
        self._set_up(context)
        context.flags = self._context.flags  # the headers stay those in front of the file
        context.open()
        _log.debug("the encoder looks %d frames ahead", self._lookahead)
        return context


def _quantizer_options(noise_sigma: float | None) -> dict[str, str]:
    """Choose one quantizer for the whole file, from the noise of its beginning.

    x264's own way (crf) first analyses each frame at half its size, which takes a fifth of the time
    of `ultrafast`. With these constants, files of moving scenes, clean and noisy, are about as
    large, and as close to the original within half a decibel (`scripts/encoder_table.py`). Static
    scenes crf stores more finely, as that costs little: a video that begins static is left to it,
    and so is one that begins with black or with much noise. A video that moves first and then
    stands still becomes smaller than with crf, and less close to the original.
    """
    if noise_sigma is None or noise_sigma > _MAX_NOISE_SIGMA:
        return {"crf": "23"}
    noise_steps = round(max(0.0, noise_sigma - _CLEAN_NOISE_SIGMA))
    if not noise_steps:
        # Single coefficients are kept: in a clean image they are content, and they cost no time.
        return {"qp": str(_CLEAN_QP), "x264-params": "no-dct-decimate=1"}
    return {"qp": str(_NOISY_QP + noise_steps)}


def _first_usable(video_format: VideoFormat, quality: Quality) -> _Encoder:
    """Find the hardware that is present: trying to open what is not takes less than 1 ms."""
    usable = (each for each in _HARDWARE_ENCODERS if _opens(each, video_format, quality))
    return next(usable, _X264)


def _opens(encoder: _Encoder, video_format: VideoFormat, quality: Quality) -> bool:
    try:
        context: Any = av.CodecContext.create(encoder.name, "w")
        _configure(context, encoder, video_format)
        context.options = dict(encoder.options[quality])
        context.open()
    except (av.FFmpegError, ValueError):
        return False
    return True


def known_encoders() -> Iterator[tuple[str, bool]]:
    """Yield FFmpeg's name of each encoder, and whether it opens on this machine."""
    usual = VideoFormat(1280, 720, Fraction(30), Fraction(1, 90000), ColorCoding(), None)
    for encoder in (*_HARDWARE_ENCODERS, _X264):
        yield encoder.name, _opens(encoder, usual, Quality.FAST)


def _configure(context: Any, encoder: _Encoder, video_format: VideoFormat) -> None:
    """Set what all encoders have in common."""
    context.width, context.height = video_format.width_px, video_format.height_px
    context.pix_fmt = encoder.pixel_format
    context.time_base = video_format.time_base
    context.framerate = video_format.frame_rate
    context.gop_size = max(1, round(_KEYFRAME_S * video_format.frame_rate))
    context.thread_count = codec_threads(video_format.height_px)
    context.thread_type = "FRAME"
    coding = video_format.coding
    context.colorspace = coding.matrix
    context.color_range = _FULL_RANGE if coding.is_full_range else _LIMITED_RANGE
    context.color_primaries, context.color_trc = coding.primaries, coding.transfer
