"""Options -> the source of a run's frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livepose.core.errors import OptionError, SourceError
from livepose.core.frame import USUAL_RATE, StreamInfo
from livepose.core.interfaces import Source
from livepose.session.callbacks import no_phone
from livepose.session.options import Options
from livepose.session.phone_camera import is_phone
from livepose.sources import open_camera, open_demo, open_video
from livepose.sources.limited import LimitedSource
from livepose.system.addresses import local_path

_DEMO_FRAMES = 300
"""How long the demo lasts where no window shows it and no length is asked for."""


def open_source_of(
    options: Options,
    *,
    has_window: bool,
    is_painted: bool,
    open_phone: Callable[[str, Options], Source] = no_phone,
    reports: bool = True,
) -> Source:
    """Open the source of the frames, of at most `max_frames` if it is not live.

    Args:
        options: Of the run.
        has_window: Whether there is a window, in which the demo is endless.
        is_painted: Whether frames are painted; if not, those of saved poses are not read.
        open_phone: Opens the source whose frames a phone sends; needed for `--camera phone`.
        reports: Whether what is unusual about a video is logged, and damage is reported at the end.
            Not for one that is read a second time.

    Raises:
        OptionError: If the source cannot be what it is said to be.
        SourceError: If it cannot be opened.
        SinkError: If the page for a phone cannot be served.
    """
    wanted = options.source
    source: Source
    if wanted.video is not None and options.poses is not None:
        from livepose.session.replay import BlankFrames, open_recorded_clip

        clip = Path(local_path(wanted.video))
        source = (
            open_recorded_clip(clip, options.poses) if is_painted else BlankFrames(options.poses)
        )
    elif wanted.camera is not None and is_phone(wanted.camera):
        source = open_phone(wanted.camera, options)
    elif wanted.camera is not None:
        source = open_camera(
            wanted.camera,
            size_px=wanted.size_px,
            frame_rate=wanted.frame_rate,
            give_up_s=wanted.give_up_s,
        )
    elif wanted.video is not None:
        video = local_path(wanted.video)
        if "://" in video:
            raise SourceError(f"{video} is an address: open it with --camera")
        source = open_video(
            Path(video),
            wanted.start_s,
            wanted.end_s,
            frame_rate=wanted.frame_rate,
            reports=reports,
        )
    elif wanted.image is not None:
        raise OptionError("a single image is not run through a pipeline: use annotate")
    else:
        is_endless = has_window and options.output.out is None
        source = open_demo(
            wanted.size_px or (640, 480),
            frame_rate=wanted.frame_rate or float(USUAL_RATE),
            frame_count=wanted.max_frames or (None if is_endless else _DEMO_FRAMES),
            scene=wanted.scene or "dance",
        )
    if wanted.max_frames is None or source.info.is_live:  # live, dropped frames do not count
        return source
    return LimitedSource(source, wanted.max_frames)


def with_frame_count(info: StreamInfo, max_frames: int | None) -> StreamInfo:
    """Return what is known of a source of which no more than `max_frames` are taken."""
    if max_frames is None or (info.frame_count is not None and info.frame_count < max_frames):
        return info
    return replace(info, frame_count=max_frames)
