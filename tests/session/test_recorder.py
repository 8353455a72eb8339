"""Recordings of a run: each has the quality that was asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from livepose.core.frame import Frame, StreamInfo
from livepose.session.recorder import Recorder
from livepose.sinks import Quality
from livepose.system.pyav import av
from tests.support.encoding import FILE, SIZE_PX, figure_frames, write_video

LIVE = StreamInfo("camera 0", *SIZE_PX, True, Fraction(30))


@pytest.fixture(scope="module")
def figure() -> list[Frame]:
    return figure_frames()


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def recorded(target: Path, frames: list[Frame], info: StreamInfo, quality: Quality) -> Path:
    with Recorder(info, quality) as recorder:
        recorder.start(target)
        for frame in frames:
            recorder.write(frame)
    assert recorder.saved == [target]
    return target


@pytest.mark.parametrize("info", [FILE, LIVE], ids=["a file", "a camera"])
@pytest.mark.parametrize("quality", list(Quality))
def test_a_recording_has_the_quality_that_was_asked_for(
    info: StreamInfo, quality: Quality, figure: list[Frame], tmp_path: Path
) -> None:
    made = recorded(tmp_path / "made.mp4", figure, info, quality)
    wanted = write_video(tmp_path / "wanted.mp4", figure, quality, info, uses_hardware=True)
    assert packets_of(made) == packets_of(wanted)


def test_every_recording_of_a_run_has_its_quality(figure: list[Frame], tmp_path: Path) -> None:
    targets = [tmp_path / "first.mp4", tmp_path / "second.mp4"]
    with Recorder(LIVE, Quality.SMALL) as recorder:
        for target in targets:
            recorder.start(target)
            for frame in figure:
                recorder.write(frame)
            assert recorder.stop() == target
    first, second = (packets_of(target) for target in targets)
    assert first == second
