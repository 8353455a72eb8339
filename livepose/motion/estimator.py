"""From frames to posed frames, one after the other."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from livepose.core.frame import Following, Frame, PosedFrame
from livepose.core.interfaces import MotionStep, PoseEstimator, PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Plan, Region
from livepose.motion.crop import Crop, SmartCrop, WholeFrame
from livepose.motion.rotation import FixedTurn, Turning, Turns
from livepose.motion.scene_cuts import Cuts
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.subject import Follower, Select
from livepose.motion.tracking.tracker import Tracker

MIN_PERSON_SCORE = 0.25
"""Under this mean over the 17 scores it is no person (tfjs-models `MIN_POSE_SCORE`)."""
_CLEARLY = 0.08
"""By how much a trial must score better."""
_SURVEY_EVERY_S = 0.2
"""How often somebody who is lost, or anybody in an empty room, is looked for by all means."""


def usual_steps(max_people: int) -> tuple[MotionStep, ...]:
    """Give what is remembered unless something else is asked for: track, mend, smooth, follow."""
    follower = Follower(Select.ANY if max_people == 1 else None)
    return Tracker(), SwapGuard(), OneEuro(), follower


@dataclass(frozen=True, slots=True)
class _Intent:
    """Where to look in a frame that is not there yet."""

    scene: int = 0
    region: Region | None = None
    """None for the whole picture."""
    turns: Turns = field(default_factory=Turns)
    is_survey: bool = False


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
        surveyor: PoseModel | None = None,
        turning: Turning | None = None,
        min_person_score: float = MIN_PERSON_SCORE,
        in_flight: int = 1,
    ) -> None:
        """Join a model to its memory.

        Args:
            model: not closed by this.
            crop: for a model of one person `SmartCrop()` unless given; `WholeFrame()` for none.
            steps: what is made of each result, in this order; `usual_steps()` unless given.
            surveyor: a model that finds several people, for choosing the one that `model` is to
                look at. Not closed by this.
            turning: which way up the pictures are shown to the model; as they are unless given.
            min_person_score: a pose with a lower mean score is nobody.
            in_flight: how many frames may be looked at at once: each is cropped by what was found
                that many frames before it.
        """
        self._model = model
        self._crop = crop or (SmartCrop() if model.max_people == 1 else WholeFrame())
        self._steps = usual_steps(model.max_people) if steps is None else tuple(steps)
        self._surveyor = surveyor
        self._turning = turning or FixedTurn()
        self._min_person_score = min_person_score
        self._in_flight = in_flight
        # One for each frame that may be begun, with the number of the scene that it was found in.
        # In step with the frames and not with the threads, so that the same file gives the same
        # poses on every run. Nothing but ends of deques is touched by both `plan` and `remember`.
        first = _Intent(turns=self._turning.first)
        self._intents: deque[_Intent] = deque([first] * in_flight)
        self._scenes: deque[int] = deque()
        self._scene = self._remembered_scene = 0
        self._cuts = Cuts()
        self._surveyed_s = -inf

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def __call__(self, frame: Frame) -> PosedFrame:
        """Find the people in the next frame."""
        try:
            posed = self.look(frame, self.plan(frame))
        except BaseException:
            if self._scenes:
                # As if nobody had been there: the next frame may be tried.
                self._intents.append(_Intent(self._scenes.popleft(), turns=self._turning.first))
            raise
        return self.remember(posed)

    def plan(self, frame: Frame) -> Plan:
        if self._cuts.begins_scene(frame):
            # Where somebody was in the pictures before says nothing about this one.
            self._scene += 1
        intent = self._intents.popleft()
        self._scenes.append(self._scene)
        is_survey = intent.is_survey and self._surveyor is not None
        turns, narrow = intent.turns, intent.region if intent.scene == self._scene else None
        if is_survey:
            return self._aimed(frame, Plan(self._whole(frame, turns.now, is_survey), is_survey))
        first, other = (
            self._whole(frame, number, is_survey)
            if narrow is None
            else replace(narrow, quarter_turns=number)
            for number in (turns.now, turns.trial)
        )
        return self._aimed(frame, Plan(first, trial=other if other != first else None))

    def _aimed(self, frame: Frame, plan: Plan) -> Plan:
        started_s = time.perf_counter()
        find = self._model_for(plan.is_survey).aim(frame.pixels, plan.region)
        return replace(plan, find=find, prepared_s=time.perf_counter() - started_s)

    def look(self, frame: Frame, plan: Plan) -> PosedFrame:
        started_s = time.perf_counter() - plan.prepared_s
        region, model = plan.region, self._model_for(plan.is_survey)
        poses = self._people(plan.find or model.aim(frame.pixels, region))
        if not len(poses):
            whole = self._whole(frame, region.quarter_turns, plan.is_survey)
            if region != whole:
                # Whoever left the crop may still be in the picture: look now, not a frame later.
                region, poses = whole, self._people(model.aim(frame.pixels, whole))
        if plan.trial is not None:
            others = self._people(model.aim(frame.pixels, plan.trial))
            if _best(others) > _best(poses) + _CLEARLY:
                region, poses = plan.trial, others
        return PosedFrame(
            frame,
            poses,
            region,
            inference_s=time.perf_counter() - started_s,
            found=poses,
            is_survey=model.max_people > 1,
        )

    def remember(self, posed: PosedFrame) -> PosedFrame:
        scene = self._scenes.popleft()
        if scene != self._remembered_scene:
            self._remembered_scene = scene
            for step in self._steps:
                step.reset()
            self._crop.reset()
            self._turning.reset()
            posed = replace(posed, begins_scene=True)
        for step in self._steps:
            posed = step(posed)
        turns = self._turning.next_turns(posed)
        self._intents.append(
            _Intent(scene, self._crop.next_region(posed), turns, self._wants_survey(posed))
        )
        return posed

    def _wants_survey(self, posed: PosedFrame) -> bool:
        is_locked = posed.following in (Following.LOCKED, Following.EVERYBODY)
        is_urgent = is_locked or (posed.following is Following.CHOOSING and len(posed.found) > 0)
        if not posed.wants_survey or is_urgent:
            return posed.wants_survey
        time_s = posed.frame.time_s
        if 0 <= time_s - self._surveyed_s < _SURVEY_EVERY_S:
            return False
        self._surveyed_s = time_s
        return True

    def _model_for(self, is_survey: bool) -> PoseModel:
        return self._surveyor if is_survey and self._surveyor is not None else self._model

    def _whole(self, frame: Frame, quarter_turns: int, is_survey: bool) -> Region:
        whole = self._model_for(is_survey).whole(frame.width_px, frame.height_px)
        return replace(whole, quarter_turns=quarter_turns) if quarter_turns else whole

    def _people(self, find: Callable[[], Poses]) -> Poses:
        poses = find()
        is_somebody = poses.person_score >= self._min_person_score
        return poses if is_somebody.all() else poses[is_somebody]


def _best(poses: Poses) -> float:
    return float(poses.person_score.max(initial=0.0))
