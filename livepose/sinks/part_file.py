"""Check where a video is to be written, reserve its part file, and finish it for players."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from livepose.core.errors import OptionError, SinkError
from livepose.system.files import write_error
from livepose.system.pyav import av
from livepose.system.targets import check_location, check_target

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
_MAX_SIDE_PX = 16_384


def check_video_target(target: Path, source: Path | None, *, overwrite: bool) -> None:
    """Check a video's path before any work is done.

    Raises:
        OptionError: If the suffix is not one of `SUFFIXES`, or the target is the source.
        TargetExists: If the target exists and `overwrite` is not set.
        SinkError: If it cannot be written there.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{target} must end in one of {', '.join(SUFFIXES)}")
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


def reserve_path(target: Path, label: str) -> Path:
    """Create an empty file beside a target: `NAME.label.mp4`, or `NAME.label-2.mp4` if taken.

    Raises:
        SinkError: If no file can be created there.
    """
    number = 1
    while True:
        numbered = label if number == 1 else f"{label}-{number}"
        path = target.with_name(f"{target.stem}.{numbered}{target.suffix.lower()}")
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1  # left by a run that was killed, or in use by another: not ours to touch
        except OSError as error:
            raise write_error(target, error) from error
        else:
            return path


def remux_faststart(part: Path, tags: Mapping[str, str]) -> None:
    """Rewrite a fragmented file as a plain one with its index in front, for every player.

    Args:
        part: The file.
        tags: Of the finished file, such as its title.
    """
    plain = reserve_path(part, "whole")
    try:
        with (
            av.open(str(part.absolute())) as fragments,
            av.open(str(plain.absolute()), "w", options={"movflags": "+faststart"}) as output,
        ):
            streams_in = [*fragments.streams.video, *fragments.streams.audio]
            streams = {s.index: output.add_stream_from_template(s) for s in streams_in}
            for stream in streams_in:
                if stream.language:
                    streams[stream.index].metadata["language"] = stream.language
            output.metadata.update(tags)
            for packet in fragments.demux(*streams_in):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
        plain.replace(part)
    except (av.FFmpegError, OSError):
        # The disk has no room for a second copy. The fragments play too.
        plain.unlink(missing_ok=True)
