"""What a user asks for: keys, clicks and choices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Action(Enum):
    """What a key does."""

    QUIT = auto()
    PAUSE = auto()
    STEP = auto()
    MIRROR = auto()
    HUD = auto()
    EXTREMES = auto()
    HELP = auto()
    SCREENSHOT = auto()
    RAISE_THRESHOLD = auto()
    LOWER_THRESHOLD = auto()
    RECORD = auto()
    REPLAY = auto()
    SAVE_CLIP = auto()
    NEXT_PERSON = auto()
    EVERYBODY = auto()
    BACK = auto()
    FORWARD = auto()
    BACK_SECOND = auto()
    FORWARD_SECOND = auto()
    TO_START = auto()
    TO_END = auto()
    FASTER = auto()
    SLOWER = auto()
    LOOP_START = auto()
    LOOP_END = auto()
    LOOP = auto()
    FULL_SCREEN = auto()
    GUIDES = auto()
    BOXES = auto()
    REFRESH = auto()
    """Show again what is shown."""
    SWAP_SIDES = auto()
    SWAP_IDS = auto()
    DELETE = auto()
    DELETE_ALL = auto()
    UNDO = auto()
    REDO = auto()
    SAVE = auto()
    OTHER = auto()
    """A key without a meaning of its own."""


SEEKING = (
    *(Action.BACK, Action.FORWARD, Action.BACK_SECOND, Action.FORWARD_SECOND),
    *(Action.TO_START, Action.TO_END, Action.FASTER, Action.SLOWER),
    *(Action.LOOP_START, Action.LOOP_END, Action.LOOP),
)
"""What only a clip can do that is played."""


@dataclass(frozen=True, slots=True)
class Digit:
    """A key from 1 to 9."""

    number: int


@dataclass(frozen=True, slots=True)
class Click:
    """A click of the left button, in pixels of the frame that the window was given."""

    x_px: int
    y_px: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse has moved, or its left button was released; in pixels of the frame."""

    x_px: int
    y_px: int
    is_pressed: bool
    """Whether the left button is held."""


@dataclass(frozen=True, slots=True)
class FramePoint:
    """A click, in pixels of the frame itself: neither scaled nor mirrored."""

    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class FramePointer:
    """After a `FramePoint`: the mouse or finger has moved, or was lifted.

    In whole pixels of the frame itself, as those of a window.
    """

    x_px: int
    y_px: int
    is_pressed: bool


@dataclass(frozen=True, slots=True)
class PersonId:
    """A person who was chosen by their id."""

    track_id: int


@dataclass(frozen=True, slots=True)
class PointPlace:
    """The place of a keypoint that was typed in, in pixels of the frame itself."""

    keypoint: int
    """Its index in the skeleton."""
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold that was chosen."""

    min_score: float
    """0..1."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place that was chosen."""

    share: float
    """Of the time between the first and the last frame, 0..1."""


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed that was chosen."""

    speed: float
    """1 is the clip's own."""


InputEvent = (
    Action
    | Digit
    | Click
    | Pointer
    | FramePoint
    | FramePointer
    | PersonId
    | PointPlace
    | Threshold
    | Position
    | Speed
)
"""What the user did at a window, or on a page."""
