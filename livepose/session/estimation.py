"""The estimation of a run: its models, its estimator and its motion steps.

Here it is decided which models are loaded, how many threads they get, and what crop and rotation
the estimator uses. Poses come from a network, or from a recording (`options.poses`) in its place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from livepose.analysis.angle_definitions import check_measurable
from livepose.core.frame import USUAL_RATE, StreamInfo
from livepose.core.interfaces import MotionStep, PoseEstimator, PoseModel
from livepose.export import RecordingMetadata
from livepose.export.pose_file import PoseFile
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.progress import Progress, no_progress
from livepose.motion import Estimator, WholeFrame
from livepose.motion.crop import Crop, SmartCrop
from livepose.motion.rotation import AutoRotation, FixedRotation
from livepose.session.decisions import (
    detects_people,
    follows_several,
    model_name_of,
    predicts_hidden,
    takes_two_passes,
)
from livepose.session.kept_models import KeptModels, ModelLoader, load_at_sizes
from livepose.session.metadata import recording_metadata, replay_metadata
from livepose.session.motion_steps import MotionSteps, backward_search, motion_steps
from livepose.session.opened_source import with_frame_count
from livepose.session.options import Effort, Options, Rotate
from livepose.session.validation.model import check_selectable
from livepose.system.thread_budget import (
    PIPELINE_THREADS,
    frame_threads,
    frames_in_flight,
    network_threads,
    people_threads,
)

if TYPE_CHECKING:
    from livepose.motion.top_down import TopDownEstimator
    from livepose.session.two_passes import TwoPasses

_log = logging.getLogger(__name__)

_REALTIME_FRAMES = 300
"""For the choice of a runtime: a slow start is worth its while only if it pays within so many."""
_EXPECTED_PEOPLE = 3
"""For the same choice: how many people a frame has where everybody is followed."""
_QUARTER_TURNS = {Rotate.NONE: 0, Rotate.LEFT: 1, Rotate.OVER: 2, Rotate.RIGHT: 3}


@dataclass(frozen=True, slots=True, eq=False)
class Estimation:
    """What makes poses of frames, for one run."""

    estimator: PoseEstimator
    steps: MotionSteps
    """Those that the estimator applies, and those that are deferred."""
    metadata: RecordingMetadata
    """What files of poses say of the run."""
    threads: int
    """How many threads take frames side by side."""
    is_replay: bool = False
    """Whether poses were saved before, and no network runs."""
    two_passes: TwoPasses | None = None
    """Finds people in a first pass, whom `estimator` returns in the second; None if there is one
    pass."""

    @property
    def description(self) -> str:
        """Where poses come from, for people: `lightning on LiteRT`."""
        return f"saved poses of {self.metadata.model}" if self.is_replay else self.metadata.model


@contextmanager
def open_estimation(
    options: Options,
    info: StreamInfo,
    *,
    is_realtime: bool,
    progress: Progress = no_progress,
    load: ModelLoader | None = None,
    kept: KeptModels | None = None,
) -> Iterator[Estimation]:
    """Load the models of a run and create its estimator; the models are closed at the end.

    Args:
        options: Of the run.
        info: Of the source, with all of its frames.
        is_realtime: Whether somebody waits for each frame.
        progress: Called during downloads.
        load: Loads the models; `load_model` with the run's options unless given.
        kept: Models that stay loaded from run to run, in the place of models of this run's own.

    Raises:
        OptionError: If an angle cannot be measured with the model's keypoints.
        ModelError: If a model cannot be loaded.
        RuntimeMissing: If a runtime's package is not installed.
    """
    threads = frame_threads(is_realtime) if kept is None else kept.threads
    clip, info = info, with_frame_count(info, options.source.max_frames)
    # How many frames are in flight decides how each is cropped: with kept models that depends on
    # the video alone, and not on how many threads there are for it.
    in_flight = frames_in_flight(
        threads if kept is None else PIPELINE_THREADS, float(info.frame_rate or USUAL_RATE)
    )
    if options.poses is not None:
        yield _estimation_of_saved_poses(options, options.poses, info, in_flight, threads)
        return

    side_by_side = people_threads(threads) if follows_several(options) and kept is None else 1
    loader = _ModelLoader(options, info, is_realtime, threads, side_by_side, progress)
    load = load or (loader.load if kept is None else kept.loader(info))
    with ExitStack() as stack:
        model = stack.enter_context(load(model_name_of(options)))
        check_measurable(options.data.measured_angles, model.skeleton)
        warn_of_visible_faces(options, model)
        detector = _load_detector(options, model, load, is_realtime=is_realtime)
        if detector is not None:
            stack.enter_context(detector)
        metadata = recording_metadata(options, clip, model)
        if side_by_side > 1 and detector is not None:
            from livepose.pipeline.parallel_model import ParallelModel

            model = stack.enter_context(ParallelModel(model, side_by_side))
        steps = motion_steps(options, model.max_people, model, clip_s=_clip_s(info))
        frame_s = None
        if takes_turns(options, info, is_realtime=is_realtime):
            frame_s = 1 / float(info.frame_rate or USUAL_RATE)
        if takes_two_passes(options, model.max_people):
            from livepose.session.two_passes import TwoPasses

            finder = create_estimator(options, model, detector, (), in_flight)
            search = backward_search(options, model)
            passes = stack.enter_context(TwoPasses(finder, search, steps.immediate, threads))
            yield Estimation(passes.estimator, steps, metadata, threads, two_passes=passes)
            return
        estimator = create_estimator(options, model, detector, steps.immediate, in_flight, frame_s)
        yield Estimation(estimator, steps, metadata, threads)


@dataclass(frozen=True, slots=True)
class _ModelLoader:
    """Loads the models of one run, each with its share of the cores."""

    options: Options
    info: StreamInfo
    is_realtime: bool
    threads: int
    """How many threads take frames side by side."""
    side_by_side: int
    """How many people of one frame are inferred at once."""
    progress: Progress

    def load(self, name: str) -> PoseModel:
        """Load a model, ready for the frames of the run.

        Raises:
            ModelError: If it cannot be loaded.
            RuntimeMissing: If a runtime's package is not installed.
        """
        loaded = load_at_sizes(self.options.model, name, partial(self._load_at, name))
        loaded.warm_up(self.info.width_px, self.info.height_px)
        return loaded

    def _load_at(self, name: str, people_px: int) -> PoseModel:
        options = self.options.model
        is_shared = self.side_by_side > 1 and name != MULTIPOSE.name
        frames = _REALTIME_FRAMES if self.is_realtime else self.info.frame_count
        return load_model(
            name,
            options.runtime,
            trust=options.trust,
            threads=1 if is_shared else network_threads(self.threads),
            concurrency=self.threads * self.side_by_side if is_shared else self.threads,
            expected_frames=expected_images(self.options, name, frames),
            people_px=people_px,
            mirrored=options.effort is Effort.BEST,
            progress=self.progress,
        )


def expected_images(options: Options, name: str, frames: int | None) -> int | None:
    """Return how many images a model is to see in a run, for the choice of a runtime.

    Args:
        options: Of the run.
        name: Of the model; one of one person sees each person by themselves.
        frames: How many there will be; None if there is no end, or if that is unknown.
    """
    if frames is None or name == MULTIPOSE.name or not follows_several(options):
        return frames
    return frames * min(_EXPECTED_PEOPLE, options.people.max_people or _EXPECTED_PEOPLE)


def _estimation_of_saved_poses(
    options: Options, poses: PoseFile, info: StreamInfo, in_flight: int, threads: int
) -> Estimation:
    """Return what has saved poses in the place of a network's."""
    from livepose.session.replay import ReplayEstimator

    steps = motion_steps(options, MULTIPOSE.max_people, clip_s=_clip_s(info))
    replay = ReplayEstimator(poses, steps.immediate, in_flight)
    check_measurable(options.data.measured_angles, replay.metadata.skeleton)
    metadata = replay_metadata(options, info, replay.metadata)
    return Estimation(replay, steps, metadata, threads, is_replay=True)


