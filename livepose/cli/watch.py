"""The options of `livepose` itself."""

from __future__ import annotations

import typer

from livepose.cli import arguments as arg
from livepose.cli import more_arguments as more
from livepose.cli.parsing import (
    checked_start_s,
    data_of,
    one_source,
    parsed_size,
    people_of,
    refuse_endless,
    style_of,
)
from livepose.draw import Background
from livepose.models import RuntimeName
from livepose.models.files.resolve import finds_several
from livepose.models.movenet import PEOPLE_PX
from livepose.session.options import Options, Rotate, Smooth
from livepose.sinks import Quality


def watch_options(
    context: typer.Context,
    camera: arg.Camera = None,
    video: arg.Video = None,
    image: arg.Image = None,
    demo: arg.Demo = False,
    scene: arg.Scene = None,
    size: arg.Size = None,
    fps: arg.Fps = None,
    start: arg.Start = None,
    end: arg.End = None,
    max_frames: arg.MaxFrames = None,
    out: arg.Out = None,
    overwrite: arg.Overwrite = False,
    quality: arg.VideoQuality = None,
    show_window: arg.ShowWindow = None,
    mirror: arg.Mirror = False,
    threshold: arg.Threshold = 0.3,
    model: arg.Model = "lightning",
    runtime: arg.Runtime = RuntimeName.AUTO,
    crop: arg.Crop = True,
    people_size: arg.PeopleSize = PEOPLE_PX,
    select: more.WhomToSelect = None,
    smooth: more.Smoothing = Smooth.ONE_EURO,
    swap_guard: more.Guard = True,
    rotate: more.Turn = Rotate.NONE,
    style: more.Look = None,
    background: more.Backdrop = Background.KEEP,
    boxes: more.Boxes = False,
    hide: more.Hide = None,
    blur_faces: more.BlurFaces = False,
    trail: more.Trail = None,
    save: more.Save = None,
    save_threshold: more.SaveThreshold = 0.1,
    height: more.Height = None,
    angles: more.AngleNames = None,
    reps: more.Reps = None,
    report: more.ReportFile = None,
    send: more.Send = None,
    virtual_camera: more.ToCamera = False,
    version: arg.Version = False,
) -> Options:
    """Live pose skeletons from a webcam, a video, a picture or the built-in figure.

    livepose --camera 0  |  livepose --video clip.mp4 --out annotated.mp4  |  livepose --demo
    """
    refuse_endless({"--threshold": threshold, "--fps": fps, "--start": start, "--end": end})
    kind, source = one_source(camera, video, image, demo)
    is_plural = finds_several(model) and select is None
    return Options(
        kind=kind,
        source=scene or source,
        out=out,
        model=model,
        runtime=runtime,
        style=style_of(threshold, mirror, style, background, boxes, hide, is_plural),
        show=show_window,
        size_px=parsed_size(size),
        frame_rate=fps,
        crop=crop,
        overwrite=overwrite,
        quality=quality or Quality.FAST,
        start_s=checked_start_s(start, end),
        end_s=end,
        max_frames=max_frames,
        people=people_of(people_size, select, smooth, swap_guard, rotate, blur_faces, trail),
        data=data_of(save, save_threshold, height, angles, reps, report, send, virtual_camera),
    )
