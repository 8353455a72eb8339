"""What a page gets of a run and of each frame, as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import orjson

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.colors import Bgr
from livepose.core.frame import PosedFrame, StreamInfo, SubjectState
from livepose.core.overlays import Ghost
from livepose.core.skeleton import Skeleton, keypoint_indices
from livepose.core.viewer_state import ViewerState
from livepose.draw import Style
from livepose.draw.guides import Guides, plumb_lines
from livepose.session.transport import SPEEDS
from livepose.web.panel_content import counter_content, curves_content


def introduction(
    info: StreamInfo,
    model: str,
    skeleton: Skeleton,
    actions: Sequence[str],
    angle_names: Sequence[str],
    *,
    has_labels: bool,
) -> bytes:
    """Return what a page gets once.

    Args:
        info: Of the source.
        model: Its name.
        skeleton: Of the poses.
        actions: The names of what can be done.
        angle_names: Of the angles that each person has.
        has_labels: Whether the run has labels of angles, which are shown at first.
    """
    return orjson.dumps(
        {
            "source": info.name,
            "is_live": info.is_live,
            "model": model,
            "keypoints": skeleton.names,
            "bones": skeleton.bones,
            "actions": sorted(actions),
            "angles": angle_names,
            "has_labels": has_labels,
            "speeds": SPEEDS,
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class FrameContent:
    """What a page gets of a frame; places are in pixels of the frame, not mirrored."""

    posed: PosedFrame
    """The frame and its poses."""
    state: ViewerState
    """The figures and switches of the viewer."""
    style: Style
    """The colours, and which keypoints are not drawn."""
    meter: AngleMeter | None = None
    """What measures the angles; None if the frame has them."""

    def to_json(self) -> bytes:
        """Return it as JSON; it is called in the order of the frames, but not for all of them."""
        posed = self.posed
        degrees = posed.angles.figures
        if self.meter is not None and len(posed.poses):
            # No median: not all frames are measured, and those of an editor in any order.
            degrees = self.meter(posed).angles.degrees
        frame, poses, overlays, style = posed.frame, posed.poses, posed.overlays, self.style
        scores = poses.score
        if style.hidden:
            scores = scores.copy()
            scores[:, keypoint_indices(poses.skeleton, style.hidden)] = 0
        people = []
        for row, track_id in enumerate(poses.track_id.tolist()):
            number = overlays.color_number(track_id) or row + 1
            people.append(
                {
                    "id": track_id,
                    "xy": np.round(poses.xy[row], 1).ravel(),
                    "scores": np.round(scores[row], 2),
                    "box": np.round(poses.box[row]),
                    "is_chosen": track_id == overlays.chosen_id,
                    "color": _css(style.colors.box(number)),
                    "colors": _css_colors(style, poses.skeleton, number),
                    "angles": degrees[row] if row < len(degrees) else [],
                }
            )
        content: dict[str, object] = {
            "index": frame.index,
            "time_s": frame.time_s,
            "width_px": frame.width_px,
            "height_px": frame.height_px,
            "line_px": style.thickness.line_px((frame.width_px, frame.height_px)),
            "is_lost": posed.subject_state is SubjectState.LOST,
            "people": people,
            "labels": [
                (label.text, round(label.x_px), round(label.y_px)) for label in overlays.labels
            ],
            "trails": [
                (_css(style.colors.box(overlays.color_number(trail.track_id))), _points(trail.xy))
                for trail in overlays.trails
            ],
            "ghosts": [_ghost_bones(ghost, poses.skeleton) for ghost in overlays.ghosts],
            "plumb_px": [],
            "counter": None,
            "curves": None,
            "state": self.state,
        }
        if self.state.guides != Guides.NONE.value and not self.state.is_painted:
            content["plumb_px"] = list(plumb_lines(poses, self.state.min_score))
        if overlays.counter is not None:
            frame_px = frame.width_px, frame.height_px
            content["counter"] = counter_content(
                overlays.counter, frame_px, is_mirrored=style.mirror
            )
        if overlays.curves is not None:
            content["curves"] = curves_content(overlays.curves)
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def _ghost_bones(ghost: Ghost, skeleton: Skeleton) -> list[tuple[list[float], str]]:
    """Return both ends and the colour of each bone of a ghost."""
    from livepose.draw.ghost import bone_colors, drawn_bones  # for the few runs that have one

    bones = drawn_bones(ghost, skeleton)
    colors = bone_colors(ghost, skeleton, bones)
    ends = ghost.xy[bones].reshape(-1, 4).round(1).tolist()
    return [(each, _css(color)) for each, color in zip(ends, colors, strict=True)]


def _points(xy: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[list[float] | None]:
    """Return points as pairs; None where one is not known."""
    return [None if math.isnan(x) else [round(x, 1), round(y, 1)] for x, y in xy.tolist()]


@lru_cache(maxsize=64)
def _css_colors(style: Style, skeleton: Skeleton, number: int) -> tuple[list[str], list[str]]:
    """Return the colours of a person's bones and of their keypoints."""
    bones = [_css(each) for each in style.colors.bones(skeleton, number)]
    return bones, [_css(each) for each in style.colors.keypoints(skeleton, number)]


def _css(color: Bgr) -> str:
    blue, green, red = color
    return f"#{red:02x}{green:02x}{blue:02x}"
