"""The models of a run, joined to what is remembered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from livepose.analysis.angle_definitions import check_measurable
from livepose.core.frame import StreamInfo
from livepose.core.interfaces import PoseEstimator, PoseModel
from livepose.export import RecordingMetadata
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.lazy import OnDemand
from livepose.models.movenet import MAX_PEOPLE
from livepose.models.subprocesses import Progress
from livepose.motion import Estimator, WholeFrame
from livepose.motion.tracking.subject import Select
from livepose.session.motion_steps import (
    Memory,
    memory_of,
    memory_of_recording,
    rotation_of,
    settings_of,
)
from livepose.session.options import Options, Smooth
from livepose.session.replay import Replay
from livepose.system.thread_budget import frame_threads, frames_in_flight, network_threads

_log = logging.getLogger(__name__)
_FIRST_PICTURES = 300
_USUAL_RATE = 30


@dataclass(frozen=True, slots=True)
class Looking:
    """What looks at frames."""

    estimator: PoseEstimator
    memory: Memory
    recording: RecordingMetadata
    """What files of poses say of the run."""
    threads: int
    """How many look side by side."""


def open_looking(
    stack: ExitStack, options: Options, info: StreamInfo, is_watched: bool, progress: Progress
) -> Looking:
    """Load the models, and make the estimator of a run.

    Args:
        stack: closes what is opened.
        options: of the run.
        info: of the source.
        is_watched: whether somebody waits for each frame.
        progress: called during downloads.

    Raises:
        ModelError: a model cannot be had.
        RuntimeMissing: a runtime's package is not installed.
    """
    threads = frame_threads(is_watched)
    in_flight = frames_in_flight(threads, float(info.frame_rate or _USUAL_RATE))
    if options.poses is not None:
        memory = memory_of_recording(options)
        replay = Replay(options.poses, memory.steps, in_flight)
        check_measurable(options.data.measured_angles, replay.recording.skeleton)
        return Looking(replay, memory, _recording_again(options, info, replay), threads)
    # Who watches waits for the first frame: only a network that is slow is worth a slow start.
    pictures = _FIRST_PICTURES if is_watched else info.frame_count

    def load(name: str) -> PoseModel:
        return load_model(
            name,
            options.model.runtime,
            threads=network_threads(threads),
            side_by_side=threads,
            pictures=pictures,
            people_px=options.model.people_px,
            frame_px=(info.width_px, info.height_px),
            progress=progress,
        )

    model = stack.enter_context(load(options.model.name))
    check_measurable(options.data.measured_angles, model.skeleton)
    if options.style.blur_faces and model.max_people == 1:
        _log.warning(
            "%s looks at one person, and that one's face is hidden alone: "
            "--model multipose hides those of six",
            model.name,
        )
    memory = memory_of(options, model.max_people)
    estimator = Estimator(
        model,
        crop=None if options.model.crop else WholeFrame(),
        steps=memory.steps,
        detector=_open_detector(stack, options, model, is_watched, load),
        rotation=rotation_of(options.people.rotate),
        in_flight=in_flight,
    )
    return Looking(estimator, memory, recording_of(options, info, model), threads)


def recording_of(options: Options, info: StreamInfo, model: PoseModel) -> RecordingMetadata:
    """Say what files of poses are to say of a run."""
    # Reading all of the model's file for its hash is for those who want it.
    wants_hash = any(path.suffix.lower() == ".jsonl" for path in options.data.save)
    return RecordingMetadata(
        info,
        model.name,
        model.sha256() if wants_hash else "",
        settings_of(options),
        options.data.measured_angles,
        model.skeleton,
    )


def _open_detector(
    stack: ExitStack,
    options: Options,
    model: PoseModel,
    is_watched: bool,
    load: Callable[[str], PoseModel],
) -> PoseModel | None:
    """Give what finds everybody, for a model of one person of whom one is to be chosen."""
    if model.max_people > 1:
        return None
    if options.people.select not in (None, Select.ANY):
        return stack.enter_context(load(MULTIPOSE.name))
    if not is_watched:
        return None
    # A key may ask for somebody else.
    return stack.enter_context(OnDemand(MULTIPOSE.name, MAX_PEOPLE, lambda: load(MULTIPOSE.name)))


def _recording_again(options: Options, info: StreamInfo, replay: Replay) -> RecordingMetadata:
    """Say what files of poses are to say that are made of such a file."""
    recorded, smooth = replay.recording, options.people.smooth
    settings = {} if smooth is Smooth.KEEP else {"smooth": smooth.value}
    return replace(
        recorded,
        info=info,
        settings={**recorded.settings, **settings},
        angle_names=options.data.measured_angles or recorded.angle_names,
    )
