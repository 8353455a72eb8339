"""Make the part of a video whole that a killed run has left, with its audio."""

from __future__ import annotations

from livepose.core.errors import SinkError
from livepose.sinks.left_out import read_tags
from livepose.sinks.part_file import SUFFIXES, check_whole, duration_s, remux
from livepose.system.files import write_error
from livepose.system.part_names import Leftover
from livepose.system.parts import Part
from livepose.system.pyav import av, ffmpeg_message, open_media


def is_video(left: Leftover) -> bool:
    """Return whether a part is one of a video."""
    return left.target.suffix.lower() in SUFFIXES


def finish_video(left: Leftover) -> tuple[int, float]:
    """Write a part anew as a plain file with an index, and put it in its target's place.

    The audio is in the part already, as far as the film goes.

    Args:
        left: A part that is not in use, and for which `is_video` is true.

    Returns:
        How many frames it has, and how many seconds.

    Raises:
        TargetExists: If the target exists.
        SinkError: If it has no frame, or the file cannot be written; the part stays as it is.
    """
    part = Part.resume(left, overwrite=False)
    try:
        with open_media(left.path) as container:
            tags = read_tags(container)
        with part.rewriting() as plain:
            frames = remux(left.path, plain, tags, left.target.suffix)
            if not frames:
                raise left.nothing_to_keep()
            check_whole(plain, frames)
            seconds = duration_s(plain)
    except SinkError:
        part.close_file()
        raise
    except av.error.InvalidDataError as error:  # not even its beginning was written
        part.close_file()
        raise left.nothing_to_keep() from error
    except av.FFmpegError as error:
        part.close_file()
        raise write_error(left.target, OSError(ffmpeg_message(error))) from error
    part.put_in_place()
    return frames, seconds
