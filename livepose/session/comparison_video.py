"""The video of a comparison: both takes on the clock of the first one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.comparison.difference import Comparison
from livepose.analysis.comparison.take import Take
from livepose.analysis.comparison.torso_fit import TorsoFit
from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import SourceCutShort
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import Source
from livepose.core.overlays import Ghost, Overlays
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Skeleton
from livepose.draw import Style, paint
from livepose.draw.canvas import Canvas
from livepose.draw.ghost import difference_color, paint_joint_rings
from livepose.draw.side_by_side import Caption, side_by_side
from livepose.export.jsonl_reader import FrameRecord, read_records
from livepose.export.pose_file import PoseFile
from livepose.session.recorder import Recorder
from livepose.session.replay import BlankFrames, open_recorded_clip
from livepose.system.interrupts import Interrupts

_STYLE = Style()
_SAME_TIME_S = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class ComparedTake:
    """One of the two takes: where its frames and its poses are."""

    path: Path
    """The clip, or the file of poses itself: then its frames are black."""
    pose_file: PoseFile
    take: Take

    def open(self) -> Source:
        """Open the frames.

        Raises:
            SourceError: If they cannot be read.
        """
        if self.path.suffix.lower() == ".jsonl":
            return BlankFrames(self.pose_file)
        # The run that found the poses has reported what there is to report.
        return open_recorded_clip(self.path, self.pose_file, reports=False)

    def row_at(self, time_s: float) -> int:
        """Return the row of the take that is nearest to a moment."""
        times = self.take.time_s
        after = int(np.searchsorted(times, time_s).clip(0, len(times) - 1))
        before = max(after - 1, 0)
        return before if time_s - times[before] < times[after] - time_s else after


def write_video(
    target: Path,
    a: ComparedTake,
    b: ComparedTake,
    comparison: Comparison,
    *,
    is_overlay: bool,
    overwrite: bool,
    interrupts: Interrupts,
) -> None:
    """Write the part of A that was matched, with B beside it or over it.

    There is no sound: that of B would not fit, as its tempo is changed.

    Args:
        target: The video.
        a: On its clock everything is shown.
        b: The other take.
        comparison: Of both.
        is_overlay: Whether the skeleton of B is laid over A, instead of the two beside each other.
        overwrite: Whether an existing file may be replaced.
        interrupts: Ends it.

    Raises:
        SourceError: If a clip cannot be read.
        SinkError: If the video cannot be written.
        KeyboardInterrupt: If a signal comes; what was written stays beside the target.
    """
    first_s, last_s = comparison.a_s[0] - _SAME_TIME_S, comparison.a_s[-1] + _SAME_TIME_S
    with ExitStack() as stack:
        source = stack.enter_context(a.open())
        info = replace(source.info, path=None, origin_s=0.0, frame_count=None)
        recorder = stack.enter_context(Recorder(info))
        recorder.start(target, overwrite=overwrite)
        moments = _Moments(comparison, a.take.skeleton)
        overlay = _OverlayPainter(a, b) if is_overlay else None
        beside = None if is_overlay else _BesidePainter(stack.enter_context(b.open()), b)
        for posed in _posed_frames(source, a.pose_file):
            if interrupts.received is not None:
                raise KeyboardInterrupt
            if posed.frame.time_s < first_s:
                continue
            if posed.frame.time_s > last_s:
                break
            moment = moments.at(posed.frame.time_s)
            if overlay is not None:
                page = overlay.paint(posed, moment)
            elif beside is not None:
                page = beside.paint(posed, a, moment)
            recorder.write(replace(posed.frame, pixels=BgrPixels(page)))


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """What is known of one moment."""

    a_s: float
    b_s: float
    degrees: FloatArray
    """(K,) by how much the angle at each keypoint differs; NaN where that is unknown."""
    worst: int | None
    """The keypoint of the angle that differs most in the whole take."""
    text: str
    """Of that angle, at this moment."""


class _Moments:
    """Looks up what is known of each moment of A."""

    def __init__(self, comparison: Comparison, skeleton: Skeleton) -> None:
        self._comparison = comparison
        self._keypoints = [
            skeleton.index(ANGLE_DEFINITIONS[name].keypoint) for name in comparison.names
        ]
        self._count = len(skeleton)

    def at(self, time_s: float) -> _Moment:
        comparison = self._comparison
        row = int(np.abs(comparison.a_s - time_s).argmin())
        degrees = np.full(self._count, np.nan, np.float32)
        signed = comparison.difference_deg[row]
        for keypoint, value in zip(self._keypoints, np.abs(signed), strict=True):
            degrees[keypoint] = np.fmax(degrees[keypoint], value)
        worst, text = comparison.worst, "no difference"
        marked: int | None = None
        if worst is not None:
            column = comparison.names.index(worst.name)
            marked = self._keypoints[column]
            value = signed[column]
            # Rounded first, so that there is no -0.
            shown = "not seen" if np.isnan(value) else f"{round(value):+d}°".replace("+0°", "0°")
            text = f"{worst.name.replace('_', ' ')} {shown}"
        b_s = float(np.interp(time_s, comparison.a_s, comparison.b_s))
        return _Moment(time_s, b_s, degrees, marked, text)


class _OverlayPainter:
    """Paints A with the skeleton of B over it."""

    def __init__(self, a: ComparedTake, b: ComparedTake) -> None:
        self._a, self._b = a, b
        self._fit = TorsoFit(a.take.skeleton)

    def paint(self, posed: PosedFrame, moment: _Moment) -> UInt8Array:
        a, b = self._a.take, self._b.take
        row_a, row_b = self._a.row_at(moment.a_s), self._b.row_at(moment.b_s)
        fitted = self._fit(b.xy[row_b], b.is_seen[row_b], a.xy[row_a], a.is_seen[row_a], moment.a_s)
        if fitted is not None:
            ghost = Ghost(fitted, b.is_seen[row_b], moment.degrees)
            posed = replace(posed, overlays=Overlays(ghosts=(ghost,)))
        bgr = _painted(posed, self._a, moment)
        return side_by_side([bgr], [_clocks(moment)], _caption(moment))


class _BesidePainter:
    """Paints A and B beside each other."""

    def __init__(self, source: Source, b: ComparedTake) -> None:
        self._b = b
        self._frames = _posed_frames(source, b.pose_file)
        self._next = next(self._frames, None)
        self._shown = self._next

    def paint(self, posed: PosedFrame, a: ComparedTake, moment: _Moment) -> UInt8Array:
        left = _painted(posed, a, moment)
        shown = self._frame_at(moment.b_s)
        right = left * 0 if shown is None else _painted(shown, self._b, moment)
        texts = [f"A  {_clock(moment.a_s)}", f"B  {_clock(moment.b_s)}"]
        return side_by_side([left, right], texts, _caption(moment))

    def _frame_at(self, time_s: float) -> PosedFrame | None:
        """Return the frame of B that is shown at a moment, which is later at each call."""
        while self._next is not None and self._next.frame.time_s <= time_s + _SAME_TIME_S:
            self._shown, self._next = self._next, next(self._frames, None)
        return self._shown


def _painted(posed: PosedFrame, take: ComparedTake, moment: _Moment) -> UInt8Array:
    """Return a frame with its skeletons, and a ring around the joint that differs most."""
    bgr = paint(posed, _STYLE).bgr
    if moment.worst is None:
        return bgr
    row = take.row_at(posed.frame.time_s)
    if not take.take.is_seen[row, moment.worst]:
        return bgr
    canvas = Canvas(BgrPixels(bgr))
    canvas.planes[0][:] = bgr
    is_marked = np.arange(len(moment.degrees)) == moment.worst
    paint_joint_rings(canvas, take.take.xy[row], is_marked, moment.degrees, _STYLE)
    return canvas.planes[0]


def _caption(moment: _Moment) -> Caption:
    if moment.worst is None or np.isnan(moment.degrees[moment.worst]):
        return Caption(moment.text)
    return Caption(moment.text, difference_color(float(moment.degrees[moment.worst])))


def _clocks(moment: _Moment) -> str:
    return f"A  {_clock(moment.a_s)}   B  {_clock(moment.b_s)}"


def _clock(time_s: float) -> str:
    """Return a time as a player shows it.

    >>> _clock(83.456)
    '1:23.46'
    """
    minutes, seconds = divmod(max(time_s, 0.0), 60)
    return f"{int(minutes)}:{seconds:05.2f}"


def _posed_frames(source: Source, pose_file: PoseFile) -> Iterator[PosedFrame]:
    """Yield the frames of a clip with the poses that were found in them.

    A damaged clip ends with its last frame: the run that found its poses has reported that.
    """
    records = read_records(pose_file)
    record: FrameRecord | None = next(records, None)
    frames = iter(source)
    while True:
        try:
            frame = next(frames, None)
        except SourceCutShort:
            return
        if frame is None:
            return
        while record is not None and record.index < frame.index:
            record = next(records, None)
        if record is not None and record.index == frame.index:
            yield record.with_frame(frame)
        else:
            region = Region.letterbox(frame.width_px, frame.height_px)
            yield PosedFrame(frame, Poses.empty(pose_file.metadata.skeleton), region, 0.0)