def _load_detector(
    options: Options, model: PoseModel, load: ModelLoader, *, is_realtime: bool
) -> PoseModel | None:
    """Return what finds several people for a model of one; None if nobody asks for them."""
    if needs_detector(options, model):
        return load(MULTIPOSE.name)
    if not is_realtime or model.max_people > 1 or model.skeleton != MULTIPOSE.skeleton:
        return None
    # A key may ask for another person at any time.
    from livepose.models.lazy import LazyModel

    return LazyModel(
        MULTIPOSE.name,
        MULTIPOSE.max_people,
        lambda: load(MULTIPOSE.name),
        MULTIPOSE.skeleton,
    )


def _clip_s(info: StreamInfo) -> float | None:
    """Return how long a clip is; None if that is unknown."""
    if info.is_live or not (info.frame_count and info.frame_rate):
        return None
    return float(info.frame_count / info.frame_rate)


def _crop_of(options: Options, model: PoseModel, in_flight: int) -> Crop:
    if not options.model.crop or model.max_people > 1:
        return WholeFrame()
    return SmartCrop(in_flight=in_flight)


def needs_detector(options: Options, model: PoseModel) -> bool:
    """Return whether several people are to be detected for a model that sees only one.

    Raises:
        OptionError: If they cannot be detected, as the model's keypoints are not multipose's.
    """
    check_selectable(options, model.name, model.max_people, model.skeleton)
    return detects_people(options, model.max_people)


