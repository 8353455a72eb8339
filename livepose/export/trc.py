"""Poses as OpenSim's marker file, with the marker names of Sports2D and Pose2Sim.

x goes right from the left edge of the frame, and z is 0. In metres, y goes up from the ankle of
the foot on the ground. Without a height the scale is unknown: one pixel is one millimetre, a unit
that OpenSim knows, and y goes up from the bottom of the frame. In a file that is called
`NAME_px.trc` the unit is px and y goes down from the top, as in Sports2D, which loads it by that
name; OpenSim's inverse kinematics refuses that unit.

The keypoints are followed by the middles of the shoulders, `Neck`, and of the hips, `Hip`. The
fields of an unknown marker are empty, but for the last field of a row, which is 0: OpenSim 4.6
takes that for a gap too, and rejects a row that ends in an empty field.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton
from livepose.export.metadata import ExportOptions, RecordingMetadata, describe
from livepose.export.opensim import PADDING, OpenSimExporter, pad_header, person_keys, rows_of_width
from livepose.export.text_exporter import whole_lines
from livepose.system.files import readable_name

_HEAD_LINES = 5
_NUMBERS_LENGTH = 80
_VISIBLE, _HIDDEN = "\t%.3f\t%.3f\t0", "\t%.0s\t%.0s\t"
_LAST_HIDDEN = f"{_HIDDEN}0"
_MIDDLES = {"neck": ("left_shoulder", "right_shoulder"), "hip": ("left_hip", "right_hip")}
"""Markers in the middle of two keypoints, of skeletons that lack them."""
_EYES_TO_ANKLES = 0.936 - 0.039
"""Over a body's height (D. A. Winter, Biomechanics and Motor Control of Human Movement, 2009)."""
_TRUNK = (("left_eye", "right_eye"), ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
_LEGS = (("left_hip", "left_knee", "left_ankle"), ("right_hip", "right_knee", "right_ankle"))
_BODY = tuple(dict.fromkeys(name for names in (*_TRUNK, *_LEGS) for name in names))
"""The keypoints that a body is measured from."""


def marker_names(skeleton: Skeleton) -> list[str]:
    """Return the keypoints' names as Pose2Sim writes them: `Nose`, `LEye`, `RBigToe`.

    >>> from livepose.core.skeleton import COCO_SKELETON
    >>> marker_names(COCO_SKELETON)[:3]
    ['Nose', 'LEye', 'REye']
    """
    names = []
    for name in skeleton.names:
        side, _, rest = name.partition("_")
        has_side = side in ("left", "right") and rest
        words = rest.split("_") if has_side else name.split("_")
        names.append((side[0].upper() if has_side else "") + "".join(w.capitalize() for w in words))
    return names


class TrcFile(OpenSimExporter):
    """`Frame#`, `Time`, then X, Y and Z of each marker; one file for each person.

    A file gets metres only at the end, when the scale is known; until then, and after a run that
    was killed, its unit is mm, with a pixel for each. The scale is that of the person who is seen
    in most frames from the eyes to the ankles, and applies to everybody.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the first person's file.

        Raises:
            OptionError: If metres are asked for, and the skeleton lacks a keypoint between the eyes
                and the ankles.
            TargetExists: If a file exists and may not be replaced.
            SinkError: If it cannot be written.
        """
        skeleton = recording.skeleton
        missing = [name for name in _BODY if name not in skeleton]
        if options.height_m is not None and missing:
            raise OptionError(
                f"{path} cannot be in metres: they are measured from the eyes to the ankles, and "
                f"this model finds no {missing[0]}; leave the height out to have pixels"
            )
        self._body = np.array([skeleton.index(name) for name in _BODY if not missing], np.intp)
        self._ankles = [skeleton.index(names[-1]) for names in _LEGS if not missing]
        self._measured: dict[int, _BodySize] = {}
        self._lacks_scale = False
        self._is_in_pixels = path.stem.lower().endswith("_px")
        self._unit = "px" if self._is_in_pixels else "mm"
        middles = {
            name: pair
            for name, pair in _MIDDLES.items()
            if name not in skeleton and skeleton.has(pair)
        }
        self._marker_names = marker_names(skeleton) + [name.capitalize() for name in middles]
        self._pairs = np.array(
            [[skeleton.index(name) for name in pair] for pair in middles.values()], np.intp
        ).reshape(-1, 2)
        super().__init__(path, recording, options)

    @property
    def unknown(self) -> str:
        return "\t" * (3 * len(self._marker_names)) + "0"

    def header(self, path: Path, row_count: int) -> bytes:
        rate = f"{self.frame_rate:.10g}"
        names = self._marker_names
        numbers = (rate, rate, row_count, len(names), self._unit, rate, 0, row_count)
        axes = (f"{axis}{number}" for number in range(1, len(names) + 1) for axis in "XYZ")
        values = "\t".join(map(str, numbers))
        items = describe(self._recording, self._unit).items()
        described = "; ".join([f"{name}: {value}" for name, value in items])
        lines = (
            f"PathFileType\t4\t(X/Y/Z)\t{readable_name(path.name)}\t{described}{PADDING}",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits"
            "\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
            values,
            "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\t",
            "\t\t" + "\t".join(axes),
            "",
        )
        text = "\n".join(lines)
        return pad_header(text, len(text) - len(values) + _NUMBERS_LENGTH)

    def row_start(self, index: int, time_s: float) -> str:
        return f"{index}\t{time_s:.6f}"

    def values_of(self, posed: PosedFrame) -> list[str]:
        poses = posed.poses
        if not len(poses):
            return []
        visible = poses.visible(self._options.min_score)
        if self._options.height_m is not None:
            self._measure(posed, visible)
        xy = np.concatenate((poses.xy, poses.xy[:, self._pairs].mean(axis=2)), axis=1)
        visible = np.concatenate((visible, visible[:, self._pairs].all(axis=2)), axis=1)
        if not self._is_in_pixels:
            xy = xy * (1, -1) + (0, self._recording.info.height_px)
        places = xy.reshape(len(poses), 2 * len(self._marker_names)).tolist()
        return [
            _row_template(flags) % tuple(values)
            for flags, values in zip(visible.tolist(), places, strict=True)
        ]

    def close(self) -> None:
        """Finish the files, in metres if they are asked for.

        Raises:
            SinkError: If they cannot be written, or if nobody was seen from the eyes to the ankles:
                then they stay without scale.
        """
        super().close()
        if self._lacks_scale:
            self._lacks_scale = False
            raise SinkError(
                f"{self._path} has no scale: nobody was seen from the eyes to the ankles, "
                "from which metres are measured; leave the height out to have pixels"
            )

    def finish(self) -> None:
        if self._options.height_m is not None and self._files:
            self._convert_to_metres(self._options.height_m)

    def _measure(self, posed: PosedFrame, visible: BoolArray) -> None:
        lengths_px = body_lengths(posed.poses)
        is_whole = np.asarray(visible[:, self._body].all(axis=1))
        for row, key in enumerate(person_keys(posed)):
            if is_whole[row]:
                size = self._measured.setdefault(key, _BodySize())
                size.lengths_px.append(lengths_px[row])
                size.floors_px.append(posed.poses.xy[row, self._ankles, 1].max())

    def _convert_to_metres(self, height_m: float) -> None:
        if not self._measured:
            self._lacks_scale = True
            return
        size = max(self._measured.values(), key=lambda each: len(each.lengths_px))
        metres_per_px = height_m * _EYES_TO_ANKLES / median(size.lengths_px)
        floor_px = median(size.floors_px)
        self._unit = "m"
        for file in self._growing_files():
            with (
                file.rewriting() as part,
                file.part_path.open(encoding="utf-8") as old,
                part.open("wb") as new,
            ):
                header = [next(old) for _ in range(_HEAD_LINES)]
                new.write(self.header(file.path, int(header[2].split("\t")[2])))
                for row in old:
                    frame, time_s, *values = row.rstrip("\n").split("\t")
                    px = np.array([value or "nan" for value in values], np.float64).reshape(-1, 3)
                    if not self._is_in_pixels:
                        px = px * (1, -1, 1) + (0, self._recording.info.height_px, 0)
                    metres = (px * (1, -1, 1) + (0, floor_px, 0)) * metres_per_px
                    fields = [
                        "" if value != value else f"{value:.5f}"
                        for value in metres.ravel().tolist()
                    ]
                    new.write(("\t".join((frame, time_s, *fields)) + "\n").encode())


def repair_trc(part: Path, target: Path) -> int:
    """Copy the rows of a part that are whole, with their number; return how many there are."""
    lines = list(whole_lines(part))
    head, rows = lines[:_HEAD_LINES], lines[_HEAD_LINES:]
    if not rows:
        return 0
    rows = rows_of_width(rows, rows[0].count(b"\t"))
    numbers = head[2].rstrip(b"\n").split(b"\t")
    numbers[2] = numbers[7] = str(len(rows)).encode()
    head[2] = b"\t".join(numbers) + b"\n"
    target.write_bytes(b"".join(head + rows))
    return len(rows)


def _row_template(is_visible: Sequence[bool]) -> str:
    """Return the template of a row's values, of markers that are visible or not."""
    *flags, last = is_visible
    markers = [_VISIBLE if flag else _HIDDEN for flag in flags]
    return "".join((*markers, _VISIBLE if last else _LAST_HIDDEN))


def body_lengths(poses: Poses) -> FloatArray:
    """Return the lengths from the eyes over the shoulders, hips and knees to the ankles: (N,) px.

    A bent body is as long as an upright one, except for what points at the camera.
    """
    skeleton = poses.skeleton
    trunk_rows = np.array([[skeleton.index(name) for name in pair] for pair in _TRUNK])
    leg_rows = np.array([[skeleton.index(name) for name in leg] for leg in _LEGS])
    middles = poses.xy[:, trunk_rows].mean(axis=2)
    trunk = np.linalg.norm(np.diff(middles, axis=1), axis=2).sum(axis=1)
    legs = np.linalg.norm(np.diff(poses.xy[:, leg_rows], axis=2), axis=3).sum(axis=2)
    return np.asarray(trunk + legs.mean(axis=1), np.float32)


class _BodySize:
    """What was measured of one person, frame by frame."""

    def __init__(self) -> None:
        self.lengths_px = array("d")
        """From the eyes to the ankles."""
        self.floors_px = array("d")
        """The y of the lower ankle."""
