"""The estimator: from frames to posed frames, with a model and all that is kept between frames."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep, PoseModel
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.motion.crop import Crop, SmartCrop, WholeFrame
from livepose.motion.frame_by_frame import FrameByFrameEstimator
from livepose.motion.levels import Levels, stretch
from livepose.motion.rotation import FixedRotation, Rotation, RotationPolicy
from livepose.motion.scene_cuts import SceneCutDetector
from livepose.motion.step_chain import StepChain
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker

MIN_PERSON_SCORE = 0.25
"""A pose with a lower mean score is not a person (tfjs-models `MIN_POSE_SCORE`)."""
_CLEARLY_BETTER = 0.08
"""By how much an alternative region must score better."""
_DETECTION_INTERVAL_S = 0.2
"""How often the detector searches for a lost subject, or for anybody in an empty room."""


def default_steps(
    max_people: int,
    *,
    selector: SubjectSelector | None = None,
    swap_guard: bool = True,
    one_euro: bool = True,
    predicts_hidden: bool = True,
) -> tuple[MotionStep, ...]:
    """Return the default motion steps: track, guard against swaps, smooth, select the subject.

    Args:
        max_people: How many people one call of the model can find.
        selector: Unless given, one that follows the person of a model of one, else everybody.
        swap_guard: Whether to correct left and right where the model confuses them.
        one_euro: Whether to smooth with a One-Euro filter.
        predicts_hidden: Whether several people are where they should be, marked as filled, while
            others hide them for a moment. Without it, they are missing.

    >>> [type(step).__name__ for step in default_steps(max_people=1)]
    ['Tracker', 'SwapGuard', 'OneEuro', 'SubjectSelector']
    """
    tracker = Tracker()
    steps: list[MotionStep] = [tracker]
    if predicts_hidden and max_people > 1:
        from livepose.motion.hidden_people import HiddenPeople  # one person is hidden by nobody

        steps.append(HiddenPeople(tracker))
    if swap_guard:
        steps.append(SwapGuard())
    if one_euro:
        from livepose.motion.smoothing.one_euro import OneEuro  # files have another filter

        steps.append(OneEuro())
    steps.append(selector or SubjectSelector(Select.ANY if max_people == 1 else None))
    return tuple(steps)


@dataclass(frozen=True, slots=True, eq=False)
class _NextInput:
    """What the network is to see of a frame that has not come yet."""

    scene: int = 0
    """Number of the scene that it was chosen in: it does not hold for another one."""
    region: Region | None = None
    """None for the full frame."""
    rotation: Rotation = field(default_factory=Rotation)
    is_multi_person: bool = False
    """Whether the detector is to see it."""
    looks_twice: bool = True
    """Whether nobody was found before, so that the crop is not known yet."""


class Estimator(FrameByFrameEstimator):
    """Find poses frame by frame, with a model and all that is kept between frames.

    A new estimator is the reset.

    >>> from livepose import load_model, open_source
    >>> with open_source("synthetic:dance") as source, load_model("lightning") as model:
    ...     posed = next(map(Estimator(model), source))
    >>> posed.poses.xy.shape, posed.poses.score.shape  # one person; x and y in pixels
    ((1, 17, 2), (1, 17))
    """

    def __init__(
        self,
        model: PoseModel,
        *,
        crop: Crop | None = None,
        steps: Sequence[MotionStep] | None = None,
        detector: PoseModel | None = None,
        rotation: RotationPolicy | None = None,
        min_person_score: float = MIN_PERSON_SCORE,
        levels: bool = True,
        in_flight: int = 1,
        frame_rate: float | None = None,
    ) -> None:
        """Join a model to the parts that keep state.

        Args:
            model: Not closed by the estimator.
            crop: Chooses the region of the next frame; by default `SmartCrop()` for a single-person
                model and `WholeFrame()` for others.
            steps: Applied to each result, in this order; by default `default_steps()`.
            detector: A multi-person model, for choosing the person whom `model` is to follow. Not
                closed by the estimator.
            rotation: Which way up the model sees the frame; by default as it is.
            min_person_score: A pose with a lower mean score is not a person.
            levels: Whether to stretch the levels of dark and flat pictures for the models.
            in_flight: How many frames may be processed at once: each is cropped by what was found
                that many frames before it. An `OfflinePipeline` does so; a `Pipeline` processes one
                at a time, with the same results.
            frame_rate: Frames per second of arrays and frames that are given without a time; unless
                given, their time is that at which the estimator is called.

        Raises:
            OptionError: If the frame rate is not above 0.
        """
        super().__init__(in_flight=in_flight, frame_rate=frame_rate)
        self._model = model
        self._crop = crop or (SmartCrop() if model.max_people == 1 else WholeFrame())
        self._steps = StepChain(default_steps(model.max_people) if steps is None else steps)
        self._detector = detector
        self._rotation = rotation or FixedRotation()
        self._min_person_score = min_person_score
        self._levels = Levels() if levels else None
        # One for each frame that may be in flight: `preprocess` takes the oldest, `update` adds the
        # next. They keep step with the frames and not with the threads, so that the same file gives
        # the same poses on every run, and the two methods share nothing but the ends of deques.
        # Only the first update replaces what is there: no other frame is prepared meanwhile.
        first = _NextInput(rotation=self._rotation.initial)
        self._next_inputs: deque[_NextInput] = deque([first] * in_flight)
        self._scenes: deque[int] = deque()
        self._scene = self._updated_scene = 0
        self._has_updated = False
        self._scene_cuts = SceneCutDetector()
        self._detection_s = -inf

    def _abandon(self) -> None:
        if self._scenes:
            scene, rotation = self._scenes.popleft(), self._rotation.initial
            self._next_inputs.append(_NextInput(scene, rotation=rotation))

    def preprocess(self, frame: Frame) -> PreparedInput:
        started_s = time.perf_counter()
        if self._scene_cuts.is_scene_start(frame):
            # Where people were before the cut says nothing about this frame.
            self._scene += 1
            if self._levels is not None:
                self._levels.reset()
        chosen = self._next_inputs.popleft()
        self._scenes.append(self._scene)
        use_detector = chosen.is_multi_person and self._detector is not None
        is_cropped = chosen.scene == self._scene and not use_detector
        region = chosen.region if is_cropped else None
        upright = self._full_frame_region(frame, 0, use_detector) if region is None else region
        first = upright.turned(chosen.rotation.quarter_turns)
        alternative = upright.turned(chosen.rotation.alternative)
        # The first frames, and those after a cut, have none before them to be cropped by. Seen as
        # full frames, their angles would differ from those that follow by several degrees.
        looks_twice = region is None and not use_detector
        looks_twice &= chosen.looks_twice or chosen.scene != self._scene
        model_input = self._model_for(use_detector).preprocess(frame.pixels, first)
        table = None
        if self._levels is not None:
            table = self._levels.next_table((model_input.rgb,), frame.time_s)
        return PreparedInput(
            first,
            (stretch(model_input, table),),
            is_multi_person=use_detector,
            alternative=alternative if alternative != first and not use_detector else None,
            looks_twice=looks_twice,
            levels=table,
            prepared_s=time.perf_counter() - started_s,
        )

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        started_s = time.perf_counter() - prepared.prepared_s
        region, model = prepared.region, self._model_for(prepared.is_multi_person)
        table = prepared.levels
        poses = self._people(model.infer(prepared.inputs[0]))
        if not len(poses):
            full_frame = self._full_frame_region(
                frame, region.quarter_turns, prepared.is_multi_person
            )
            if region != full_frame:
                # A person who left the crop may still be in the frame: look there in this frame.
                region, poses = full_frame, self._look(model, frame, full_frame, table)
        if prepared.alternative is not None:
            others = self._look(model, frame, prepared.alternative, table)
            if _best_score(others) > _best_score(poses) + _CLEARLY_BETTER:
                region, poses = prepared.alternative, others
        if prepared.looks_twice and len(poses):
            region, poses = self._look_again(frame, region, poses, table)
        return PosedFrame(
            frame,
            poses,
            region,
            inference_s=time.perf_counter() - started_s,
            detections=poses,
            is_multi_person=model.max_people > 1,
        )

    def update(self, posed: PosedFrame) -> PosedFrame:
        scene = self._scenes.popleft()
        if scene != self._updated_scene:
            self._updated_scene = scene
            self._crop.reset()
            self._rotation.reset()
            posed = replace(posed, is_scene_start=True)
        posed = self._steps(posed)
        rotation = self._rotation.next_rotation(posed)
        region = self._crop.next_region(posed)
        following = _NextInput(
            scene,
            region,
            rotation,
            self._needs_detection(posed),
            looks_twice=not len(posed.poses),
        )
        if not self._has_updated:
            self._has_updated = True
            # What has not begun by now is cropped by the first frame as well.
            self._next_inputs = deque([following] * len(self._next_inputs))
        self._next_inputs.append(following)
        return posed

    def _look_again(
        self, frame: Frame, region: Region, poses: Poses, table: UInt8Array | None
    ) -> tuple[Region, Poses]:
        """Return what is found closer to a person who was found in the full frame."""
        closer = self._crop.region_around(PosedFrame(frame, poses, region, 0.0))
        if closer is None:
            return region, poses
        closer = closer.turned(region.quarter_turns)
        closer_poses = self._look(self._model, frame, closer, table)
        return (closer, closer_poses) if len(closer_poses) else (region, poses)

    def _needs_detection(self, posed: PosedFrame) -> bool:
        """Return whether the detector is to run next; not on every frame of an empty room."""
        is_locked = posed.subject_state in (SubjectState.LOCKED, SubjectState.EVERYBODY)
        is_urgent = is_locked or (
            posed.subject_state is SubjectState.CHOOSING and len(posed.detections) > 0
        )
        if not posed.needs_detection or is_urgent:
            return posed.needs_detection
        time_s = posed.frame.time_s
        if 0 <= time_s - self._detection_s < _DETECTION_INTERVAL_S:
            return False
        self._detection_s = time_s
        return True

    def _model_for(self, use_detector: bool) -> PoseModel:
        return self._detector if use_detector and self._detector is not None else self._model

    def _full_frame_region(self, frame: Frame, quarter_turns: int, use_detector: bool) -> Region:
        model = self._model_for(use_detector)
        return model.full_frame_region(frame.width_px, frame.height_px).turned(quarter_turns)

    def _look(
        self, model: PoseModel, frame: Frame, region: Region, table: UInt8Array | None
    ) -> Poses:
        """Return the people whom a model finds in a region, with the levels of the frame."""
        return self._people(model.infer(stretch(model.preprocess(frame.pixels, region), table)))

    def _people(self, poses: Poses) -> Poses:
        """Return the poses that score high enough for a person."""
        is_person = poses.person_score >= self._min_person_score
        return poses if is_person.all() else poses[is_person]


def _best_score(poses: Poses) -> float:
    return float(poses.person_score.max(initial=0.0))
