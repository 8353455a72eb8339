"""What a run remembers from frame to frame, made of its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from livepose.analysis.angle_meter import AngleMeter, AngleRange
from livepose.analysis.repetitions import Repetitions
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
from livepose.session.options import DataOptions, Options, Rotate, Smooth, StyleOptions

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


def memory_of(options: Options, max_people: int) -> Memory:
    """Return the steps of a run that runs a network."""
    people = options.people
    follower = SubjectSelector(people.select or (Select.ANY if max_people == 1 else None))
    steps: list[MotionStep] = [Tracker()]
    if people.swap_guard:
        steps.append(SwapGuard())
    if people.smooth is Smooth.ONE_EURO:
        steps.append(OneEuro())
    steps.append(follower)
    return _memory(options, follower, steps)


def memory_of_recording(options: Options) -> Memory:
    """Return the steps for saved poses: people are known, keypoints may be smoothed again."""
    smooth = options.people.smooth
    steps: list[MotionStep] = [] if smooth is Smooth.KEEP else [RestoreRaw()]
    if smooth is Smooth.ONE_EURO:
        steps.append(OneEuro())
    return _memory(options, SubjectSelector(), steps)


def _memory(options: Options, follower: SubjectSelector, steps: list[MotionStep]) -> Memory:
    meters, repetitions = angle_meters(options.data), repetitions_of(options.data)
    measures = (*meters, *repetitions, *marks_of(options.style))
    is_later = options.people.smooth is Smooth.BUTTERWORTH
    return Memory(follower, tuple(steps), measures, repetitions, meters, is_later)


def angle_meters(data: DataOptions) -> tuple[AngleMeter, ...]:
    angles = data.measured_angles
    return (AngleMeter(angles, labels=True),) if angles else ()


def repetitions_of(data: DataOptions) -> tuple[Repetitions, ...]:
    return tuple(Repetitions(rule, data.measured_angles) for rule in data.repetitions)


def marks_of(style: StyleOptions) -> tuple[MotionStep, ...]:
    """Make the steps whose results are only painted."""
    faces = (FaceRegions(),) if style.blur_faces else ()
    trails = (Trails(style.trail),) if style.trail else ()
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
        "crop": options.model.crop,
        "people_px": options.model.people_px,
        "start_s": options.source.start_s,
        "end_s": options.source.end_s or 0.0,
        "max_frames": options.source.max_frames or 0,
    }
