"""Check where a video is to be written, and make sure that what was written is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from livepose.core.errors import SinkError
from livepose.system.pyav import av
from livepose.system.targets import check_location, check_suffix, check_target

FORMATS = {".mp4": "mp4", ".m4v": "ipod", ".mov": "mov", ".mkv": "matroska"}
"""FFmpeg's name of the container, for each suffix."""
SUFFIXES = tuple(FORMATS)
_MAX_SIDE_PX = 16_384


def check_video_target(target: Path, source: Path | None, *, overwrite: bool) -> None:
    """Check a video's path before any work is done.

    Raises:
        OptionError: If the suffix is not one of `SUFFIXES`, or the target is the source.
        TargetExists: If the target exists and `overwrite` is not set.
        SinkError: If it cannot be written there.
    """
    check_suffix(target, SUFFIXES)
    check_location(target, source)
    check_target(target, overwrite=overwrite)


def check_size(target: Path, width_px: int, height_px: int) -> None:
    """Check the size of the frames before a file is begun.

    Raises:
        SinkError: If a side is longer than H.264 allows.
    """
    if max(width_px, height_px) > _MAX_SIDE_PX:
        raise SinkError(
            f"{target} cannot hold {width_px} x {height_px} pixels: "
            f"H.264 allows at most {_MAX_SIDE_PX} per side"
        )


class FileOutput:
    """An open file to which PyAV writes, and which knows afterwards whether that went well.

    FFmpeg does not return the error of the last write where a container writes its own trailer
    behind it, as fragmented MP4 does.
    """

    def __init__(self, path: Path, handle: int) -> None:
        """Take over an open file.

        Args:
            path: Of the file.
            handle: Its descriptor, which the caller closes.
        """
        self.name = str(path.absolute())
        self.error: OSError | None = None
        """The first error."""
        self._handle = handle

    def write(self, data: bytes) -> int:
        """Write all of the data; return its size, or minus the error number, as FFmpeg does."""
        left = memoryview(data)
        try:
            # A disk that is nearly full takes a part, and reports that at the next write.
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError as error:
            self.error = self.error or error
            return -(error.errno or 1)
        return len(data)

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._handle, position, whence)

    def tell(self) -> int:
        return self.seek(0, os.SEEK_CUR)


def remux(
    part: Path,
    plain: Path,
    tags: Mapping[str, str],
    suffix: str,
    check_stop: Callable[[], None] = lambda: None,
) -> int:
    """Rewrite a part as a plain file: an MP4 with its index in front, a Matroska file with one.

    Args:
        part: The file. It may break off in the middle of a frame, which is left out.
        plain: The new one.
        tags: Of the finished file, such as its title.
        suffix: Of the target.
        check_stop: Called for each packet; what it raises breaks the rewriting off.

    Returns:
        The number of frames.

    Raises:
        av.FFmpegError: If the part has no beginning, or the new file cannot be written.
    """
    is_matroska = suffix.lower() == ".mkv"
    options = {"avoid_negative_ts": "disabled"} if is_matroska else {"movflags": "+faststart"}
    frames = 0
    with (
        av.open(str(part.absolute())) as source,
        av.open(
            str(plain.absolute()), "w", format=FORMATS[suffix.lower()], options=options
        ) as output,
    ):
        streams_in = [*source.streams.video, *source.streams.audio]
        streams = {s.index: output.add_stream_from_template(s) for s in streams_in}
        for stream in streams_in:
            if stream.language:
                streams[stream.index].metadata["language"] = stream.language
        output.metadata.update(tags)
        for packet in _readable(source.demux(*streams_in)):
            check_stop()
            if packet.dts is not None and not packet.is_corrupt:
                frames += packet.stream.type == "video"
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    return frames


def _readable(packets: Iterator[Any]) -> Iterator[Any]:
    """Yield packets up to the first that cannot be read."""
    with suppress(av.FFmpegError):
        yield from packets


def count_frames(path: Path) -> int:
    """Return how many frames of a video file are there to their last byte, and can be found.

    Raises:
        av.FFmpegError: If the file cannot be read.
    """
    with av.open(str(path.absolute())) as container:
        return sum(p.size > 0 and not p.is_corrupt for p in container.demux(video=0))


def check_whole(path: Path, frames: int) -> None:
    """Check that a file has everything that was written to it.

    Args:
        path: A finished file.
        frames: How many frames were written.

    Raises:
        av.FFmpegError: If the file cannot be read.
        SinkError: If something is missing.
    """
    size_bytes = path.stat().st_size
    with av.open(str(path.absolute())) as container:
        # An MP4 with an index of the whole file need not be read to its end: its size tells.
        found = container.streams.video[0].frames or count_frames(path)
        if found != frames:
            raise SinkError(f"{found} of {frames} frames are in the file")
        for stream in container.streams:
            entries: Any = stream.index_entries
            if len(entries) and entries[-1].pos + entries[-1].size > size_bytes:
                raise SinkError("its end is missing")


def duration_s(path: Path) -> float:
    """Return how long a finished video is.

    Raises:
        av.FFmpegError: If the file cannot be read.
    """
    with av.open(str(path.absolute())) as container:
        return (container.duration or 0) / av.time_base
