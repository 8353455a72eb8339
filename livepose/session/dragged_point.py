"""DraggedPoint: the point that the user of an editor has in hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.analysis.joint_reading import joint_at
from livepose.core.poses import Poses
from livepose.export.pose_edits import FrameRange, MovePoint


class DraggedPoint:
    """A point of one frame from when it is grabbed to when it is dropped; or none.

    >>> xy, score = np.full((1, 17, 2), 40, np.float32), np.ones((1, 17), np.float32)
    >>> poses = Poses.from_keypoints(xy, score)
    >>> point = DraggedPoint()
    >>> point.grab(poses, (41.0, 40.0), frame=3, reach_px=6.0, min_score=0.3)
    0
    >>> point.move(60.0, 50.0)
    >>> point.apply(poses)["nose"].tolist(), str(point.drop(poses)), point.drop(poses)
    ([[60.0, 50.0, 1.0]], 'move:3:0:nose:60.0,50.0', None)
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._edit: MovePoint | None = None
        """The edit that it becomes if it is dropped."""

    def grab(
        self,
        poses: Poses,
        place: tuple[float, float],
        *,
        frame: int,
        reach_px: float,
        min_score: float,
    ) -> int | None:
        """Take the point that is nearest to a place in hand, and none if all are too far away.

        Args:
            poses: Of the frame, after all edits.
            place: In pixels of the frame.
            frame: Its number.
            reach_px: How far away the point may be.
            min_score: Points with a lower score cannot be grabbed.

        Returns:
            The id of the person whose point it is; None without a point.
        """
        self._edit = None
        joint = joint_at(poses, *place, reach_px=reach_px, min_score=min_score)
        if joint is None:
            return None
        row, column = joint
        person, name = int(poses.track_id[row]), poses.skeleton.names[column]
        self._edit = MovePoint(FrameRange(frame, frame), person, name, *poses.xy[joint].tolist())
        return person

    def move(self, x_px: float, y_px: float) -> None:
        """Take the point along to a place, if there is one."""
        if self._edit is not None:
            self._edit = replace(self._edit, x_px=float(x_px), y_px=float(y_px))

    def apply(self, poses: Poses) -> Poses:
        """Return poses with the point where it is held."""
        return poses if self._edit is None else self._edit.apply(poses)

    def drop(self, poses: Poses) -> MovePoint | None:
        """Let the point go where it is held.

        Args:
            poses: Of the frame, after all edits before this one.

        Returns:
            The edit; None if the point is where it was, or if there is none.
        """
        edit, self._edit = self._edit, None
        if edit is None:
            return None
        places = poses[edit.keypoint][poses.track_id == edit.person, :2]
        is_moved = bool((places != np.array((edit.x_px, edit.y_px), np.float32)).any())
        return edit if is_moved else None

    def put_back(self) -> None:
        """Let the point go back to where it was."""
        self._edit = None
