"""Poses as OpenSim's marker file, in the way of Sports2D and Pose2Sim, under their names.

In pixels, x goes right and y down from the top left corner of the frame, as in Sports2D's
`NAME_px.trc` (which it loads if it is called so). In metres, x goes right from the left edge of the
frame and y up from the ankle of the foot that stands. z is 0.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from pathlib import Path
from statistics import median

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT, KEYPOINT_NAMES
from livepose.export.metadata import RecordingMetadata
from livepose.export.opensim import PersonFiles, keys_of, padded
from livepose.system.files import write_error

_MARK = "\0"
_NUMBERS_LENGTH = 80
_SEEN, _UNSEEN = "\t%.3f\t%.3f\t0", "\tnan%.0s\tnan%.0s\tnan"
_EYES_TO_ANKLES = 0.936 - 0.039
"""Over a body's height (D. A. Winter, Biomechanics and Motor Control of Human Movement, 2009)."""
_MIDDLES = np.array([(1, 2), (5, 6), (11, 12)])
"""Eyes, shoulders, hips."""
_LEGS = np.array([(11, 13, 15), (12, 14, 16)])
_MEASURED = np.array(sorted({*_MIDDLES.ravel().tolist(), *_LEGS.ravel().tolist()}))
_ANKLES = _LEGS[:, 2]


def marker_names() -> list[str]:
    """Call the keypoints as Pose2Sim does: `Nose`, `LEye`, `REye`, `LShoulder`, ..."""
    names = []
    for name in KEYPOINT_NAMES:
        side, _, part = name.rpartition("_")
        names.append(side[:1].upper() + part.capitalize())
    return names


class TrcFile(PersonFiles):
    """`Frame#`, `Time`, then X, Y and Z of each marker; one file a person.

    In metres it is only at the end, when the scale is known; until then, and where a run is killed,
    its unit is px. The scale is taken from the one who is most often seen from the eyes to the
    ankles, and goes for everybody.
    """

    def __init__(
        self,
        path: Path,
        recording: RecordingMetadata,
        *,
        min_score: float,
        overwrite: bool,
        height_m: float | None = None,
        flush_s: float = 5.0,
    ) -> None:
        """Make the file.

        Args:
            path: of the first person.
            recording: whose frames.
            min_score: a point that scores less is unknown.
            overwrite: replace what is there.
            height_m: of the body; without it, the file is in pixels.
            flush_s: how often it grows.

        Raises:
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        self._min_score = min_score
        self._height_m = height_m
        self._bodies: dict[int, _Body] = {}
        self._unit = "px"
        super().__init__(path, recording, 3 * KEYPOINT_COUNT, overwrite=overwrite, flush_s=flush_s)

    def header_of(self, path: Path, row_count: int) -> bytes:
        rate = f"{self.frame_rate:.10g}"
        numbers = (rate, rate, row_count, KEYPOINT_COUNT, self._unit, rate, 0, row_count)
        names = marker_names()
        axes = (f"{axis}{number}" for number in range(1, len(names) + 1) for axis in "XYZ")
        values = "\t".join(map(str, numbers))
        lines = (
            f"PathFileType\t4\t(X/Y/Z)\t{path.name}{_MARK}",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits"
            "\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
            values,
            "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\t",
            "\t\t" + "\t".join(axes),
            "",
        )
        text = "\n".join(lines)
        return padded(text, _MARK, len(text) - len(values) + _NUMBERS_LENGTH)

    def row_start(self, index: int, time_s: float) -> str:
        return f"{index}\t{time_s:.6f}"

    def values_of(self, posed: PosedFrame) -> list[str]:
        seen = posed.poses.visible(self._min_score)
        if self._height_m is not None:
            self._measure(posed, seen)
        return [
            "".join([_SEEN if is_seen else _UNSEEN for is_seen in flags]) % tuple(values)
            for flags, values in zip(
                seen.tolist(),
                posed.poses.xy.reshape(-1, 2 * KEYPOINT_COUNT).tolist(),
                strict=True,
            )
        ]

    def close(self) -> None:
        """Finish the files, in metres if they are to be so.

        Raises:
            SinkError: they cannot be written; or nobody was seen from head to foot, and they stay
                in pixels.
        """
        if self._is_closed:
            return
        super().close()
        if self._height_m is not None and self.paths:
            self._to_metres(self._height_m)

    def _measure(self, posed: PosedFrame, seen: BoolArray) -> None:
        lengths_px = lengths_of(posed.poses)
        is_whole = np.asarray(seen[:, _MEASURED].all(axis=1))
        for row, key in enumerate(keys_of(posed)):
            if is_whole[row]:
                body = self._bodies.setdefault(key, _Body())
                body.lengths_px.append(lengths_px[row])
                body.floors_px.append(posed.poses.xy[row, _ANKLES, 1].max())

    def _to_metres(self, height_m: float) -> None:
        if not self._bodies:
            raise SinkError(
                f"{self._path} holds pixels: nobody was seen from the eyes to the ankles, "
                "from which metres are measured; leave the height out to have pixels"
            )
        body = max(self._bodies.values(), key=lambda each: len(each.lengths_px))
        metres_a_px = height_m * _EYES_TO_ANKLES / median(body.lengths_px)
        floor_px = median(body.floors_px)
        self._unit = "m"
        for path in self.paths.values():
            self._convert(path, metres_a_px, floor_px)

    def _convert(self, path: Path, metres_a_px: float, floor_px: float) -> None:
        beside = path.with_name(f"{path.name}.part")
        try:
            with path.open(encoding="utf-8") as old, beside.open("wb") as new:
                header = [next(old) for _ in range(5)]
                new.write(self.header_of(path, int(header[2].split("\t")[2])))
                for row in old:
                    frame, time_s, *values = row.split("\t")
                    px = np.array(values, np.float64).reshape(-1, 3)
                    metres = (px * (1, -1, 1) + (0, floor_px, 0)) * metres_a_px
                    fields = [f"{value:.5f}" for value in metres.ravel().tolist()]
                    new.write(("\t".join((frame, time_s, *fields)) + "\n").encode())
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise write_error(path, error) from error


def lengths_of(poses: Poses) -> FloatArray:
    """Measure bodies from the eyes over the shoulders, hips and knees to the ankles.

    A bent body is so as long as an upright one, but for what points at the camera.

    Returns:
        (N,) pixels.
    """
    middles = poses.xy[:, _MIDDLES].mean(axis=2)
    trunk = np.linalg.norm(np.diff(middles, axis=1), axis=2).sum(axis=1)
    legs = np.linalg.norm(np.diff(poses.xy[:, _LEGS], axis=2), axis=3).sum(axis=2)
    return np.asarray(trunk + legs.mean(axis=1), np.float32)


class _Body:
    """What was measured of a person, frame by frame."""

    def __init__(self) -> None:
        self.lengths_px = array("d")
        self.floors_px = array("d")
