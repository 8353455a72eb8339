"""Words typed -> Options -> one call; messages and exit codes."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from typer.exceptions import TyperException

from livepose import cli_options as arg
from livepose.app import Options, SourceKind, Summary, run
from livepose.cli_models import models_app
from livepose.core.errors import LivePoseError, OptionError
from livepose.draw import Style
from livepose.interrupts import Interrupts
from livepose.models import RuntimeName, load_model
from livepose.photo import annotate, show
from livepose.sinks.window import KEY_HELP, display_problem
from livepose.terminal import Live, print_keypoints, print_summary, say, show_log

FAILURE, USAGE_ERROR = 1, 2
_SIZE = re.compile(r"(\d{1,5})[xX](\d{1,5})")

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Keys in the window: "
    + "; ".join(f"{key} {meaning}" for key, meaning in KEY_HELP)
    + ".",
)
app.add_typer(models_app, name="models")


@app.callback(invoke_without_command=True)
def watch(
    context: typer.Context,
    camera: arg.Camera = None,
    video: arg.Video = None,
    image: arg.Image = None,
    demo: arg.Demo = False,
    size: arg.Size = None,
    fps: arg.Fps = None,
    start: arg.Start = None,
    end: arg.End = None,
    max_frames: arg.MaxFrames = None,
    out: arg.Out = None,
    overwrite: arg.Overwrite = False,
    show_window: arg.ShowWindow = None,
    mirror: arg.Mirror = False,
    threshold: arg.Threshold = 0.3,
    model: arg.Model = "lightning",
    runtime: arg.Runtime = RuntimeName.AUTO,
    crop: arg.Crop = True,
    version: arg.Version = False,
) -> None:
    """Live pose skeletons from a webcam, a video, a picture or the built-in figure.

    livepose --camera 0  |  livepose --video clip.mp4 --out annotated.mp4  |  livepose --demo
    """
    if context.invoked_subcommand is not None:
        return
    kind, source = _one_source(camera, video, image, demo)
    _refuse_misplaced(
        kind, {"--size": size, "--fps": fps}, {"--start": start, "--end": end}, max_frames
    )
    style = Style(min_score=threshold, mirror=mirror)
    if kind is None:
        raise typer.Exit(
            _photo(Path(source), out, style, (model, runtime), crop, overwrite, show_window)
        )
    options = Options(
        kind=kind,
        source=source,
        out=out,
        model=model,
        runtime=runtime,
        min_score=threshold,
        mirror=mirror,
        show=show_window,
        size_px=_size(size),
        frame_rate=fps,
        crop=crop,
        overwrite=overwrite,
        start_s=_part(start, end),
        end_s=end,
        max_frames=max_frames,
    )
    raise typer.Exit(_stream(options))


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
    except (TyperException, OptionError) as error:
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
    text = error.format_message() if isinstance(error, TyperException) else str(error)
    hint = "  (livepose --help lists the options)" if isinstance(error, TyperException) else ""
    say(f"livepose: {text}{hint}", "red")
    return code


def _debugs() -> bool:
    return os.environ.get("LIVEPOSE_DEBUG") == "1"


def _one_source(
    camera: str | None, video: Path | None, image: Path | None, demo: bool
) -> tuple[SourceKind | None, str]:
    """Find the one source that was given; a picture has no kind."""
    given: list[tuple[SourceKind | None, str]] = []
    if camera is not None:
        given.append((SourceKind.CAMERA, camera))
    if video is not None:
        given.append((SourceKind.VIDEO, str(video)))
    if image is not None:
        given.append((None, str(image)))
    if demo:
        given.append((SourceKind.DEMO, ""))
    if len(given) != 1:
        raise OptionError("give one of --camera, --video, --image and --demo")
    return given[0]


def _refuse_misplaced(
    kind: SourceKind | None,
    for_cameras: dict[str, object],
    for_videos: dict[str, object],
    max_frames: int | None,
) -> None:
    """An option that would have no effect is a mistake, and is said to be one."""
    if kind not in (SourceKind.CAMERA, SourceKind.DEMO):
        _refuse(for_cameras, "is for --camera and --demo")
    if kind is not SourceKind.VIDEO:
        _refuse(for_videos, "is for --video")
    if kind is None:
        _refuse({"--max-frames": max_frames}, "is not for --image")


def _refuse(options: dict[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"{name} {why}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None or "0" in match.groups():
        raise OptionError(f"--size {text} is not a size: write it as 1280x720")
    return int(match[1]), int(match[2])


def _part(start_s: float | None, end_s: float | None) -> float:
    if end_s is not None and end_s <= (start_s or 0.0):
        raise OptionError(f"--end {end_s:g} is not behind --start {start_s or 0.0:g}")
    return start_s or 0.0


def _stream(options: Options) -> int:
    interrupts = Interrupts()
    note = ""
    if options.show is None and options.out is None and display_problem():
        note = f"nothing is shown: {display_problem()}; --out FILE writes a video"
    with interrupts.handled(), Live(note) as live:
        summary = run(options, live.listener(), interrupts)
    print_summary(summary)
    return _exit_code(summary, interrupts)


def _exit_code(summary: Summary, interrupts: Interrupts) -> int:
    if summary.complaint:
        say(f"livepose: {summary.complaint}", "red")
        return FAILURE
    return 128 + interrupts.received if interrupts.received else 0


def _photo(
    picture: Path,
    out: Path | None,
    style: Style,
    model: tuple[str, RuntimeName],
    crop: bool,
    overwrite: bool,
    show_window: bool | None,
) -> int:
    interrupts = Interrupts()
    with interrupts.handled(), Live() as live:
        photo = annotate(
            picture,
            lambda: load_model(*model, progress=live.listener().on_download),
            target=out,
            style=style,
            crop=crop,
            overwrite=overwrite,
        )
        print_keypoints(photo)
        if show_window or (show_window is None and not display_problem()):
            with interrupts.deferred():
                show(photo, lambda: interrupts.received is not None)
    return 128 + interrupts.received if interrupts.received else 0