def warn_of_visible_faces(options: Options, model: PoseModel) -> None:
    """Warn if faces are to be blurred, and not everybody is looked for."""
    max_people = options.people.max_people
    if not options.style.blur_faces or max_people is None:
        return
    if model.max_people > 1:
        _log.warning(
            "%s finds at most %d people, so that only %d faces are blurred: --people all with "
            "lightning or thunder blurs everybody's",
            *(model.name, model.max_people, model.max_people),
        )
        return
    people = "1 person is" if max_people == 1 else f"{max_people} people are"
    faces = "1 face is" if max_people == 1 else f"{max_people} faces are"
    _log.warning(
        "%s followed, so that only %s blurred: --people all blurs everybody's", people, faces
    )


def takes_turns(options: Options, info: StreamInfo, *, is_realtime: bool) -> bool:
    """Return whether people take turns where there are more than a frame has time for.

    A video whose poses or frames are written to a file waits for everybody, even in a window.
    """
    is_kept = options.output.out is not None or bool(options.data.files)
    return is_realtime and (info.is_live or not is_kept)


def create_estimator(
    options: Options,
    model: PoseModel,
    detector: PoseModel | None,
    steps: Sequence[MotionStep],
    in_flight: int = 1,
    frame_s: float | None = None,
) -> Estimator | TopDownEstimator:
    """Create an estimator with the crop and the rotation that the options ask for.

    Args:
        options: Of the run.
        model: Finds poses.
        detector: Finds several people; None if nobody asks for them.
        steps: Applied to each result.
        in_flight: How many frames may be processed at once.
        frame_s: Seconds from frame to frame, for people to take turns; None to see all of them.
    """
    rotate = options.people.rotate
    if detector is not None and follows_several(options):
        from livepose.motion.frame_budget import FrameBudget
        from livepose.motion.top_down import TopDownEstimator

        return TopDownEstimator(
            model,
            detector,
            steps=steps,
            max_people=options.people.max_people,
            quarter_turns=_QUARTER_TURNS[rotate],
            levels=options.model.levels,
            in_flight=in_flight,
            budget=None if frame_s is None else FrameBudget(frame_s),
            predicts_hidden=predicts_hidden(options, detector.max_people),
        )
    return Estimator(
        model,
        crop=_crop_of(options, model, in_flight),
        steps=steps,
        detector=detector,
        levels=options.model.levels,
        rotation=(
            AutoRotation() if rotate is Rotate.AUTO else FixedRotation(_QUARTER_TURNS[rotate])
        ),
        in_flight=in_flight,
    )
