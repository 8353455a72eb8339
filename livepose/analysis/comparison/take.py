"""Take: one person's movement in one recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from livepose.analysis.angle_definitions import find_definitions
from livepose.analysis.angle_meter import MIN_SCORE, AngleMeter
from livepose.analysis.body_points import BodyPoints
from livepose.core.arrays import BoolArray, Float64Array, FloatArray
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton

JOINT_ANGLES = tuple(
    f"{side}_{joint}"
    for joint in ("knee", "hip", "elbow", "shoulder")
    for side in ("left", "right")
)
"""The angles that are compared unless others are named: those of joints, which do not depend on how
the body or the camera is turned in the image plane."""


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One person over T frames.

    >>> still = np.zeros((1, 17, 2), np.float32)
    >>> poses = Poses.from_keypoints(still, np.ones((1, 17), np.float32))
    >>> take = make_take([(0.0, poses), (0.1, poses)], ["left_knee"])
    >>> len(take), take.xy.shape, take.degrees.shape
    (2, (2, 17, 2), (2, 1))
    """

    time_s: Float64Array
    """(T,) seconds, rising."""
    xy: FloatArray
    """(T, K, 2) float32, pixels of the frame."""
    is_seen: BoolArray
    """(T, K): where the score of a keypoint is high enough."""
    names: tuple[str, ...]
    """A names of angles, such as `left_knee`."""
    degrees: Float64Array
    """(T, A), as they are measured everywhere; NaN where not seen."""
    turn_deg: Float64Array
    """(T, A), the same angles for comparisons: those of joints anticlockwise in the frame from -180
    to 180, whichever way the person faces, so that a knee that is straight can differ from one that
    is bent in both directions alike."""
    skeleton: Skeleton = COCO_SKELETON

    def __len__(self) -> int:
        """Return T, the number of frames."""
        return len(self.time_s)


def make_take(
    frames: Iterable[tuple[float, Poses]],
    names: Sequence[str] = JOINT_ANGLES,
    *,
    min_score: float = MIN_SCORE,
) -> Take:
    """Return the person who was seen in most frames, over time.

    Where there is never more than one person in a frame, all are taken for the same one, whatever
    their ids are.

    Args:
        frames: The time in seconds and the people of each frame, in order. Frames whose time is not
            after that of the one before are left out.
        names: The angles that are measured.
        min_score: Keypoints that score less are not seen.

    Raises:
        OptionError: If an angle is unknown, or if the skeleton lacks keypoints that it needs.
    """
    kept: list[tuple[float, Poses]] = []
    for time_s, poses in frames:
        if not kept or time_s > kept[-1][0]:
            kept.append((time_s, poses))
    people = [poses for _, poses in kept]
    skeleton = people[0].skeleton if people else COCO_SKELETON
    chosen = [poses[:1] for poses in people]
    if max(map(len, people), default=0) > 1:
        ids = np.concatenate([poses.track_id for poses in people])
        longest = np.bincount(ids).argmax()
        chosen = [poses[poses.track_id == longest][:1] for poses in people]
    meter = AngleMeter(names, min_score=min_score)
    xy = np.zeros((len(kept), len(skeleton), 2), np.float32)
    score = np.zeros((len(kept), len(skeleton)), np.float32)
    degrees = np.full((len(kept), len(meter.names)), np.nan)
    for row, ((time_s, _), poses) in enumerate(zip(kept, chosen, strict=True)):
        measured = meter(_without_pixels(row, time_s, poses)).angles.degrees
        if len(poses):
            xy[row], score[row], degrees[row] = poses.xy[0], poses.score[0], measured[0]
    is_segment = np.array([definition.is_segment for definition in find_definitions(names)])
    turns = joint_turns(Poses.from_keypoints(xy, score, skeleton), meter.names, min_score)
    return Take(
        time_s=np.array([time_s for time_s, _ in kept], np.float64),
        xy=xy,
        is_seen=score >= min_score,
        names=meter.names,
        degrees=degrees,
        turn_deg=np.where(is_segment, degrees, turns),
        skeleton=skeleton,
    )


def joint_turns(poses: Poses, names: Sequence[str], min_score: float) -> Float64Array:
    """Return angles of joints, anticlockwise in the frame: (N, A), -180 to 180.

    They are NaN where a keypoint is not seen, and for angles that are not of joints.

    Args:
        poses: N people.
        names: Of A angles.
        min_score: Keypoints that score less are not seen.
    """
    points = BodyPoints(poses.skeleton)
    xy, is_seen = points.locate(poses, min_score)
    # As complex numbers, with y up.
    places = xy[..., 0] - 1j * xy[..., 1]
    turns = np.full((len(poses), len(names)), np.nan)
    for column, definition in enumerate(find_definitions(names)):
        if definition.is_segment:
            continue
        base_start, base_end, start, end = map(points.index, (*definition.base, *definition.line))
        turn = (places[:, end] - places[:, start]) * np.conj(
            places[:, base_end] - places[:, base_start]
        )
        is_known = is_seen[:, (base_start, base_end, start, end)].all(axis=1) & (turn != 0)
        turns[:, column] = np.where(is_known, np.degrees(np.angle(turn)), np.nan)
    return turns


def _without_pixels(index: int, time_s: float, poses: Poses) -> PosedFrame:
    frame = Frame(BgrPixels.black(2, 2), index, time_s, 0.0)
    return PosedFrame(frame, poses, Region.letterbox(2, 2), 0.0)
