"""Replay: poses that were written down, in the place of a network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import MotionStep, PoseEstimator, Source
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, PreparedInput, Region
from livepose.export import FrameRecord, read_jsonl
from livepose.motion.step_chain import StepChain
from livepose.sources import open_video

_SAME_TIME_S = 1e-4


class Replay(PoseEstimator):
    """Gives each frame the poses that were written down for it."""

    def __init__(self, path: Path, steps: Sequence[MotionStep], in_flight: int) -> None:
        """Begin with the first line.

        Args:
            path: of the `.jsonl`.
            steps: what is made of each result, in this order.
            in_flight: how many frames may be begun before the first is done.

        Raises:
            SourceError: it is not a recording; while it is read: it is damaged, or of another clip.
        """
        self.recording, self._lines = read_jsonl(path)
        self._path = path
        self._steps = StepChain(steps)
        self._in_flight = in_flight
        self._next: FrameRecord | None = None
        # Filled by `plan` and emptied by `look`, one entry a frame: no two threads share one.
        self._begun: dict[int, FrameRecord] = {}

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def preprocess(self, frame: Frame) -> PreparedInput:
        line = self._record_of(frame.index)
        if line is None:
            return _without_input(Region.letterbox(frame.width_px, frame.height_px))
        if abs(line.time_s - frame.time_s) > _SAME_TIME_S:
            raise SourceError(
                f"{self._path} is not of this clip: frame {frame.index} is at "
                f"{line.time_s:.3f} s there, and at {frame.time_s:.3f} s in the clip"
            )
        self._begun[frame.index] = line
        return _without_input(line.region)

    def _record_of(self, index: int) -> FrameRecord | None:
        """Give a frame's line. None is read ahead: what is damaged is of no earlier frame."""
        if self._next is None or self._next.index < index:
            self._next = next((line for line in self._lines if line.index >= index), None)
        if self._next is None or self._next.index > index:
            return None
        line, self._next = self._next, None
        return line

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        line = self._begun.pop(frame.index, None)
        if line is None:
            return PosedFrame(frame, Poses.empty(self.recording.skeleton), prepared.region, 0.0)
        return line.with_frame(frame)

    def update(self, posed: PosedFrame) -> PosedFrame:
        return self._steps(posed)


def _without_input(region: Region) -> PreparedInput:
    """Prepare for no network at all."""
    return PreparedInput(region, ModelInput(np.zeros((1, 0, 0, 3), np.uint8), region))


class RecordedFrames(Source):
    """The frames of a recording without their pictures, which are black: for writing data alone."""

    def __init__(self, path: Path) -> None:
        recording, self._lines = read_jsonl(path)
        self._info = replace(recording.info, is_live=False)

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        black = BgrPixels.black(self._info.width_px, self._info.height_px)
        for line in self._lines:
            yield Frame(black, line.index, line.time_s, time.perf_counter())

    def close(self) -> None:
        """Nothing is held."""


def open_recorded(clip: Path, poses: Path, *, needs_pictures: bool) -> Source:
    """Open the frames that poses were written down for.

    Args:
        clip: the video.
        poses: the `.jsonl` that was made of it.
        needs_pictures: False where nothing is painted: the clip is not read then.

    Raises:
        SourceError: one of them cannot be read, or they do not belong together.
    """
    if not needs_pictures:
        return RecordedFrames(poses)
    recording, _ = read_jsonl(poses)
    start_s, end_s = (float(recording.settings.get(key, 0.0)) for key in ("start_s", "end_s"))
    source = open_video(clip, start_s, end_s or None)
    recorded, info = recording.info, source.info
    if (recorded.width_px, recorded.height_px) != (info.width_px, info.height_px):
        source.close()
        raise SourceError(
            f"{poses} is not of {clip}: its frames are {recorded.width_px} x "
            f"{recorded.height_px} px, the clip's {info.width_px} x {info.height_px} px"
        )
    return source
