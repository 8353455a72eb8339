"""What a run remembers from frame to frame, made of its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from livepose.analysis.angle_meter import AngleMeter, AngleRange
from livepose.analysis.repetitions import Repetitions, parse_repetitions
from livepose.core.errors import OptionError
from livepose.core.interfaces import MotionStep
from livepose.motion.deferred import DeferredSteps
from livepose.motion.face_regions import FaceRegions
from livepose.motion.rotation import AutoRotation, FixedRotation, RotationPolicy
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.smoothing.points import RestoreRaw
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker
from livepose.motion.trails import Trails
from livepose.session.options import DataOptions, Options, PeopleOptions, Rotate, Smooth

Setting = str | float | int | bool

_QUARTER_TURNS = {Rotate.NONE: 0, Rotate.LEFT: 1, Rotate.OVER: 2, Rotate.RIGHT: 3}


@dataclass(frozen=True, slots=True)
class Memory:
    """The steps that a frame goes through after the network, in their order."""

    follower: SubjectSelector
    people: tuple[MotionStep, ...]
    """Who is who, and where: tracking, mending, smoothing, following."""
    measures: tuple[MotionStep, ...]
    """What is made of smooth poses: angles, repetitions, faces, trails."""
    repetitions: tuple[Repetitions, ...]
    meters: tuple[AngleMeter, ...]
    """The one that measures angles, if any is asked for."""
    smooths_later: bool
    """True: poses are smoothed behind `people`, by a `Butterworth`, and only then measured."""

    @property
    def steps(self) -> tuple[MotionStep, ...]:
        """What is done while frames come."""
        return self.people if self.smooths_later else (*self.people, *self.measures)

    def labels(self) -> list[str]:
        """Say what was counted so far, for the line of figures."""
        return [counter.label for counter in self.repetitions]

    def held(self) -> Mapping[int, AngleRange]:
        """Give how far each angle went, by track id."""
        return {n: held for meter in self.meters for n, held in meter.ranges.items()}

    def later(self) -> DeferredSteps | None:
        """Give what is done once later frames are known; None where there is nothing of it."""
        return DeferredSteps(Butterworth(), self.measures) if self.smooths_later else None


def memory_of(options: Options, max_people: int, *, is_watched: bool) -> Memory:
    """Make the steps of a run.

    Raises:
        OptionError: what is asked for does not go together.
    """
    people = options.people
    refuse_keep(people.smooth)
    refuse_later(people.smooth, is_watched=is_watched)
    follower = SubjectSelector(people.select or (Select.ANY if max_people == 1 else None))
    steps: list[MotionStep] = [Tracker()]
    if people.swap_guard:
        steps.append(SwapGuard())
    if people.smooth is Smooth.ONE_EURO:
        steps.append(OneEuro())
    steps.append(follower)
    return _memory(options, follower, steps)


def memory_of_recording(options: Options, *, is_watched: bool) -> Memory:
    """Make the steps for poses that were written down: people are known, points may be smoothed.

    Raises:
        OptionError: what is asked for does not go together.
    """
    smooth = options.people.smooth
    refuse_later(smooth, is_watched=is_watched)
    steps: list[MotionStep] = [] if smooth is Smooth.KEEP else [RestoreRaw()]
    if smooth is Smooth.ONE_EURO:
        steps.append(OneEuro())
    return _memory(options, SubjectSelector(), steps)


def _memory(options: Options, follower: SubjectSelector, steps: list[MotionStep]) -> Memory:
    meters, repetitions = angle_meters(options.data), repetitions_of(options.data)
    measures = (*meters, *repetitions, *marks_of(options.people))
    is_later = options.people.smooth is Smooth.BUTTERWORTH
    return Memory(follower, tuple(steps), measures, repetitions, meters, is_later)


def refuse_keep(smooth: Smooth) -> None:
    """Refuse to leave poses as they were saved where they come from a network.

    Raises:
        OptionError: that is asked for.
    """
    if smooth is Smooth.KEEP:
        raise OptionError("--smooth keep is for livepose render: there is nothing to keep yet")


def refuse_later(smooth: Smooth, *, is_watched: bool) -> None:
    """Refuse to wait for later frames where somebody wants to see this one.

    Raises:
        OptionError: that is asked for.
    """
    if smooth is Smooth.BUTTERWORTH and is_watched:
        raise OptionError(
            "--smooth butterworth looks at frames that are still to come: "
            "it is for files, without a window (--no-show) and without --virtual-camera"
        )


def angle_meters(data: DataOptions) -> tuple[AngleMeter, ...]:
    return (AngleMeter(data.angles, labels=True),) if data.angles else ()


def repetitions_of(data: DataOptions) -> tuple[Repetitions, ...]:
    return tuple(Repetitions(parse_repetitions(text), data.angles) for text in data.repetitions)


def marks_of(people: PeopleOptions) -> tuple[MotionStep, ...]:
    """Make the steps whose results are only painted."""
    faces = (FaceRegions(),) if people.blur_faces else ()
    trails = (Trails(people.trail),) if people.trail else ()
    return (*faces, *trails)


def rotation_of(rotate: Rotate) -> RotationPolicy:
    return AutoRotation() if rotate is Rotate.AUTO else FixedRotation(_QUARTER_TURNS[rotate])


def settings_of(options: Options) -> Mapping[str, Setting]:
    """Say how poses were made of what the network found, for the head of a file."""
    people = options.people
    return {
        "smooth": people.smooth.value,
        "swap_guard": people.swap_guard,
        "rotate": people.rotate.value,
        "select": people.select.value if people.select else "",
        "crop": options.crop,
        "people_px": people.people_px,
        "start_s": options.start_s,
        "end_s": options.end_s or 0.0,
        "max_frames": options.max_frames or 0,
    }
