"""What files of poses say of the run that wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from livepose.core.frame import StreamInfo
from livepose.core.interfaces import PoseModel
from livepose.export import RecordingMetadata, format_of
from livepose.export.metadata import Setting
from livepose.session.decisions import follows_several, predicts_hidden, smoothing_of
from livepose.session.opened_source import with_frame_count
from livepose.session.options import Effort, Options, Smooth
from livepose.system.files import readable_name


def recording_metadata(options: Options, info: StreamInfo, model: PoseModel) -> RecordingMetadata:
    """Return the metadata of a run with a model.

    Args:
        options: Of the run.
        info: Of the source, with all of its frames.
        model: What finds the people.
    """
    settings = dict(settings_of(options))
    if predicts_hidden(options, model.max_people):
        settings["hidden"] = "predicted"
    max_frames = options.source.max_frames
    if max_frames and info.frame_count is not None and info.frame_count > max_frames:
        settings["clip_frames"] = info.frame_count
    # The hash is made of all of the model's file: only for those who want it.
    wants_hash = any(format_of(path) == ".jsonl" for path in options.data.save)
    return RecordingMetadata(
        with_frame_count(info, max_frames),
        readable_name(model.name),
        model.sha256() if wants_hash else "",
        settings,
        options.data.measured_angles,
        model.skeleton,
    )


def replay_metadata(
    options: Options, info: StreamInfo, recorded: RecordingMetadata
) -> RecordingMetadata:
    """Return the metadata of a run that takes its poses from a recording."""
    smooth = smoothing_of(options)
    changed: dict[str, Setting] = {} if smooth is Smooth.KEEP else {"smooth": smooth.value}
    kept = dict(recorded.settings)
    if smooth is not Smooth.KEEP:
        kept.pop("cutoff_hz", None)
    return replace(
        recorded,
        info=info,
        was_live=recorded.has_utc,
        settings={**kept, **changed, **_filters_of(options)},
        angle_names=options.data.measured_angles or recorded.angle_names,
    )


def _filters_of(options: Options) -> dict[str, Setting]:
    """Return the settings of filters, as far as they are not the usual ones."""
    cutoff_hz, fill_frames = options.people.cutoff_hz, options.data.fill_frames
    cutoff: dict[str, Setting] = {} if cutoff_hz is None else {"cutoff_hz": cutoff_hz}
    fill: dict[str, Setting] = {} if fill_frames is None else {"fill": fill_frames}
    return cutoff | fill


def settings_of(options: Options) -> Mapping[str, Setting]:
    """Return how poses are made of what the network finds."""
    people = options.people
    several = {"people": people.max_people or "all"} if follows_several(options) else {}
    levels = {} if options.model.levels else {"levels": False}
    effort = {"effort": options.model.effort.value} if options.model.effort is Effort.BEST else {}
    return several | {
        "smooth": smoothing_of(options).value,
        "swap_guard": people.swap_guard,
        "rotate": people.rotate.value,
        "select": people.select.value if people.select else "",
        "crop": options.model.crop,
        **levels,
        **effort,
        **_filters_of(options),
        "people_px": options.model.people_px,
        "start_s": options.source.start_s,
        "end_s": options.source.end_s or 0.0,
        "max_frames": options.source.max_frames or 0,
    }
