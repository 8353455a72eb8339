"""The rules about what is written, where, and who may connect."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.export import FORMATS, check_angles, check_name_length, check_path
from livepose.session.decisions import wants_page, wants_viewer
from livepose.session.options import Options
from livepose.sinks.image import annotated_path, check_image_target
from livepose.system.targets import check_location

_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
_REPORT_SUFFIXES = (".html", ".png")
_UNWRITTEN_SUFFIXES = {".avi": ".mp4", ".webm": ".mp4", ".pdf": ".html"}
"""Kinds of files that no option writes, and what is written instead."""


def check_outputs(options: Options) -> None:
    """Check the names of the files to write, and the addresses to send to.

    Raises:
        OptionError: If a format or an address is unknown, if a file is given twice or is an input,
            if it holds angles and none are measured, or if an option has no effect.
        SinkError: If a file cannot be there; `TargetExists` if it exists.
        RuntimeMissing: If the package for the report is not installed.
    """
    data, overwrite = options.data, options.output.overwrite
    _check_out(options)
    _check_places(options)
    for path in data.save:
        check_path(path, overwrite=overwrite)
        if options.poses is None:  # a recording may have angles of its own
            check_angles(path, data.measured_angles)
    for path in data.reports:
        from livepose.analysis.report.report import check_report

        check_report(path, overwrite=overwrite)
    for url in options.streaming.send:
        from livepose.send.address import parse  # it imports sockets, which few runs need

        parse(url)
    check_servers(options)
    if options.output.save_dir is not None and not wants_viewer(options):
        raise OptionError("--out-dir has no effect: it is for what a window or a page saves")


def check_servers(options: Options) -> None:
    """Check who may connect, and whether anybody can.

    Raises:
        OptionError: If an origin or a token is unfit, or has no effect as nobody can connect.
    """
    if options.streaming.allowed_origins:
        from livepose.system.origins import check_origin

        for origin in options.streaming.allowed_origins:
            check_origin(origin)
        if not _serves(options):
            raise OptionError(
                "--allow-origin has no effect: it is for --web PORT and --send ws://HOST:PORT"
            )
    if options.output.token is not None:
        from livepose.system.access_tokens import check_token

        check_token(options.output.token)
        if not _serves(options):
            raise OptionError(
                "--token has no effect: it is for --web PORT and --send ws://HOST:PORT"
            )


def _serves(options: Options) -> bool:
    """Return whether others connect to this program."""
    urls = options.streaming.send
    return wants_page(options) or any(url.lower().startswith("ws://") for url in urls)


def check_kinds(options: Options) -> None:
    """Check that no file is of the kind that another option writes.

    Raises:
        OptionError: If one is.
    """
    out = options.output.out
    if out is not None and out.name.lower().endswith(tuple(FORMATS)):
        raise OptionError(f"--out writes pictures: for {out}, give --save {out}")
    for path in options.data.save:
        suffix = path.suffix.lower()
        if suffix in _UNWRITTEN_SUFFIXES:
            suffix = _UNWRITTEN_SUFFIXES[suffix]
            path = path.with_suffix(suffix)
        if suffix in _VIDEO_SUFFIXES:
            raise OptionError(f"--save writes poses: for a video, give --out {path}")
        if suffix in _REPORT_SUFFIXES:
            raise OptionError(f"--save writes poses: for a report on angles, give --report {path}")


def _check_places(options: Options) -> None:
    """Check where files of poses and reports are to be, whatever is in them."""
    for path in options.data.save:
        check_name_length(path)
    files = options.data.files
    for number, path in enumerate(files):
        check_location(path, options.source.path)
        check_location(path, None if options.poses is None else options.poses.path)
        check_location(path, options.style.against)
        if path.resolve() in [other.resolve() for other in files[:number]]:
            raise OptionError(f"{path} is given twice: each file needs a name of its own")


def _check_out(options: Options) -> None:
    out, source, overwrite = options.output.out, options.source, options.output.overwrite
    if source.image is not None:
        if out is not None or options.annotates_image:
            target = out or annotated_path(source.image)
            check_image_target(target, overwrite=overwrite, source=source.path)
    elif out is not None:
        from livepose.sinks.part_file import check_video_target  # with PyAV, for videos only

        check_video_target(out, source.path, overwrite=overwrite)
