"""Write an H.264 file: every frame at its own time, with the source's sound, safe in a crash."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livepose.core.colors import ColorCoding
from livepose.core.errors import SinkError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import FrameSink
from livepose.core.pixels import BgrPixels, Pixels
from livepose.sinks import Quality
from livepose.sinks.audio import AudioTrack, has_audio
from livepose.sinks.encoder import VideoFormat, add_video_stream
from livepose.sinks.noise_estimate import estimate_noise
from livepose.sinks.part_file import check_size, check_video_target, remux_faststart, reserve_path
from livepose.system.pyav import av

_LIVE_TIME_BASE = Fraction(1, 90_000)
_ASSUMED_RATE = Fraction(30)
# In fragments of a second, each written out at once: a killed run leaves a file that plays.
_FRAGMENTED = {
    "movflags": "+frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
}
# Matroska's writer would move every time stamp on so that the sound's lead-in is not negative.
_UNSHIFTED = {"avoid_negative_ts": "disabled", "flush_packets": "1"}


class VideoSink(FrameSink):
    """A file that phones and browsers play: H.264, yuv420p, the sound copied.

    It grows beside the target as `NAME.part.mp4`, in fragments, and is put in the target's place by
    `close` with its index in front. If the run is killed, the part remains, and plays.
    """

    def __init__(
        self,
        target: Path,
        info: StreamInfo,
        *,
        overwrite: bool = False,
        starts_at_first_frame: bool = False,
        quality: Quality = Quality.FAST,
        uses_hardware: bool = True,
    ) -> None:
        """Claim a place for the file; encoding begins with the second frame, or with `close`.

        Args:
            target: where the file will be: .mp4, .m4v, .mov or .mkv.
            info: of the source: its frame rate, its unit of time, its sound.
            overwrite: replace a target that exists.
            starts_at_first_frame: the first frame's time becomes 0; else the source's beginning
                does.
            quality: how much work goes into a smaller file.
            uses_hardware: try the graphics card's encoder first.

        Raises:
            OptionError: the suffix is not one of the four, or the target is the source.
            TargetExists: and `overwrite` is not set.
            SinkError: the folder cannot be written to.
        """
        check_video_target(target, info, overwrite)
        self.frames_written = 0
        self._target = target
        self._info = info
        self._overwrite = overwrite
        self._origin_s = None if starts_at_first_frame or info.is_live else info.origin_s
        self._time_base = info.time_base or _LIVE_TIME_BASE
        self._tick_s = float(self._time_base)
        self._quality = quality
        self._uses_hardware = uses_hardware
        self._last_pts = -1
        self._coding = ColorCoding()
        self._first: list[Frame] = []  # until encoding begins
        self._container: Any = None
        self._stream: Any = None
        self._audio: AudioTrack | None = None
        self._is_closed = False
        self._part = reserve_path(target, "part")

    def write(self, frame: Frame) -> None:
        self.write_all((frame,))

    def write_all(self, frames: Sequence[Frame]) -> None:
        if self._container is None:
            # How finely all of it is stored hangs on how it begins, which two pictures tell.
            frames, self._first = [*self._first, *frames], []
            if len(frames) < 2:
                self._first = frames
                return
        self._encode(frames)

    def _encode(self, frames: Sequence[Frame]) -> None:
        try:
            if self._container is None and frames:
                self._begin(frames[:2])
            # All are made ready before the encoder has the processor's caches to itself.
            for picture in [self._picture(f.pixels, self._next_pts(f.time_s)) for f in frames]:
                if self._audio is not None:
                    self._audio.mux_until(picture.pts * self._tick_s)
                for packet in self._stream.encode(picture):
                    self._container.mux(packet)
                self.frames_written += 1
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Finish the file and put it in the target's place; without a frame, leave nothing.

        Raises:
            SinkError: its only frame cannot be encoded, or it cannot be finished; then the message
                says where what was written is.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._encode_first()
        if self._container is None:
            self._part.unlink(missing_ok=True)
            return
        try:
            self._finish_part()
            self._put_in_place()
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def keep_part(self) -> Path | None:
        """Finish the part and leave it where it is; None where nothing was written."""
        if self._is_closed:
            return None
        self._is_closed = True
        try:
            self._encode_first()
        except SinkError:
            return None
        if self._container is None:
            self._part.unlink(missing_ok=True)
            return None
        with suppress(av.FFmpegError, OSError):  # the fragments written before play all the same
            self._finish_part()
        return self._part

    def _encode_first(self) -> None:
        """Encode the only frame there was, if there was one."""
        frames, self._first = self._first, []
        self._encode(frames)

    def _begin(self, first: Sequence[Frame]) -> None:
        frame = first[0]
        check_size(self._target, frame.width_px, frame.height_px)
        is_matroska = self._part.suffix == ".mkv"
        options = _UNSHIFTED if is_matroska else _FRAGMENTED
        if self._origin_s is None:
            self._origin_s = frame.time_s
        self._container = av.open(str(self._part.absolute()), "w", options=options)
        self._coding = frame.pixels.coding
        wanted = VideoFormat(
            *_even(frame.width_px, frame.height_px),
            self._info.frame_rate or _ASSUMED_RATE,
            self._time_base,
            self._coding,
            estimate_noise([each.pixels.yuv420(self._coding).planes[0] for each in first]),
        )
        self._stream = add_video_stream(
            self._container, wanted, self._quality, uses_hardware=self._uses_hardware
        )
        path = self._info.path
        if path is not None and has_audio(path):
            self._audio = AudioTrack(
                path, self._container, origin_s=self._origin_s, is_matroska=is_matroska
            )

    def _next_pts(self, time_s: float) -> int:
        """Give the source's own time; one that stands still moves on by a tick."""
        assert self._origin_s is not None
        pts = round((time_s - self._origin_s) / self._tick_s)
        self._last_pts = max(pts, self._last_pts + 1)
        return self._last_pts

    def _picture(self, pixels: Pixels, pts: int) -> Any:
        size_px = (self._stream.width, self._stream.height)
        if _even(pixels.width_px, pixels.height_px) != size_px:
            resized = cv2.resize(pixels.bgr(), size_px, interpolation=cv2.INTER_AREA)
            pixels = BgrPixels(np.asarray(resized, np.uint8))
        packed = pixels.yuv420(self._coding).packed
        # Lent where PyAV can take it, as nobody writes to it; copied where planes are uneven.
        is_lent = size_px[0] % 4 == size_px[1] % 4 == 0
        wrap = av.VideoFrame.from_numpy_buffer if is_lent else av.VideoFrame.from_ndarray
        picture = wrap(packed, format="yuv420p")
        if self._stream.pix_fmt != "yuv420p":
            picture = picture.reformat(format=self._stream.pix_fmt)
        picture.pts = pts
        picture.time_base = self._time_base
        return picture

    def _finish_part(self) -> None:
        for packet in self._stream.encode():
            self._container.mux(packet)
        if self._audio is not None:
            rate = self._info.frame_rate or _ASSUMED_RATE
            self._audio.finish(float(self._last_pts * self._time_base + 1 / rate))
            self._audio.close()
        self._container.close()

    def _put_in_place(self) -> None:
        if self._target.exists() and not self._overwrite:
            raise SinkError(
                f"{self._target} has appeared in the meantime; the new file is {self._part}"
            )
        if self._part.suffix != ".mkv":
            remux_faststart(self._part)
        self._part.replace(self._target)

    def _failure(self, error: BaseException) -> SinkError:
        if isinstance(error, SinkError):
            if not self.frames_written:
                self._part.unlink(missing_ok=True)
            return error
        reason = getattr(error, "strerror", None) or error
        self._is_closed = True
        for held in (self._audio, self._container):
            with suppress(av.FFmpegError, OSError):
                if held is not None:
                    held.close()
        if not self.frames_written:
            self._part.unlink(missing_ok=True)
            return SinkError(f"{self._target} cannot be written: {reason}")
        return SinkError(
            f"{self._target} cannot be written: {reason}; "
            f"what was written ({self.frames_written} frames) is in {self._part}"
        )


def _even(width_px: int, height_px: int) -> tuple[int, int]:
    """4:2:0 halves the colour: an odd edge is doubled, so that no pixel is lost."""
    return width_px + width_px % 2, height_px + height_px % 2
