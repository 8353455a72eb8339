"""Replay: poses that were saved before, in the place of a network."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import islice
from math import ceil
from pathlib import Path

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import MotionStep, PoseEstimator, Source
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.export.jsonl_reader import FrameRecord, RecordPlace, read_records
from livepose.export.pose_file import PoseFile
from livepose.motion.step_chain import StepChain
from livepose.sources import STANDARD_INPUT, open_video
from livepose.sources.sequence import is_sequence

_log = logging.getLogger(__name__)

_SAME_TIME_S = 1e-3
"""By so much the time of a frame may differ: the same clip in a `.mkv` has whole milliseconds."""
_COUNT_TOLERANCE = 2
"""So many frames more or less may be an estimate of the same clip in another container."""
_COMPARED_FRAMES = 10
"""By the times of so many it is seen whether a clip in another container is the same one."""
_COMPARED_S = 2.0
"""Where the rates differ, by those of so long: 29.97 is one millisecond off 30 after a second."""
_MAX_GAP_S = 2.0
"""Behind a longer gap in time, nobody is followed on: as at scene cuts."""


class ReplayEstimator(PoseEstimator):
    """Returns for each frame the poses that a recording has for it."""

    def __init__(
        self, recording: PoseFile, steps: Sequence[MotionStep] = (), in_flight: int = 1
    ) -> None:
        """Begin at the first frame of a recording.

        `preprocess` raises SourceError if a line of it is damaged, or if it was made of another
        clip.

        Args:
            recording: The poses.
            steps: Applied to each result, in this order.
            in_flight: How many frames may be preprocessed before the first of them is updated.
        """
        self.metadata, self._recording = recording.metadata, recording
        self._bookmarks: list[RecordPlace] = []
        self._records = read_records(recording, bookmarks=self._bookmarks)
        self._path = recording.path
        self._has_reported_gap = False
        self._last: Frame | None = None
        self._leaps: set[int] = set()
        """Frames in hand that do not go on from the one before them."""
        self._steps = StepChain(steps)
        self._in_flight = in_flight
        self._next: FrameRecord | None = None
        # Filled by `preprocess`, emptied by `infer`: one entry per frame, which no threads share.
        self._in_hand: dict[int, FrameRecord] = {}

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def preprocess(self, frame: Frame) -> PreparedInput:
        """Find the frame's record. There is no input, as there is no network."""
        last, self._last = self._last, frame
        if last is not None and frame.index != last.index + 1:
            if frame.index <= last.index:
                self._go_back(frame.index)
            if not 0 < frame.time_s - last.time_s <= _MAX_GAP_S:
                self._leaps.add(frame.index)
        record = self._record_of(frame.index)
        if record is None:
            self._report_gap(frame.index)
            region = Region.letterbox(frame.width_px, frame.height_px)
        else:
            if not _is_same_time(record, frame):
                raise SourceError(_other_time(self._path, "this clip", record, frame))
            region = record.region
            self._in_hand[frame.index] = record
        return PreparedInput(region, ())

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        record = self._in_hand.pop(frame.index, None)
        if record is None:
            posed = PosedFrame(frame, Poses.empty(self.metadata.skeleton), prepared.region, 0.0)
        else:
            posed = record.with_frame(frame)
        if frame.index not in self._leaps:
            return posed
        self._leaps.remove(frame.index)
        return replace(posed, is_scene_start=True)

    def update(self, posed: PosedFrame) -> PosedFrame:
        return self._steps(posed)

    def _report_gap(self, index: int) -> None:
        """Warn once that a frame has no line, which those without people have too."""
        if not self._has_reported_gap:
            self._has_reported_gap = True
            _log.warning(
                "%s has no line for frame %d: frames that are missing there get no skeletons",
                self._path,
                index,
            )

    def _go_back(self, index: int) -> None:
        """Read on from the last bookmark before a frame, or from the first record."""
        start = next((each for each in self._bookmarks[::-1] if each.index <= index), None)
        self._records = read_records(self._recording, start, self._bookmarks)
        self._next = None

    def _record_of(self, index: int) -> FrameRecord | None:
        # Nothing is read ahead: an error in a line is no error of a frame before it.
        if self._next is None or self._next.index < index:
            self._next = next((record for record in self._records if record.index >= index), None)
        if self._next is None or self._next.index > index:
            return None
        record, self._next = self._next, None
        return record


class BlankFrames(Source):
    """The frames of a recording in black: where nothing is painted, the clip is not read."""

    def __init__(self, recording: PoseFile) -> None:
        self._records = read_records(recording)
        self._info = replace(recording.metadata.info, is_live=False)

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        black = BgrPixels.black(self._info.width_px, self._info.height_px)
        for record in self._records:
            yield Frame(black, record.index, record.time_s, time.perf_counter())

    def close(self) -> None:
        """Nothing is held."""


