"""The table of angles: between which lines each is measured, and where it starts to count.

Names and conventions are those of Sports2D (D. Pagnon and H. Kim, "Sports2D: Compute 2D human pose
and angles from a video or a webcam", Journal of Open Source Software 9(101), 6849, 2024), as far as
COCO's 17 keypoints allow. docs/angles.md lists them with the differences.

To add an angle, add a row to `_TABLE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from livepose.analysis.body_points import HORIZON, TRUNK, Segment, keypoints_of
from livepose.core.errors import OptionError
from livepose.core.skeleton import Skeleton


class AngleKind(Enum):
    """How an angle is measured, and which values it takes."""

    FLEXION = "flexion"
    """Between two segments that meet in a joint which bends one way only: 0 (straight) to 180."""
    SWING = "swing"
    """Of a limb against the trunk. In profile it is signed, forward is positive; from the front it
    is 0 to 180, as forward and backward look alike there."""
    SLOPE = "slope"
    """Of a segment against the horizontal, anticlockwise for a person who faces right."""
    TILT = "tilt"
    """Of the line from the right side of the body to the left one against the horizontal: -90 to
    90. In profile there is none."""


@dataclass(frozen=True, slots=True)
class AngleDefinition:
    """One angle: from the line `base` to the line `line`.

    >>> definition = ANGLE_DEFINITIONS["left_knee"]
    >>> definition.base, definition.line
    (('left_hip', 'left_knee'), ('left_knee', 'left_ankle'))
    """

    name: str
    """Such as `left_knee`; the two angles of a pair begin with `left_` and `right_`."""
    kind: AngleKind
    base: Segment
    """Names of the two points where the line that is measured from starts and ends."""
    line: Segment
    """Names of the two points where the line that is measured to starts and ends."""
    title: str
    """For the heading of its plot."""
    reference: str
    """What one of its values means: `0° straight`."""
    first_low_deg: float = -180.0
    """The first value lies within one turn from here: a place that a body hardly ever reaches."""

    @property
    def is_segment(self) -> bool:
        """Whether it is the angle of a segment in the frame, and not of a joint."""
        return self.kind in (AngleKind.SLOPE, AngleKind.TILT)

    @property
    def period_deg(self) -> float:
        """After how many degrees it looks the same again."""
        return 180.0 if self.kind is AngleKind.TILT else 360.0

    @property
    def keypoint(self) -> str:
        """Name of the keypoint that its label belongs to: the nose for what has no side."""
        if not self.name.startswith(("left_", "right_")):
            return "nose"
        return self.line[1] if self.is_segment else self.line[0]

    @property
    def keypoints(self) -> tuple[str, ...]:
        """Names of the keypoints that it is measured from."""
        return keypoints_of((*self.base, *self.line))


_THIGH, _SHANK = ("*_hip", "*_knee"), ("*_knee", "*_ankle")
_ARM, _FOREARM = ("*_shoulder", "*_elbow"), ("*_elbow", "*_wrist")
_FLEXION, _SWING, _SLOPE, _TILT = AngleKind

# A name with * stands for two angles, of the left and of the right side.
_TABLE = (
    # Name, kind, from this line, to that line, title, reference, first_low_deg.
    AngleDefinition("*_knee", _FLEXION, _THIGH, _SHANK, "Knee flexion", "0° straight"),
    AngleDefinition("*_hip", _SWING, TRUNK, _THIGH, "Hip flexion", "0° straight", -120.0),
    AngleDefinition("*_elbow", _FLEXION, _ARM, _FOREARM, "Elbow flexion", "0° straight"),
    AngleDefinition("*_shoulder", _SWING, TRUNK, _ARM, "Shoulder flexion", "0° arm down", -120.0),
    AngleDefinition("*_thigh", _SLOPE, HORIZON, _THIGH, "Thigh", "-90° hangs", -225.0),
    AngleDefinition("*_shank", _SLOPE, HORIZON, _SHANK, "Shank", "-90° upright", -225.0),
    AngleDefinition("*_arm", _SLOPE, HORIZON, _ARM, "Upper arm", "-90° hangs", -225.0),
    AngleDefinition("*_forearm", _SLOPE, HORIZON, _FOREARM, "Forearm", "-90° hangs"),
    AngleDefinition("trunk", _SLOPE, HORIZON, TRUNK[::-1], "Trunk", "90° upright", -135.0),
    AngleDefinition(
        "head", _SLOPE, HORIZON, ("mid_shoulders", "mid_ears"), "Head", "90° upright", -135.0
    ),
    AngleDefinition(
        "shoulders", _TILT, HORIZON, ("right_shoulder", "left_shoulder"),
        "Line of the shoulders", "0° level", -90.0,
    ),
    AngleDefinition(
        "pelvis", _TILT, HORIZON, ("right_hip", "left_hip"), "Line of the hips", "0° level", -90.0
    ),
)  # fmt: skip


def _on_side(definition: AngleDefinition, side: str) -> AngleDefinition:
    (base_start, base_end), (start, end) = definition.base, definition.line
    return replace(
        definition,
        name=definition.name.replace("*", side),
        base=(base_start.replace("*", side), base_end.replace("*", side)),
        line=(start.replace("*", side), end.replace("*", side)),
    )


ANGLE_DEFINITIONS = {
    definition.name: definition
    for row in _TABLE
    for definition in (
        [_on_side(row, side) for side in ("left", "right")] if "*" in row.name else [row]
    )
}
"""Every angle by its name."""
_PAIRS = [name.removeprefix("left_") for name in ANGLE_DEFINITIONS if name.startswith("left_")]
_SINGLE = [name for name in ANGLE_DEFINITIONS if not name.startswith(("left_", "right_"))]


def parse_angles(text: str) -> tuple[str, ...]:
    """Return the full names in a list such as `knee,left_elbow,trunk`, or `all`.

    A name without its side stands for both sides.

    Raises:
        OptionError: If a name is unknown; the message lists the known ones.

    >>> parse_angles("knee, trunk")
    ('left_knee', 'right_knee', 'trunk')
    """
    wanted: set[str] = set()
    for word in (word.strip() for word in text.split(",")):
        if word == "all":
            wanted |= set(ANGLE_DEFINITIONS)
        elif word in ANGLE_DEFINITIONS:
            wanted.add(word)
        elif word in _PAIRS:
            wanted |= {f"left_{word}", f"right_{word}"}
        else:
            raise OptionError(_unknown(word))
    return tuple(name for name in ANGLE_DEFINITIONS if name in wanted)


def find_definitions(names: Sequence[str]) -> tuple[AngleDefinition, ...]:
    """Return the definitions of angles by their full names.

    Raises:
        OptionError: If no name is given, or if one is unknown.
    """
    if not names:
        raise OptionError("no angle is named: give at least one, such as left_knee")
    for name in names:
        if name not in ANGLE_DEFINITIONS:
            raise OptionError(_unknown(name))
    return tuple(ANGLE_DEFINITIONS[name] for name in names)


def check_measurable(names: Sequence[str], skeleton: Skeleton) -> None:
    """Check that a skeleton has the keypoints that angles are measured from.

    Raises:
        OptionError: If it lacks one; the message lists the angles that can be measured.

    >>> from livepose.core.skeleton import COCO_SKELETON
    >>> check_measurable(["left_knee", "trunk"], COCO_SKELETON)
    """
    for definition in find_definitions(names) if names else ():
        missing = [name for name in definition.keypoints if name not in skeleton]
        if missing:
            known = [d.name for d in ANGLE_DEFINITIONS.values() if skeleton.has(d.keypoints)]
            raise OptionError(
                f"{definition.name} cannot be measured: it needs {', '.join(missing)}, which this "
                f"model does not find; it allows {', '.join(known) if known else 'no angles'}"
            )


def _unknown(word: str) -> str:
    if "ankle" in word or "foot" in word:
        return (
            f"{word!r} cannot be measured: it needs a toe, and the model's keypoints end at the "
            "ankle; shank is the slope of the lower leg"
        )
    if word in _PAIRS:
        return f"{word!r} is two angles: give left_{word} or right_{word}"
    known = ", ".join((*_PAIRS, *_SINGLE))
    return (
        f"{word!r} is not an angle: the known ones are {known}, or all; "
        f"{', '.join(_PAIRS)} stand for both sides, left_ or right_ before them for one"
    )
