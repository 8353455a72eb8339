"""Poses as comma-separated values: for spreadsheets, pandas and R.

x and y are pixels of the frame, from its top left corner; angles are degrees. A point that scores
under the threshold has empty x and y and keeps its score; an unknown angle is empty. A frame
without people has no row. `person` is the track's number.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.skeleton import KEYPOINT_NAMES
from livepose.export.metadata import RecordingMetadata
from livepose.export.text_exporter import TextExporter, angles_of

_TIDY_HEADER = b"frame,time_s,person,keypoint,x,y,score,swapped\n"
_ANGLES_HEADER = b"frame,time_s,person,angle,degrees\n"
# A precision of 0 makes nothing of a number: the same values fit a seen point and an unseen one.
_TIDY_SEEN = tuple(f"%s{name},%.2f,%.2f,%.4f,%d\n" for name in KEYPOINT_NAMES)
_TIDY_UNSEEN = tuple(f"%s{name},%.0s,%.0s,%.4f,%d\n" for name in KEYPOINT_NAMES)
_TIDY_ALL_SEEN = "".join(_TIDY_SEEN)
_WIDE_SEEN, _WIDE_UNSEEN = ",%.2f,%.2f,%.4f", ",%.0s,%.0s,%.4f"


class TidyCsv(TextExporter):
    """One row a keypoint: `frame,time_s,person,keypoint,x,y,score,swapped`.

    swapped is 1 where left and right were exchanged.
    """

    def __init__(self, path: Path, *, min_score: float, overwrite: bool) -> None:
        super().__init__(path, _TIDY_HEADER, overwrite=overwrite)
        self._min_score = min_score

    def lines_of(self, posed: PosedFrame) -> bytes:
        poses = posed.poses
        start = _start_of(posed)
        lines = []
        people = zip(
            poses.track_id.tolist(),
            poses.xy.tolist(),
            poses.score.tolist(),
            poses.swapped.tolist(),
            poses.visible(self._min_score).tolist(),
            strict=True,
        )
        for person, xy, scores, swapped, seen in people:
            row = f"{start}{person},"
            values = [
                value
                for (x, y), score, is_swapped in zip(xy, scores, swapped, strict=True)
                for value in (row, x, y, score, is_swapped)
            ]
            lines.append(_tidy_template(seen) % tuple(values))
        return "".join(lines).encode()


class WideCsv(TextExporter):
    """One row a person: `frame,time_s,person,person_score,nose_x,nose_y,nose_score,...`.

    The angles follow, as `left_knee_degrees`.
    """

    def __init__(
        self, path: Path, recording: RecordingMetadata, *, min_score: float, overwrite: bool
    ) -> None:
        columns = ["frame", "time_s", "person", "person_score"]
        columns += [f"{name}_{part}" for name in KEYPOINT_NAMES for part in ("x", "y", "score")]
        columns += [f"{name}_degrees" for name in recording.angle_names]
        super().__init__(path, (",".join(columns) + "\n").encode(), overwrite=overwrite)
        self._min_score = min_score
        self._angle_names = recording.angle_names

    def lines_of(self, posed: PosedFrame) -> bytes:
        poses = posed.poses
        start = _start_of(posed)
        people = zip(
            poses.track_id.tolist(),
            poses.person_score.tolist(),
            poses.xy.tolist(),
            poses.score.tolist(),
            poses.visible(self._min_score).tolist(),
            angles_of(posed, self._angle_names),
            strict=True,
        )
        lines = []
        for person, person_score, xy, scores, seen, degrees in people:
            points = [(x, y, score) for (x, y), score in zip(xy, scores, strict=True)]
            template = "".join([_WIDE_SEEN if is_seen else _WIDE_UNSEEN for is_seen in seen])
            lines.append(f"{start}{person},{person_score:.4f}")
            lines.append(template % tuple(chain.from_iterable(points)))
            lines.extend([f",{angle_text(angle)}" for angle in degrees])
            lines.append("\n")
        return "".join(lines).encode()


class AnglesCsv(TextExporter):
    """One row an angle: `frame,time_s,person,angle,degrees`."""

    def __init__(self, path: Path, recording: RecordingMetadata, *, overwrite: bool) -> None:
        """Make the file.

        Raises:
            OptionError: no angles are measured.
        """
        check_angles(path, recording.angle_names)
        super().__init__(path, _ANGLES_HEADER, overwrite=overwrite)
        self._names = recording.angle_names

    def lines_of(self, posed: PosedFrame) -> bytes:
        start = _start_of(posed)
        people = zip(posed.poses.track_id.tolist(), angles_of(posed, self._names), strict=True)
        return "".join(
            [
                f"{start}{person},{name},{angle_text(angle)}\n"
                for person, degrees in people
                for name, angle in zip(self._names, degrees, strict=True)
            ]
        ).encode()


def check_angles(path: Path, names: tuple[str, ...]) -> None:
    """Say no where a file of angles is asked for and none are measured.

    Raises:
        OptionError: so it is.
    """
    if not names:
        raise OptionError(f"{path} holds joint angles, and none are measured: add --angles")


def angle_text(degrees: float) -> str:
    """Write an angle with two decimals; nothing where it is unknown."""
    return f"{degrees:.2f}" if degrees == degrees else ""


def _start_of(posed: PosedFrame) -> str:
    return f"{posed.frame.index},{posed.frame.time_s:.6f},"


def _tidy_template(seen: list[bool]) -> str:
    if all(seen):
        return _TIDY_ALL_SEEN
    pairs = zip(seen, _TIDY_SEEN, _TIDY_UNSEEN, strict=True)
    return "".join([shown if is_seen else unshown for is_seen, shown, unshown in pairs])
