"""The motion steps of a run: what is made of its poses from frame to frame, in one order."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.analysis.repetition_rules import rule_labels
from livepose.core.interfaces import MotionStep, PoseModel
from livepose.draw.color_schemes import PEOPLE_COLORS
from livepose.motion import Select, SubjectSelector, default_steps
from livepose.session.decisions import (
    follows_several,
    is_best,
    is_realtime,
    predicts_hidden,
    smoothing_of,
    takes_two_passes,
)
from livepose.session.options import DataOptions, Options, Smooth, StyleOptions

# A step is imported when a run has it: together they would be a tenth of the start.
if TYPE_CHECKING:
    from livepose.analysis.angle_meter import AngleMeter
    from livepose.analysis.angle_ranges import AngleRange
    from livepose.analysis.panels import Panels
    from livepose.analysis.repetitions import Repetitions
    from livepose.motion.backward_search import BackwardSearch
    from livepose.motion.deferred import DeferredFilter, DeferredSteps
    from livepose.motion.smoothing.butterworth import Butterworth

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class MotionSteps:
    """The steps that each frame goes through behind the network, and what they found out."""

    following: tuple[MotionStep, ...]
    """Those that join a frame to the ones before it: tracked, mended, smoothed, selected."""
    measuring: tuple[MotionStep, ...]
    """Those that measure the poses that are final, behind `following` and the smoothing."""
    deferred: DeferredSteps | None
    """Fills gaps and smooths once later frames are known, and then measures; None if nothing
    waits for them."""
    selector: SubjectSelector
    """Takes commands of whom to follow."""
    angle_meter: AngleMeter | None
    repetitions: tuple[Repetitions, ...]
    panels: Panels | None = None
    """Counters and curves over the frame."""

    @property
    def immediate(self) -> tuple[MotionStep, ...]:
        """Those that the estimator applies as frames come, in this order."""
        return self.following if self.deferred else (*self.following, *self.measuring)

    @property
    def follows_requests(self) -> bool:
        """Whether the selector can choose anybody: people in saved poses were chosen before."""
        return self.selector in self.following

    def rep_counts(self, until_s: float = math.inf) -> list[str]:
        """Return what was counted so far, such as `right_knee 4`.

        Args:
            until_s: Of the clip: what was done later does not count.
        """
        labels = rule_labels([counter.rule for counter in self.repetitions])
        return [
            f"{label} {sum(each.back_s <= until_s for each in counter.done)}"
            for label, counter in zip(labels, self.repetitions, strict=True)
        ]

    def rep_hints(self) -> list[str]:
        """Return why rules have counted nothing, for each that has not."""
        return [counter.hint() for counter in self.repetitions if not counter.count]

    def keep_all(self, id_of: Callable[[int], int]) -> None:
        """Keep what is measured in all frames, as a clip will be watched in any order.

        Args:
            id_of: Returns the id that the person with an id has by now.
        """
        for counter in self.repetitions:
            counter.keep_all(id_of)
        if self.panels is not None:
            self.panels.keep_all()

    def recount(self, time_s: float) -> None:
        """Count again in the order of time, as parts of a clip have met in the frame at a time."""
        for counter in self.repetitions:
            counter.recount(time_s)

    def forget_results(self) -> None:
        """Forget what was measured and counted, as the frames will be seen again."""
        if self.angle_meter is not None:
            self.angle_meter.forget()
        for counter in self.repetitions:
            counter.forget()
        if self.panels is not None:
            self.panels.forget()

    def angle_ranges(self, last_index: int | None = None) -> Mapping[int, AngleRange]:
        """Return how far each angle went, by track id.

        Args:
            last_index: Of the last frame that counts; None if all do.
        """
        if self.angle_meter is None:
            return {}
        if last_index is None:
            return self.angle_meter.ranges
        return self.angle_meter.ranges_until(last_index)


def motion_steps(
    options: Options,
    max_people: int,
    model: PoseModel | None = None,
    *,
    clip_s: float | None = None,
) -> MotionSteps:
    """Create the steps of a run.

    Args:
        options: Of the run.
        max_people: How many people one call of the model can find.
        model: Follows tracks backwards in time, with the best effort; if it finds one person.
        clip_s: How long the clip is, for its curves; None if that is unknown.
    """
    people, smooth = options.people, smoothing_of(options)
    is_top_down = options.poses is None and follows_several(options)
    takes_one_pass = not takes_two_passes(options, max_people)
    finds_one = max_people == 1 and not is_top_down
    selector = SubjectSelector(people.select or (Select.ANY if finds_one else None))
    following: list[MotionStep] = []
    if options.poses is None:
        steps = default_steps(
            max_people,
            selector=selector,
            swap_guard=people.swap_guard,
            one_euro=smooth is Smooth.ONE_EURO,
            predicts_hidden=predicts_hidden(options, max_people),
        )
        # A top-down estimator has the tracker itself: it looks where the tracks are.
        following += steps[1:] if is_top_down else steps
    else:
        following += _steps_of_saved_poses(smooth)

    angle_meter = _angle_meter(options.data)
    repetitions = _repetitions(options.data)
    panels = _panels(options.data, clip_s)
    measuring: list[MotionStep] = [] if angle_meter is None else [angle_meter]
    measuring += repetitions
    measuring += [] if panels is None else [panels]
    measuring += _painted_steps(options.style, finds_one=finds_one)
    return MotionSteps(
        tuple(following),
        tuple(measuring),
        _deferred_steps(
            options,
            smooth,
            measuring,
            model,
            renames_returned=is_top_down and takes_one_pass and not is_realtime(options),
        ),
        selector,
        angle_meter,
        repetitions,
        panels,
    )


def _angle_meter(data: DataOptions) -> AngleMeter | None:
    """Return the step that measures angles; None if none are asked for."""
    if not data.measured_angles:
        return None
    from livepose.analysis.angle_meter import AngleMeter

    return AngleMeter(data.measured_angles, labels=True)


def _repetitions(data: DataOptions) -> tuple[Repetitions, ...]:
    """Return the steps that count repetitions, one for each rule."""
    if not data.repetitions:
        return ()
    from livepose.analysis.repetitions import Repetitions

    return tuple(Repetitions(rule, data.measured_angles) for rule in data.repetitions)


def _deferred_steps(
    options: Options,
    smooth: Smooth,
    measuring: list[MotionStep],
    model: PoseModel | None,
    *,
    renames_returned: bool,
) -> DeferredSteps | None:
    """Return what waits for later frames, with the steps that measure; None if nothing does.

    Args:
        options: Of the run.
        smooth: How points are smoothed.
        measuring: The steps that come last.
        model: Follows tracks backwards in time.
        renames_returned: Whether people who were lost and are back get their ids from the first
            frame on, and not from that on in which the tracker recognizes them.
    """
    fills_gaps = options.data.fill_frames is not None or is_best(options)
    if not (fills_gaps or renames_returned or smooth is Smooth.BUTTERWORTH):
        return None
    from livepose.motion.deferred import DeferredSteps

    before = _gap_filters(options, model) if fills_gaps else []
    if renames_returned:
        from livepose.motion.returned_people import ReturnedPeople

        before.insert(0, ReturnedPeople())
    smoother = _butterworth(options) if smooth is Smooth.BUTTERWORTH else None
    return DeferredSteps(smoother, measuring, before=before)


def _painted_steps(style: StyleOptions, *, finds_one: bool) -> Iterator[MotionStep]:
    """Yield the steps that find out what is painted besides skeletons."""
    if style.blur_faces:
        from livepose.motion.face_regions import FaceRegions

        yield FaceRegions()
    if style.against is not None:
        yield _ghost(style.against, style.lead_s)
    if style.trail:
        from livepose.motion.trails import Trails

        yield Trails(style.trail)
    if not finds_one:
        from livepose.motion.color_numbers import ColorNumbers

        yield ColorNumbers(len(PEOPLE_COLORS))


def _ghost(path: Path, lead_s: float) -> MotionStep:
    """Return the step that lays a saved take over the person."""
    from livepose.analysis.comparison.live_ghost import LiveGhost
    from livepose.analysis.comparison.take import make_take
    from livepose.export.jsonl_reader import read_jsonl

    _, records = read_jsonl(path)
    take = make_take((record.time_s, record.poses) for record in records)
    return LiveGhost(take, lead_s=lead_s)


def _steps_of_saved_poses(smooth: Smooth) -> list[MotionStep]:
    """Return the steps of poses that are tracked, mended and selected: they may be smoothed."""
    steps: list[MotionStep] = []
    if smooth is not Smooth.KEEP:
        from livepose.motion.smoothing.points import RestoreRaw

        steps.append(RestoreRaw())
    if smooth is Smooth.ONE_EURO:
        from livepose.motion.smoothing.one_euro import OneEuro

        steps.append(OneEuro())
    return steps


def _panels(data: DataOptions, clip_s: float | None) -> Panels | None:
    """Return the step that fills counters and curves; None if none are asked for."""
    if not (data.plot or data.counter):
        return None
    from livepose.analysis.curve_history import CurveHistory
    from livepose.analysis.panels import Panels
    from livepose.core.panels import MAX_COUNTERS, MAX_PLOTS, plots_of

    plots = [title for title, _ in plots_of(data.plot)]
    rules = rule_labels(data.repetitions) if data.counter else ()
    for flag, shown, limit in (("--plot", plots, MAX_PLOTS), ("--counter", rules, MAX_COUNTERS)):
        if len(shown) > limit:
            _log.warning(
                "%s shows the first %d, and not: %s", flag, limit, ", ".join(shown[limit:])
            )
    curves = CurveHistory(data.plot, clip_s) if data.plot else None
    return Panels(data.repetitions if data.counter else (), curves)


def _butterworth(options: Options) -> Butterworth:
    from livepose.motion.smoothing.butterworth import CUTOFF_HZ, Butterworth

    return Butterworth(cutoff_hz=options.people.cutoff_hz or CUTOFF_HZ)


def _gap_filters(options: Options, model: PoseModel | None) -> list[DeferredFilter]:
    """Return what mends tracks: with the best effort looked for backwards, and then filled."""
    from livepose.motion.smoothing.gap_filler import GapFiller

    filters: list[DeferredFilter] = [GapFiller(max_frames=options.data.fill_frames)]
    if not is_best(options):
        return filters
    if model is None or model.max_people > 1 or takes_two_passes(options, model.max_people):
        return filters
    # One who was selected is looked for from when they were selected on.
    if options.people.select is None:
        filters.insert(0, backward_search(options, model))
    return filters


def backward_search(options: Options, model: PoseModel) -> BackwardSearch:
    """Return what follows tracks backwards in time, as the options ask for it."""
    from livepose.motion.backward_search import BackwardSearch

    return BackwardSearch(model, max_people=options.people.max_people, levels=options.model.levels)
