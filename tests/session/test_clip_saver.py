"""The last seconds are written beside whatever else goes on."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from livepose.core.errors import SinkError
from livepose.core.frame import StreamInfo
from livepose.draw import Style
from livepose.export import RecordingMetadata
from livepose.session.clip_saver import ClipSaver
from livepose.sinks.frame_ring import FrameRing, KeptFrame
from tests.support.playback import numbered_pose

METADATA = RecordingMetadata(StreamInfo("camera 0", 160, 120, is_live=True), "number")


def kept(count: int) -> tuple[KeptFrame, ...]:
    ring = FrameRing(60.0)
    for number in range(count):
        ring.push(numbered_pose(number))
    return ring.frames()


def result_of(saver: ClipSaver) -> str:
    end_s = time.monotonic() + 30
    while not (result := saver.finished()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return result


def test_what_was_saved_is_said_once(tmp_path: Path) -> None:
    with ClipSaver(METADATA) as saver:
        assert (saver.is_saving, saver.finished()) == (False, "")
        saver.save(kept(5), Style(), tmp_path / "clip.mp4")
        assert saver.is_saving
        assert (result_of(saver), saver.finished()) == ("saved clip.mp4", "")
        assert saver.saved == [tmp_path / "clip.mp4", tmp_path / "clip.jsonl"]
        assert sorted(tmp_path.iterdir()) == sorted(saver.saved)


def test_a_clip_that_cannot_be_written_ends_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ClipSaver(METADATA) as saver, caplog.at_level(logging.WARNING):
        saver.save(kept(5), Style(), tmp_path / "gone" / "clip.mp4")
        assert result_of(saver) == "saving failed: see the terminal"
        saver.save(kept(5), Style(), tmp_path / "clip.mp4")
    assert [path.name for path in saver.saved] == ["clip.mp4", "clip.jsonl"]
    assert len(saver.errors) == 1 and "gone" in saver.errors[0]


def test_a_second_signal_leaves_the_parts_beside_their_targets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def check_stop() -> None:
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(None)

    written: list[None] = []
    saver = ClipSaver(METADATA, check_stop=check_stop)
    with caplog.at_level(logging.WARNING):
        saver.save(kept(8), Style(), tmp_path / "clip.mp4")
        with pytest.raises(KeyboardInterrupt):
            saver.close()
    assert not saver.saved
    assert "4 frames" in caplog.text
    assert len(list(tmp_path.glob("clip.livepose-*.part.*"))) == 2


def test_half_a_clip_never_has_the_name_of_a_whole_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def check_stop() -> None:
        if len(written) == 4:
            raise SinkError("the disk is full")
        written.append(None)

    written: list[None] = []
    with ClipSaver(METADATA, check_stop=check_stop) as saver, caplog.at_level(logging.WARNING):
        saver.save(kept(8), Style(), tmp_path / "clip.mp4")
        assert result_of(saver) == "saving failed: see the terminal"
    assert not saver.saved and saver.errors == ["the disk is full"]
    assert "4 frames" in caplog.text
    assert len(list(tmp_path.glob("clip.livepose-*.part.*"))) == len(list(tmp_path.iterdir())) == 2
