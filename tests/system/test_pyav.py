"""PyAV is imported behind cv2, and FFmpeg's errors are worded without their codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livepose.system.pyav import av, demux, ffmpeg_message
from tests.support.programs import run_python

ORDER = """
import sys
from livepose.system.pyav import av
names = list(sys.modules)
print(names.index("cv2") < names.index("av"), av.__name__)
"""


def test_cv2_is_imported_first(tmp_path: Path) -> None:
    done = run_python("-c", ORDER, cwd=tmp_path)
    assert done.stdout == "True av\n", done.stderr


def test_the_message_is_ffmpegs_without_its_code(tmp_path: Path) -> None:
    with pytest.raises(av.FFmpegError) as caught:
        av.open(str(tmp_path / "gone.mp4"))
    assert "Errno" in str(caught.value)
    assert ffmpeg_message(caught.value) == "No such file or directory"


def test_a_time_limit_and_other_errors_are_worded_too() -> None:
    time_limit = av.error.ExitError(1, "Immediate exit requested")
    assert ffmpeg_message(time_limit) == "it did not answer in time"
    assert ffmpeg_message(StopIteration("the end")) == "the end"


class LateStream:
    """A container whose list of streams ends before that of its packets does."""

    def demux(self, *streams: int) -> Iterator[str]:
        """Yield two packets, and fail as PyAV does behind the last one."""
        yield from (f"packet of {stream}" for stream in streams)
        raise IndexError("list index out of range")


def test_a_stream_that_begins_late_does_not_break_the_end_of_the_others() -> None:
    assert list(demux(LateStream(), 0, 1)) == ["packet of 0", "packet of 1"]
