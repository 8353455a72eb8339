"""From frames to posed frames, one after the other."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep, PoseEstimator, PoseModel
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.motion.crop import Crop, SmartCrop, WholeFrame
from livepose.motion.rotation import FixedRotation, Rotation, RotationPolicy
from livepose.motion.scene_cuts import SceneCutDetector
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.step_chain import StepChain
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker

MIN_PERSON_SCORE = 0.25
"""Under this mean over the 17 scores it is no person (tfjs-models `MIN_POSE_SCORE`)."""
_CLEARLY = 0.08
"""By how much a trial must score better."""
_DETECT_EVERY_S = 0.2
"""How often somebody who is lost, or anybody in an empty room, is looked for by all means."""


def default_steps(max_people: int) -> tuple[MotionStep, ...]:
    """Give what is remembered unless something else is asked for: track, mend, smooth, follow."""
    follower = SubjectSelector(Select.ANY if max_people == 1 else None)
    return Tracker(), SwapGuard(), OneEuro(), follower


@dataclass(frozen=True, slots=True)
class _Intent:
    """Where to look in a frame that is not there yet."""

    scene: int = 0
    region: Region | None = None
    """None for the whole picture."""
    turns: Rotation = field(default_factory=Rotation)
    is_multi_person: bool = False


class Estimator(PoseEstimator):
    """A model and what is remembered from frame to frame. A new one is the reset.

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
        in_flight: int = 1,
    ) -> None:
        """Join a model to its memory.

        Args:
            model: not closed by this.
            crop: for a model of one person `SmartCrop()` unless given; `WholeFrame()` for none.
            steps: what is made of each result, in this order; `default_steps()` unless given.
            detector: a model that finds several people, for choosing the one that `model` is to
                look at. Not closed by this.
            rotation: which way up the pictures are shown to the model; as they are unless given.
            min_person_score: a pose with a lower mean score is nobody.
            in_flight: how many frames may be looked at at once: each is cropped by what was found
                that many frames before it.
        """
        self._model = model
        self._crop = crop or (SmartCrop() if model.max_people == 1 else WholeFrame())
        self._steps = StepChain(default_steps(model.max_people) if steps is None else steps)
        self._detector = detector
        self._rotation = rotation or FixedRotation()
        self._min_person_score = min_person_score
        self._in_flight = in_flight
        # One for each frame that may be begun, with the number of the scene that it was found in.
        # In step with the frames and not with the threads, so that the same file gives the same
        # poses on every run. `preprocess` and `update` share nothing but the ends of these deques.
        first = _Intent(turns=self._rotation.initial)
        self._intents: deque[_Intent] = deque([first] * in_flight)
        self._scenes: deque[int] = deque()
        self._scene = self._updated_scene = 0
        self._cuts = SceneCutDetector()
        self._detected_s = -inf

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def __call__(self, frame: Frame) -> PosedFrame:
        """Find the people in the next frame."""
        try:
            posed = self.infer(frame, self.preprocess(frame))
        except BaseException:
            if self._scenes:
                # As if nobody had been there: the next frame may be tried.
                self._intents.append(_Intent(self._scenes.popleft(), turns=self._rotation.initial))
            raise
        return self.update(posed)

    def preprocess(self, frame: Frame) -> PreparedInput:
        started_s = time.perf_counter()
        if self._cuts.is_scene_start(frame):
            # Where somebody was in the pictures before says nothing about this one.
            self._scene += 1
        intent = self._intents.popleft()
        self._scenes.append(self._scene)
        turns, use_detector = intent.turns, intent.is_multi_person and self._detector is not None
        region = intent.region if intent.scene == self._scene and not use_detector else None
        first, other = (
            self._full_frame(frame, number, use_detector)
            if region is None
            else replace(region, quarter_turns=number)
            for number in (turns.now, turns.alternative)
        )
        model_input = self._model_for(use_detector).preprocess(frame.pixels, first)
        return PreparedInput(
            first,
            model_input,
            is_multi_person=use_detector,
            alternative=other if other != first and not use_detector else None,
            prepared_s=time.perf_counter() - started_s,
        )

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        started_s = time.perf_counter() - prepared.prepared_s
        region, model = prepared.region, self._model_for(prepared.is_multi_person)
        poses = self._people(model.infer(prepared.input))
        if not len(poses):
            whole = self._full_frame(frame, region.quarter_turns, prepared.is_multi_person)
            if region != whole:
                # Whoever left the crop may still be in the picture: look now, not a frame later.
                region, poses = whole, self._people(model.estimate(frame.pixels, whole))
        if prepared.alternative is not None:
            others = self._people(model.estimate(frame.pixels, prepared.alternative))
            if _best(others) > _best(poses) + _CLEARLY:
                region, poses = prepared.alternative, others
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
        turns = self._rotation.next_rotation(posed)
        self._intents.append(
            _Intent(scene, self._crop.next_region(posed), turns, self._needs_detection(posed))
        )
        return posed

    def _needs_detection(self, posed: PosedFrame) -> bool:
        is_locked = posed.subject_state in (SubjectState.LOCKED, SubjectState.EVERYBODY)
        is_urgent = is_locked or (
            posed.subject_state is SubjectState.CHOOSING and len(posed.detections) > 0
        )
        if not posed.needs_detection or is_urgent:
            return posed.needs_detection
        time_s = posed.frame.time_s
        if 0 <= time_s - self._detected_s < _DETECT_EVERY_S:
            return False
        self._detected_s = time_s
        return True

    def _model_for(self, use_detector: bool) -> PoseModel:
        return self._detector if use_detector and self._detector is not None else self._model

    def _full_frame(self, frame: Frame, quarter_turns: int, use_detector: bool) -> Region:
        model = self._model_for(use_detector)
        region = model.full_frame_region(frame.width_px, frame.height_px)
        return replace(region, quarter_turns=quarter_turns) if quarter_turns else region

    def _people(self, poses: Poses) -> Poses:
        is_person = poses.person_score >= self._min_person_score
        return poses if is_person.all() else poses[is_person]


def _best(poses: Poses) -> float:
    return float(poses.person_score.max(initial=0.0))
