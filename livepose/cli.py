"""Words typed -> Options -> one call; messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import typer
from click import ClickException

from livepose import cli_more_options as more
from livepose import cli_options as arg
from livepose.cli_bench import bench_command
from livepose.cli_models import models_app
from livepose.cli_render import render_options
from livepose.cli_runs import FAILURE, run_photo, run_stream
from livepose.cli_values import (
    checked_start_s,
    data_of,
    one_source,
    parsed_size,
    refuse_endless,
    refuse_misplaced,
    style_of,
)
from livepose.core.errors import LivePoseError, OptionError
from livepose.draw import Background
from livepose.keypoints import keypoints_of
from livepose.models import RuntimeName, load_model
from livepose.models.locate import finds_several
from livepose.models.movenet import PEOPLE_PX
from livepose.options import Options, PeopleOptions, Rotate, Smooth
from livepose.photo import LOOKS
from livepose.sinks.encoder import Quality
from livepose.sinks.window import KEY_HELP
from livepose.terminal import say, show_log

USAGE_ERROR = 2

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Keys in the window: "
    + "; ".join(f"{key} {meaning}" for key, meaning in KEY_HELP)
    + ".",
)
app.add_typer(models_app, name="models")
app.command("bench")(bench_command)


@app.command("render")
@wraps(render_options)
def render_command(**given: Any) -> None:
    raise typer.Exit(run_stream(render_options(**given)))


@app.callback(invoke_without_command=True)
def watch(
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
) -> None:
    """Live pose skeletons from a webcam, a video, a picture or the built-in figure.

    livepose --camera 0  |  livepose --video clip.mp4 --out annotated.mp4  |  livepose --demo
    """
    if context.invoked_subcommand is not None:
        return
    refuse_endless({"--threshold": threshold, "--fps": fps, "--start": start, "--end": end})
    kind, source = one_source(camera, video, image, demo)
    refuse_misplaced(
        kind,
        for_cameras={"--size": size, "--fps": fps},
        for_videos={"--start": start, "--end": end},
        for_demos={"--scene": scene},
        for_all_but_pictures={
            "--max-frames": max_frames,
            "--quality": quality,
            "--trail": trail,
            "--reps": reps,
            "--report": report,
            "--send": send,
            "--virtual-camera": virtual_camera or None,
        },
    )
    people = PeopleOptions(
        people_size,
        select,
        smooth,
        swap_guard,
        rotate,
        blur_faces,
        keypoints_of("--trail", trail) if trail else frozenset(),
    )
    data = data_of(
        save or (), save_threshold, height, angles, reps or (), report, send or (), virtual_camera
    )
    looks = style_of(
        threshold,
        mirror,
        style,
        background,
        boxes,
        hide,
        shows_several=finds_several(model) and select is None,
    )
    if kind is None:
        raise typer.Exit(
            run_photo(
                Path(source),
                out,
                looks,
                lambda progress: load_model(
                    model, runtime, pictures=LOOKS, people_px=people_size, progress=progress
                ),
                crop=crop,
                overwrite=overwrite,
                show_window=show_window,
                people=people,
                data=data,
            )
        )
    options = Options(
        kind=kind,
        source=scene or source,
        out=out,
        model=model,
        runtime=runtime,
        style=looks,
        show=show_window,
        size_px=parsed_size(size),
        frame_rate=fps,
        crop=crop,
        overwrite=overwrite,
        quality=quality or Quality.FAST,
        start_s=checked_start_s(start, end),
        end_s=end,
        max_frames=max_frames,
        people=people,
        data=data,
    )
    raise typer.Exit(run_stream(options))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and give its exit code.

    0 done; 1 it could not be done; 2 a wrong option; 130 after Ctrl-C, 143 after SIGTERM. Errors
    are one sentence on stderr; with LIVEPOSE_DEBUG=1 they keep their traceback.
    """
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    show_log()
    try:
        return int(command.main(given or ["--help"], "livepose", standalone_mode=False) or 0)
    except KeyboardInterrupt:
        say("interrupted")
        return 128 + signal.SIGINT
    except (ClickException, OptionError) as error:
        return _fail(error, USAGE_ERROR)
    except LivePoseError as error:
        return _fail(error, FAILURE)
    except Exception as error:
        if not _debugs():
            say(f"livepose: unexpected {type(error).__name__}: {error}", "red")
            say("please report this; LIVEPOSE_DEBUG=1 shows where it happened")
            return FAILURE
        raise


def _fail(error: Exception, code: int) -> int:
    if _debugs():
        raise error
    text = error.format_message() if isinstance(error, ClickException) else str(error)
    if not text:  # Typer has shown the help instead
        return code
    hint = "  (livepose --help lists the options)" if isinstance(error, ClickException) else ""
    say(f"livepose: {text}{hint}", "red")
    return code


def _debugs() -> bool:
    return os.environ.get("LIVEPOSE_DEBUG") == "1"