def open_recorded_clip(clip: Path, recording: PoseFile, *, reports: bool = True) -> Source:
    """Open the part of a clip that a recording was made of.

    Args:
        clip: The video.
        recording: The poses that were found in it.
        reports: Whether what is unusual about a video is logged, and damage is reported at the end.
            Not for one that is read a second time.

    Raises:
        SourceError: If the clip cannot be read, or if their frames differ in size or rate.
    """
    start_s, end_s, rate = recorded_part(clip, recording)
    with ExitStack() as stack:
        source = stack.enter_context(
            open_video(clip, start_s, end_s, frame_rate=rate, reports=reports)
        )
        check_source_clip(clip, source.info, recording)
        stack.pop_all()
    return source


def recorded_part(clip: Path, recording: PoseFile) -> tuple[float, float | None, float | None]:
    """Return from when to when a clip was recorded, in seconds, and the rate of a sequence.

    Args:
        clip: The video.
        recording: The poses that were found in it.
    """
    metadata = recording.metadata
    start_s, end_s = (float(metadata.settings.get(key, 0.0)) for key in ("start_s", "end_s"))
    recorded_rate = metadata.info.frame_rate
    rate = float(recorded_rate) if recorded_rate and is_sequence(clip) else None
    return start_s, end_s or None, rate


def check_source_clip(clip: Path, info: StreamInfo, recording: PoseFile) -> None:
    """Check that a clip can be the one that poses were found in.

    Frames of another size or at other times are an error. A warning is logged where the clip has
    more or fewer frames; its name and its container may be others.

    Args:
        clip: The video.
        info: Of the part of it that was recorded.
        recording: The poses.

    Raises:
        SourceError: If its frames are not as large as those of the recording, or if one of the
            first is at another time.
    """
    recorded = recording.metadata.info
    if (recorded.width_px, recorded.height_px) != (info.width_px, info.height_px):
        raise SourceError(
            f"{recording.path} does not belong to {clip}: its frames are {recorded.width_px} x "
            f"{recorded.height_px} px, the clip's {info.width_px} x {info.height_px} px"
        )
    if clip != STANDARD_INPUT:  # which can be read only once
        _check_first_times(clip, info, recording)
    settings = recording.metadata.settings
    wanted = int(settings.get("clip_frames", 0)) or recorded.frame_count
    found = info.frame_count
    if wanted is None or found is None:
        return
    if "clip_frames" not in settings and (max_frames := int(settings.get("max_frames", 0))):
        # Up to there it was read; how long it was is not known.
        found = min(found, max_frames)
    if abs(found - wanted) > _COUNT_TOLERANCE:
        _log.warning(
            "%s may not belong to %s: its poses were found in %s of %d frames, and the clip has %d",
            recording.path,
            clip,
            recorded.name,
            wanted,
            info.frame_count,
        )


def _check_first_times(clip: Path, info: StreamInfo, recording: PoseFile) -> None:
    """Check that the first frames of a clip are at the same times as in the recording.

    The rate alone does not tell: the same clip may have another one in another container.

    Args:
        clip: The video.
        info: Of the part of it that was recorded.
        recording: The poses.

    Raises:
        SourceError: If one is at another time.
    """
    rate, recorded_rate = info.frame_rate, recording.metadata.info.frame_rate
    has_other_rate = bool(rate and recorded_rate and rate != recorded_rate)
    count = _COMPARED_FRAMES
    if rate and has_other_rate:
        count = max(count, ceil(_COMPARED_S * rate))
    records: dict[int, FrameRecord] = {}
    with suppress(SourceError):  # a damaged line is an error of its own frame
        for record in islice(read_records(recording), count):
            records[record.index] = record
    start_s, end_s, sequence_rate = recorded_part(clip, recording)
    with open_video(clip, start_s, end_s, frame_rate=sequence_rate, reports=False) as source:
        for frame in islice(source, count):
            recorded = records.get(frame.index)
            if recorded is None or _is_same_time(recorded, frame):
                continue
            if rate and recorded_rate and has_other_rate:
                raise SourceError(
                    f"{recording.path} does not belong to {clip}: its poses were found at "
                    f"{float(recorded_rate):.6g} frames per second, and the clip has "
                    f"{float(rate):.6g}"
                )
            raise SourceError(_other_time(recording.path, str(clip), recorded, frame))


def _is_same_time(record: FrameRecord, frame: Frame) -> bool:
    return abs(record.time_s - frame.time_s) <= _SAME_TIME_S


def _other_time(recording: Path, clip: str, record: FrameRecord, frame: Frame) -> str:
    """Return the message for a frame that is not at the time at which it was recorded."""
    return (
        f"{recording} does not belong to {clip}: frame {frame.index} is at {record.time_s:.4f} s "
        f"there, and at {frame.time_s:.4f} s in the clip"
    )
