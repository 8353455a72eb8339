"""The top-down estimator: a detector finds people, and a network of one person sees each of them.

MoveNet MultiPose finds several people at once, and is coarse; Lightning and Thunder are fine, and
see one person. Here each does what it is good at, in the three steps of every estimator:

1. `preprocess` decides **where to look**: at a square around each person whom the tracker knows,
   where they should be by now. Now and then the detector searches the frame (`people_search`).
   Whoever it finds beyond those known is a newcomer, and gets a square in this frame and in those
   that follow, until the tracker knows of them.
2. `infer` lets the network of one person look at each square. It remembers nothing.
3. `update` decides **who is who**. All poses go to the tracker, wherever they were found: where two
   squares show the same body, one of the two poses is dropped, and the track whose past fits gets
   the other. So a square that has slid onto a neighbour does not take the neighbour's id with it.
   The other track is a person who is hidden: their square moves on as they did, for a while.

What the detector says of a body is never a result: only where there is one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from livepose.core.arrays import BoolArray, Int32Array, IntpArray
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep, PoseModel
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, PreparedInput, Region
from livepose.motion.anchors import Anchors, rounded
from livepose.motion.body_extents import BodyExtents, seen_boxes, squares_around
from livepose.motion.frame_budget import FrameBudget
from livepose.motion.frame_by_frame import FrameByFrameEstimator
from livepose.motion.hidden_people import hidden_people
from livepose.motion.levels import Levels, stretch
from livepose.motion.neighbours import Bodies
from livepose.motion.people_search import Found, PeopleSearch
from livepose.motion.presence import MIN_SCORE, Presence, same_body_oks
from livepose.motion.scene_cuts import SceneCutDetector
from livepose.motion.step_chain import StepChain
from livepose.motion.tracking.similarity import shares_inside
from livepose.motion.tracking.tracker import Tracker, suppress_duplicates
from livepose.motion.tracking.tracks import Tracks
from livepose.motion.turns import Turns

_SAME_OKS = 0.4
"""A detection that is as similar to a known person is of that person."""
_MAX_TRACKS = 100
_MAX_UNSEEN_S = 2.0
"""Whoever is unseen for longer is lost. Somebody may stand behind another for this long."""
_DUPLICATE_OKS = 0.55
"""Two poses that are as similar are of one body: a square has slid onto a neighbour."""
_SCORE_WEIGHT = 0.1
_PART_SHARE = 0.5
"""So much of what a tile shows of somebody lies inside a known person: it is a part of them."""
_MIN_NEWCOMERS = 2
"""So many of the newcomers in a frame are seen, whatever time there is."""
_HIDDEN_S = 0.6
"""For how long the network looks for a person who is hidden. Who waits for a turn is not."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known for a frame that has not come yet."""

    scene: int
    """Number of the scene that it was made in: it does not hold for another one."""
    number: int
    """Number of the frame after which it was made."""
    tracks: Tracks
    has_lost: bool
    """Whether somebody was seen before that frame, and not in it."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """What `update` is to know of a frame that was preprocessed."""

    scene: int
    found: Poses
    """By the detector; nobody if it did not run."""
    waiting: Int32Array
    """(W,) ids of those for whom the frame had no time."""
    search_s: float
    """Seconds that the detector took."""


class TopDownEstimator(FrameByFrameEstimator):
    """Find everybody, frame by frame, with a detector and a model of one person.

    A new estimator is the reset.

    >>> from livepose import load_model, open_source
    >>> from livepose.motion.top_down import TopDownEstimator
    >>> with open_source("synthetic:visitors") as source, load_model("lightning") as model:
    ...     with load_model("multipose") as detector:
    ...         estimator = TopDownEstimator(model, detector)
    ...         frames = [frame for frame, _ in zip(source, range(3))]
    ...         people = [len(estimator(frame).poses) for frame in frames]
    >>> people
    [0, 0, 0]
    """

    def __init__(
        self,
        model: PoseModel,
        detector: PoseModel,
        *,
        steps: Sequence[MotionStep] = (),
        max_people: int | None = None,
        quarter_turns: int = 0,
        levels: bool = True,
        in_flight: int = 1,
        frame_rate: float | None = None,
        budget: FrameBudget | None = None,
        predicts_hidden: bool = True,
    ) -> None:
        """Join two models to the parts that keep state.

        Args:
            model: Finds one person. Not closed by the estimator.
            detector: Finds several people. Not closed by the estimator.
            steps: Applied to each result in this order, once it is tracked.
            max_people: How many people are followed; None for as many as there are.
            quarter_turns: How the models see the frame, turned anticlockwise.
            levels: Whether to stretch the levels of dark and flat pictures for the models.
            in_flight: How many frames may be processed at once, as with `Estimator`.
            frame_rate: Of frames that are given without a time, as with `Estimator`.
            budget: Live: what a frame has time for. With more people than that, they take turns,
                and those who wait are predicted. Needs one frame in flight. Unless given, everybody
                is seen in every frame.
            predicts_hidden: Whether those whom others hide for a moment are where they should be,
                marked as filled. Without it, they are missing.

        Raises:
            OptionError: If the frame rate is not above 0.
        """
        super().__init__(in_flight=in_flight, frame_rate=frame_rate)
        self._model = model
        self._search = PeopleSearch(detector, quarter_turns=quarter_turns, levels=levels)
        self._tracker = Tracker(
            max_tracks=_MAX_TRACKS, max_unseen_s=_MAX_UNSEEN_S, recognizes_returned=True
        )
        self._anchors = Anchors(in_flight)
        self._extents = BodyExtents(in_flight=in_flight)
        self._steps = StepChain(steps)
        self._max_people = max_people
        self._quarter_turns = quarter_turns
        # As with `Estimator`: `preprocess` takes the oldest plan, `update` adds the next, and the
        # two share nothing but the ends of deques.
        first = _Plan(0, -1, Tracks.empty(model.skeleton), has_lost=False)
        self._plans: deque[_Plan] = deque([first] * in_flight)
        self._begun: deque[_Begun] = deque()
        self._scene = self._updated_scene = 0
        self._frames = self._updated_frames = 0
        self._scene_cuts = SceneCutDetector()
        self._presence = Presence()
        self._nobody = Poses.empty(model.skeleton)
        self._levels = Levels() if levels else None
        self._newcomers: list[tuple[int, Poses]] = []
        self._budget = budget
        self._predicts_hidden = predicts_hidden
        self._turns = Turns()

    def _abandon(self) -> None:
        scene = self._begun.popleft().scene if self._begun else self._scene
        self._add_plan(scene, Tracks.empty(self._model.skeleton))

    def preprocess(self, frame: Frame) -> PreparedInput:
        started_s = time.perf_counter()
        plan, number = self._plans.popleft(), self._frames
        self._frames += 1
        self._anchors.advance(frame.time_s)
        if self._scene_cuts.is_scene_start(frame):
            self._scene += 1
            self._search.reset()
            self._newcomers.clear()
            if self._levels is not None:
                self._levels.reset()
        self._newcomers = [each for each in self._newcomers if each[0] > plan.number]
        hidden_s = frame.time_s - plan.tracks.present_s
        is_expected = (hidden_s <= _HIDDEN_S) & (plan.scene == self._scene)
        tracks = plan.tracks if is_expected.all() else plan.tracks[is_expected]
        bodies = self._bodies(tracks, frame.time_s)
        found, search_s = self._search_for_newcomers(frame, plan, number, tracks, bodies)
        if search_s:
            bodies = self._bodies(tracks, frame.time_s)
        people = len(bodies.box)
        rows = self._rows_to_see(tracks, people, frame.time_s, searches=search_s > 0)
        waiting = tracks.ids[:0]
        if len(rows) < people:
            waiting = np.delete(tracks.ids, rows[rows < len(tracks)])
        self._begun.append(_Begun(self._scene, found, waiting, search_s))
        inputs = tuple(self._inputs(frame, bodies, rows))
        if self._levels is not None and inputs:
            table = self._levels.next_table([each.rgb for each in inputs], frame.time_s)
            inputs = tuple(stretch(each, table) for each in inputs)
        return PreparedInput(
            self._whole(frame),
            inputs,
            is_multi_person=True,
            prepared_s=time.perf_counter() - started_s,
        )

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        started_s = time.perf_counter() - prepared.prepared_s
        poses = self._nobody
        if prepared.inputs:
            poses = self._model.infer_all(prepared.inputs)
            poses = poses[poses.person_score >= MIN_SCORE]
        return PosedFrame(
            frame,
            poses,
            prepared.region,
            inference_s=time.perf_counter() - started_s,
            detections=poses,
            is_multi_person=True,
        )

    def update(self, posed: PosedFrame) -> PosedFrame:
        started_s = time.perf_counter()
        begun = self._begun.popleft()
        scene, found = begun.scene, begun.found
        if scene != self._updated_scene:
            self._updated_scene = scene
            self._tracker.reset()
            self._presence.reset()
            self._extents.reset()
            posed = replace(posed, is_scene_start=True)
        time_s = posed.frame.time_s
        tracks = self._tracker.tracks
        if len(begun.waiting):
            were_seen = tracks.ids[self._turns.were_seen(tracks)]
            self._tracker.keep_waiting(np.intersect1d(begun.waiting, were_seen), time_s)
        posed = self._tracker(replace(posed, poses=self._people_in(posed, found, tracks)))
        if self._budget is not None:
            posed = self._with_those_who_wait(posed, begun)
        tracks, with_hidden = self._tracker.tracks, posed.poses
        if self._predicts_hidden and len(tracks) > len(posed.poses):
            hidden = hidden_people(tracks, posed.poses, time_s)
            with_hidden = Poses.concatenate((posed.poses, hidden))
        posed = replace(posed, poses=self._first_people(posed.poses))
        self._presence.support(posed.poses, found, time_s)
        tracks = self._extents(tracks, posed.poses, time_s)
        has_lost = len(tracks) > len(posed.poses)
        self._add_plan(scene, tracks, has_lost=has_lost)
        seen = posed.inference_s - begun.search_s
        posed = replace(posed, poses=self._first_people(with_hidden))
        posed = self._steps(posed)
        if self._budget is not None:
            rest_s = time.perf_counter() - started_s
            self._budget.add_frame(len(posed.detections), seen, rest_s)
            if begun.search_s:
                self._budget.add_search(time_s, begun.search_s)
        return posed

    def _people_in(self, posed: PosedFrame, found: Poses, tracks: Tracks) -> Poses:
        """Return the poses of a frame that are of somebody, one of each body.

        Args:
            posed: What the network has seen in the squares.
            found: By the detector in the same frame.
            tracks: Of the people known before.
        """
        time_s, width_px = posed.frame.time_s, posed.frame.width_px
        is_there = self._presence.is_there(posed.poses, found, tracks, time_s, width_px)
        poses = posed.poses[is_there]
        if len(poses) < 2:
            return poses
        # Of two poses of one body, the one that continues a track better stays.
        predicted_xy = tracks.predict(time_s)[0]
        fits = same_body_oks(poses, predicted_xy).max(axis=1, initial=0)
        fits = fits + _SCORE_WEIGHT * poses.person_score
        return suppress_duplicates(poses, fits, max_oks=_DUPLICATE_OKS)

    def _rows_to_see(
        self, tracks: Tracks, people: int, time_s: float, *, searches: bool
    ) -> IntpArray:
        """Return the rows of the people whom the network is to see in a frame.

        Args:
            tracks: Of those who are known: the first rows.
            people: How many there are, with the newcomers behind them.
            time_s: Of the frame.
            searches: Whether the frame is searched as well.
        """
        places = None if self._budget is None else self._budget.places(searches=searches)
        if places is None or people <= places:
            return np.arange(people)
        newcomers = np.arange(len(tracks), people)
        if len(tracks):
            # Nobody waits at the start. Later, those who are left out are found once more.
            newcomers = newcomers[: max(places, _MIN_NEWCOMERS)]
        places = max(places - len(newcomers), 0)
        chosen = np.flatnonzero(self._turns.chosen(tracks, time_s, places))
        return np.concatenate((chosen, newcomers))

    def _with_those_who_wait(self, posed: PosedFrame, begun: _Begun) -> PosedFrame:
        """Return the frame with those as well for whom it had no time, as predicted."""
        tracks, time_s = self._tracker.tracks, posed.frame.time_s
        waiting = np.setdiff1d(begun.waiting, posed.poses.track_id)
        self._turns.update(tracks, waiting, time_s)
        if not len(waiting):
            return posed
        predicted = self._turns.predicted(tracks, waiting, time_s)
        poses = Poses.concatenate((posed.poses, predicted))
        return replace(posed, poses=poses, predicted_people=len(predicted))

    def _search_for_newcomers(
        self, frame: Frame, plan: _Plan, number: int, tracks: Tracks, known: Bodies
    ) -> tuple[Poses, float]:
        """Search a frame if there is time and reason for it, and take in whoever is new.

        Returns:
            Whom the detector has found, apart from those whom a tile cuts off; and the seconds that
            it took, 0 if the frame was not searched.
        """
        nobody = self._nobody, 0.0
        free_places = self._free_places(tracks)
        if free_places <= 0 and not plan.has_lost:
            return nobody
        budget = self._budget
        if budget is not None and not budget.has_time_for_search(frame.time_s, len(tracks)):
            return nobody
        found = self._search(frame, known.box, has_lost=plan.has_lost)
        if found is None:
            return nobody
        newcomers = np.flatnonzero(~_is_known(found, known))[: max(free_places, 0)]
        if len(newcomers):
            self._newcomers.append((number, found.poses[newcomers]))
        return found.poses[~found.is_part], found.seconds

    def _bodies(self, tracks: Tracks, time_s: float) -> Bodies:
        """Return where the tracked people should be by now, and behind them the newcomers."""
        xy, boxes = tracks.predict(time_s)
        if self._budget is None:
            is_certain = tracks.seen_s == tracks.seen_s.max(initial=-inf)
        else:
            is_certain = self._turns.were_seen(tracks)
        known = Bodies(xy, tracks.score, boxes, is_certain, self._model.skeleton)
        if not self._newcomers:
            return known
        poses = Poses.concatenate([newcomers for _, newcomers in self._newcomers])
        return Bodies(
            np.concatenate((xy, poses.xy)),
            np.concatenate((tracks.score, poses.score)),
            np.concatenate((boxes, seen_boxes(poses))),
            np.concatenate((is_certain, np.zeros(len(poses), np.bool_))),
            self._model.skeleton,
        )

    def _inputs(self, frame: Frame, bodies: Bodies, rows: IntpArray) -> Iterator[ModelInput]:
        """Yield the input of the network for each of some people."""
        has_neighbours = len(bodies.box) > 1 and not self._quarter_turns
        neighbours = bodies.neighbours() if has_neighbours else None
        regions = squares_around(bodies.box[rows], self._quarter_turns)
        if self._anchors.is_anchored:
            regions = [rounded(region) for region in regions]
        for person, region in zip(rows.tolist(), regions, strict=True):
            model_input = self._model.preprocess(frame.pixels, region)
            if neighbours is not None and neighbours[person].any():
                others = np.flatnonzero(neighbours[person])
                model_input = bodies.without_neighbours(model_input, person, others)
            yield model_input

    def _free_places(self, tracks: Tracks) -> int:
        """Return how many more people may be followed."""
        pending = sum(len(poses) for _, poses in self._newcomers)
        return (self._max_people or _MAX_TRACKS) - len(tracks) - pending

    def _add_plan(self, scene: int, tracks: Tracks, *, has_lost: bool = False) -> None:
        self._plans.append(_Plan(scene, self._updated_frames, tracks, has_lost))
        self._updated_frames += 1

    def _first_people(self, poses: Poses) -> Poses:
        """Return those who have an id, and of them the ones who have been there longest."""
        rows = np.flatnonzero(poses.track_id > 0)
        if self._max_people is not None and len(rows) > self._max_people:
            oldest = np.argsort(poses.track_id[rows], kind="stable")[: self._max_people]
            rows = np.sort(rows[oldest])
        return poses if len(rows) == len(poses) else poses[rows]

    def _whole(self, frame: Frame) -> Region:
        region = self._model.full_frame_region(frame.width_px, frame.height_px)
        return region.turned(self._quarter_turns)


def _is_known(found: Found, known: Bodies) -> BoolArray:
    """Return which of N people who were found are among those who are known: (N,)."""
    is_same = (same_body_oks(found.poses, known.xy) > _SAME_OKS).any(axis=1)
    # A part of a known person is not a newcomer.
    shares = shares_inside(seen_boxes(found.poses), known.box)
    return np.asarray(is_same | (found.is_part & (shares > _PART_SHARE).any(axis=1)))
