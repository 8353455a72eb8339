"""Summary: what a run did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.core.frame import PosedFrame, StreamInfo
from livepose.pipeline import Samples

if TYPE_CHECKING:
    from livepose.analysis.angle_ranges import AngleRange
    from livepose.core.repetitions import Repetition
    from livepose.session.motion_steps import MotionSteps


@dataclass(slots=True, eq=False)
class Summary:
    """What a run did; it is filled while the run goes on.

    >>> summary = Summary("clip.mp4", frames=60, seconds=1.5)
    >>> summary.frames_per_second
    40.0
    """

    name: str = ""
    """The source's."""
    frames: int = 0
    dropped: int = 0
    """Frames of a live source that came while the network was busy."""
    seconds: float = 0.0
    """From the first result to the last, on the wall clock, without pauses, and without what was
    shown a second time."""
    is_live: bool = False
    stages_s: dict[str, Samples] = field(default_factory=dict)
    """How long each stage took for each frame: `read`, `inference`, `draw` and `write`."""
    lag_s: Samples = field(default_factory=Samples)
    """From the captured frame to the finished result; in a window, see `Viewer.lag_s`."""
    frames_with_people: int = 0
    rep_counts: list[str] = field(default_factory=list)
    """What was counted, such as `right_knee 4`."""
    repetitions: list[Repetition] = field(default_factory=list)
    """All that were counted, rule by rule."""
    rep_hints: list[str] = field(default_factory=list)
    """Why a rule has counted nothing, and what would have counted."""
    angle_ranges: Mapping[int, AngleRange] = field(default_factory=dict)
    """How far each angle went, by track id."""
    track_starts_s: list[float] = field(default_factory=list)
    """When each id was given, in the order of the ids; of saved poses, none."""
    saved: list[Path] = field(default_factory=list)
    """The files that were finished."""
    was_quit: bool = False
    """Whether the user closed the window, or ended the run by a key or a signal."""
    corrupt_frames: list[int] = field(default_factory=list)
    """The indices of the frames that the decoder called corrupt."""
    errors: list[str] = field(default_factory=list)
    """Why the source ended early (all frames before that were processed), and which files could not
    be written (all others were)."""

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds if self.seconds > 0 else 0.0

    def add_measurements(
        self, steps: MotionSteps, last_index: int | None = None, last_time_s: float = math.inf
    ) -> None:
        """Add what was counted, and how far the angles went.

        Args:
            steps: That have measured it.
            last_index: Of the last frame that was written; later ones, which were in flight when
                the run ended, do not count. None if all that was measured does.
            last_time_s: Of the same frame.
        """
        self.rep_counts, self.rep_hints = steps.rep_counts(last_time_s), steps.rep_hints()
        self.repetitions = [
            each
            for counter in steps.repetitions
            for each in counter.done
            if each.back_s <= last_time_s
        ]
        self.angle_ranges = steps.angle_ranges(last_index)

    def add_tracks(self, posed: PosedFrame) -> None:
        """Add the tracks that a frame has started; also those of people who are not shown."""
        started = posed.last_track_id - len(self.track_starts_s)
        self.track_starts_s += [posed.frame.time_s] * started

    def add_damage(self, info: StreamInfo, corrupt_frames: Sequence[int]) -> None:
        """Add that frames of the source are corrupt, unless it has said itself what is wrong."""
        if corrupt_frames and not self.errors:
            from livepose.sources.damage import describe_corrupt

            listed = describe_corrupt(corrupt_frames)
            self.errors.append(f"{info.path or info.name} is damaged: {listed}")
