"""Write an H.264 file: every frame at its own time, with the source's audio, safe in a crash."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livepose.core.colors import ColorCoding
from livepose.core.errors import SinkError
from livepose.core.frame import USUAL_RATE, Frame, StreamInfo
from livepose.core.interfaces import FrameSink
from livepose.core.pixels import BgrPixels, Pixels
from livepose.sinks import Quality
from livepose.sinks.audio import AudioTrack, select_audio
from livepose.sinks.encoder import VideoEncoder, VideoFormat
from livepose.sinks.left_out import TIMECODE, enumerated, left_out, read_tags
from livepose.sinks.noise_estimate import estimate_noise
from livepose.sinks.part_file import (
    FORMATS,
    FileOutput,
    check_size,
    check_video_target,
    check_whole,
    remux,
)
from livepose.system.parts import Part
from livepose.system.pyav import av, ffmpeg_message, open_media

_log = logging.getLogger(__name__)

_LIVE_TIME_BASE = Fraction(1, 90_000)
# A quarter of a second is written out at once, as a fragment of an MP4 or a cluster of a Matroska
# file: a killed run leaves a file that plays. A track that ends early does not hold up the others.
_FLUSHED = {"flush_packets": "1", "max_interleave_delta": "250000"}
_FRAGMENTED_MP4 = _FLUSHED | {
    "movflags": "+frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": "250000",
}
# FFmpeg would shift all times of a Matroska file so that the audio's lead-in is not negative.
_CLUSTERED_MATROSKA = _FLUSHED | {"cluster_time_limit": "250", "avoid_negative_ts": "disabled"}


class VideoSink(FrameSink):
    """Writes a file that phones and browsers play: H.264, yuv420p, the audio copied.

    The file grows beside the target, in fragments. `close` moves its index to the front, counts
    its frames, and puts it in the target's place. If the run is killed, the part remains, and plays
    (`livepose recover`).

    >>> import tempfile
    >>> from livepose.sources import open_demo
    >>> with tempfile.TemporaryDirectory() as folder, open_demo(frame_count=10) as source:
    ...     target = Path(folder, "demo.mp4")
    ...     with VideoSink(target, source.info, uses_hardware=False) as sink:
    ...         for frame in source:
    ...             sink.write(frame)
    ...     sink.frames_written, target.exists()
    (10, True)
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
        check_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Create the part file. Encoding begins with the second frame, or with `close`.

        Args:
            target: Where the file will be: .mp4, .m4v, .mov or .mkv.
            info: The source's frame rate, time base, origin and path, whose audio is copied.
            overwrite: Whether an existing target is replaced.
            starts_at_first_frame: Whether the first frame's time becomes 0; otherwise the source's
                origin does.
            quality: How much work the encoder spends on a smaller file.
            uses_hardware: Whether to try hardware encoders first.
            check_stop: Called while `close` does what takes long; by a KeyboardInterrupt it breaks
                that off, and `keep_part` returns where the file is.

        Raises:
            OptionError: If the suffix is not one of the four, or the target is the source.
            TargetExists: If the target exists and `overwrite` is not set.
            SinkError: If the part file cannot be created.
        """
        check_video_target(target, info.path, overwrite=overwrite)
        self.frames_written = 0
        self._target = target
        self._info = info
        self._overwrite = overwrite
        self._origin_s = None if starts_at_first_frame or info.is_live else info.origin_s
        self._time_base = info.time_base or _LIVE_TIME_BASE
        self._tick_s = float(self._time_base)
        self._quality = quality
        self._uses_hardware = uses_hardware
        self._check_stop = check_stop
        self._last_pts = -1
        self._coding = ColorCoding()
        self._pending: list[Frame] = []  # until encoding begins
        self._container: Any = None
        self._encoder: VideoEncoder | None = None
        self._audio: list[AudioTrack] = []
        self._tags: dict[str, str] = {}
        self._left_out: list[str] = []
        self._is_closed = False
        self._is_broken_off = False
        self._packets = 0
        self._part = Part(target, overwrite=overwrite)
        self._output = FileOutput(self._part.path, self._part.fileno())

    def write(self, frame: Frame) -> None:
        self.write_all((frame,))

    def write_all(self, frames: Sequence[Frame]) -> None:
        if self._container is None:
            # The quantiser for the whole file depends on its noise, which takes two frames to see.
            self._pending += frames
            if len(self._pending) < 2:
                return
            frames, self._pending = self._pending, []
        self._encode(frames)

    def close(self) -> None:
        """Finish the file and put it in its place; leave nothing if no frame was written.

        Raises:
            SinkError: If the only frame cannot be encoded, or the file cannot be finished; then the
                message says where what was written is.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._encode_pending()
        if self._container is None:
            self._part.discard()
            return
        try:
            self._finish_part(has_all_audio=True)
            self._make_whole()
        except KeyboardInterrupt:
            self._is_broken_off = True
            raise
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        self._part.put_in_place()
        if self._left_out:
            _log.info("left out of %s: %s", self._target.name, enumerated(self._left_out))

    def keep_part(self) -> Path | None:
        """Finish the part file and return its path, or None if nothing was written.

        What takes long is left out: audio that goes on behind the last frame.
        """
        if self._is_closed:
            return self._part.keep() if self._is_broken_off else None
        self._is_closed = True
        try:
            self._encode_pending()
        except SinkError:
            return None
        if self._container is None:
            self._part.discard()
            return None
        try:
            self._finish_part(has_all_audio=False)
        except (av.FFmpegError, OSError):
            self._release()  # the fragments written before play all the same
        return self._part.keep()

    def _encode_pending(self) -> None:
        """Encode the only frame there was, if there was one."""
        frames, self._pending = self._pending, []
        self._encode(frames)

    def _encode(self, frames: Sequence[Frame]) -> None:
        try:
            if not frames:
                return
            encoder = self._encoder or self._open_container(frames[:2])
            # All are converted before the encoder has the processor's caches to itself.
            for video_frame in [self._to_av(f.pixels, self._next_pts(f.time_s)) for f in frames]:
                self._mux(encoder.encode(video_frame))
                self.frames_written += 1
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def _mux(self, packets: Sequence[Any]) -> None:
        """Write packets of the video, and the audio up to them."""
        for packet in packets:
            for track in self._audio:
                track.mux_past(packet.pts * self._tick_s)
            self._container.mux(packet)
            self._packets += 1

    def _open_container(self, first_frames: Sequence[Frame]) -> VideoEncoder:
        frame = first_frames[0]
        check_size(self._target, frame.width_px, frame.height_px)
        is_matroska = self._target.suffix.lower() == ".mkv"
        options = _CLUSTERED_MATROSKA if is_matroska else _FRAGMENTED_MP4
        if self._origin_s is None:
            self._origin_s = frame.time_s
        self._container = av.open(
            self._output, "w", format=FORMATS[self._target.suffix.lower()], options=options
        )
        self._coding = frame.pixels.coding
        lumas = [each.pixels.yuv420(self._coding).planes[0] for each in first_frames]
        video_format = VideoFormat(
            *_even_size(frame.width_px, frame.height_px),
            self._info.frame_rate or USUAL_RATE,
            self._time_base,
            self._coding,
            estimate_noise(lumas),
        )
        self._encoder = VideoEncoder(
            self._container, video_format, self._quality, uses_hardware=self._uses_hardware
        )
        path = self._info.path
        if path is not None:
            self._add_tracks(path, is_matroska=is_matroska)
        return self._encoder

    def _add_tracks(self, path: Path, *, is_matroska: bool) -> None:
        """Add what the source has besides its film, and note what is left out."""
        assert self._origin_s is not None
        with open_media(path) as source:
            indices = select_audio(source)
            self._tags = read_tags(source)
            # It is that of the source's first frame; in MP4 it is a track, which PyAV cannot write.
            if not is_matroska or self._origin_s != self._info.origin_s:
                self._tags.pop(TIMECODE, None)
            self._left_out = left_out(source, *indices, has_timecode=TIMECODE in self._tags)
        for index in indices:
            track = AudioTrack(
                path,
                index,
                self._container,
                origin_s=self._origin_s,
                is_matroska=is_matroska,
            )
            self._audio.append(track)
        self._container.metadata.update(self._tags)

    def _next_pts(self, time_s: float) -> int:
        """Return a frame's time in ticks, one tick later than the last if it does not advance."""
        assert self._origin_s is not None
        pts = round((time_s - self._origin_s) / self._tick_s)
        self._last_pts = max(pts, self._last_pts + 1)
        return self._last_pts

    def _to_av(self, pixels: Pixels, pts: int) -> Any:
        """Convert pixels to an `av.VideoFrame` of the stream's size and pixel format."""
        assert self._encoder is not None
        stream = self._encoder.stream
        size_px = (stream.width, stream.height)
        if _even_size(pixels.width_px, pixels.height_px) != size_px:
            resized = cv2.resize(pixels.bgr(), size_px, interpolation=cv2.INTER_AREA)
            pixels = BgrPixels(np.asarray(resized, np.uint8))
        packed = pixels.yuv420(self._coding).packed
        # Shared where PyAV can take it, as nobody writes to it; copied where planes are uneven.
        is_shareable = size_px[0] % 4 == size_px[1] % 4 == 0
        wrap = av.VideoFrame.from_numpy_buffer if is_shareable else av.VideoFrame.from_ndarray
        video_frame = wrap(packed, format="yuv420p")
        if stream.pix_fmt != "yuv420p":
            video_frame = video_frame.reformat(format=stream.pix_fmt)
        video_frame.pts = pts
        video_frame.time_base = self._time_base
        return video_frame

    def _finish_part(self, *, has_all_audio: bool) -> None:
        assert self._encoder is not None
        self._mux(self._encoder.flush())
        end_s = float(self._last_pts * self._time_base + 1 / (self._info.frame_rate or USUAL_RATE))
        try:
            for track in self._audio:
                if has_all_audio:
                    track.finish(end_s, self._check_stop)
                else:
                    track.mux_until(end_s)
        finally:
            for track in self._audio:
                track.close()
            self._container.close()
        if self._output.error is not None:
            raise self._output.error

    def _make_whole(self) -> None:
        """Move the index to the front, and know that every frame is in the file."""
        self._check_stop()
        if self._target.suffix.lower() != ".mkv":
            try:
                with self._part.rewriting() as plain:
                    remux(self._part.path, plain, self._tags, self._target.suffix, self._check_stop)
                    check_whole(plain, self._packets)
            except (av.FFmpegError, SinkError) as error:
                # The fragments play too, if they are all there.
                check_whole(self._part.path, self._packets)
                _log.warning(
                    "%s is complete, but its index is not at the front, where some players "
                    "need it: %s",
                    self._target.name,
                    ffmpeg_message(error.__cause__ or error),
                )
            return
        check_whole(self._part.path, self._packets)

    def _failure(self, error: BaseException) -> SinkError:
        """Release what is open, and return the error that says where what was written is."""
        self._is_closed = True
        self._release()
        reason = ffmpeg_message(error)
        if not self.frames_written:
            self._part.discard()
            if isinstance(error, SinkError):
                return error
            return SinkError(f"{self._target} cannot be written: {reason}")
        return SinkError(
            f"{self._target} cannot be written: {reason}; "
            f"what was written ({self.frames_written} frames) is in {self._part.keep()}"
        )

    def _release(self) -> None:
        """Close what is open, whatever it says: nothing may be written to the part any more."""
        for resource in (*self._audio, self._container):
            with suppress(av.FFmpegError, OSError):
                if resource is not None:
                    resource.close()


def _even_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Round up to even sides: 4:2:0 halves the chroma, so an odd edge is doubled, not cut off."""
    return width_px + width_px % 2, height_px + height_px % 2
