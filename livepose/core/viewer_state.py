"""What a viewer shows beside its frame, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportState:
    """Where a clip or a replay is."""

    time_s: float
    """Of the frame that is shown."""
    start_s: float
    end_s: float
    origin_s: float
    """The time that is written as 0:00."""
    speed: float
    is_looping: bool
    loop_s: tuple[float, float] | None
    frame: int
    """The number of the frame in its file."""
    marks: list[tuple[float, str]]
    """What happens when: a time in seconds, and cut, repetition, people or edit."""


@dataclass(frozen=True, slots=True)
class ReadingState:
    """What the joint says that somebody points at."""

    lines: list[str]
    x_px: float
    """Of the joint, in pixels of the frame."""
    y_px: float


@dataclass(frozen=True, slots=True)
class EditingState:
    """What an editor of poses says besides the frame."""

    chosen: list[int]
    """The ids that were chosen, the last one at the end; at most two."""
    first_frame: int
    """An edit holds from this frame on."""
    last_frame: int
    """An edit holds up to this frame."""
    edits: int
    """How many hold."""
    can_undo: bool
    can_redo: bool
    is_saved: bool
    target: str
    """The name of the file that is written."""


@dataclass(frozen=True, slots=True)
class ViewerState:
    """The figures of a viewer, and how its switches are set."""

    fps: float
    """Frames per second that are shown."""
    model_ms: float
    """The mean time of the network."""
    lag_ms: float | None
    dropped: int
    """Frames of a live source that were left out."""
    counts: list[str]
    """How often each rule has counted."""
    badges: list[str]
    notice: str
    notice_s: float
    """For how long the notice stays."""
    is_paused: bool
    is_recording: bool
    silent_s: int | None
    """Whole seconds without a picture, while there is no signal."""
    countdown: int | None
    min_score: float
    mirror: bool
    boxes: bool
    is_painted: bool
    """Whether the skeletons are painted on the picture, and the picture is mirrored with them."""
    saved: list[str]
    """The names of the files that were saved by keys and buttons."""
    failed_saves: int
    """How many files that keys and buttons asked for did not come to be."""
    transport: TransportState | None
    """None where there is none."""
    guides: str
    """Which lines lie over the frame: none, plumb, or grid with the plumb lines."""
    reading: ReadingState | None
    """None while nobody points at a joint of a frame that stands still."""
    editing: EditingState | None
    """None where nothing can be edited."""
