"""Compare two takes of a movement: find the poses, align them, measure, write video and report."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from livepose.analysis.comparison.alignment import align, movement_start_s
from livepose.analysis.comparison.difference import Comparison, measure_difference
from livepose.analysis.comparison.take import JOINT_ANGLES, Take, make_take
from livepose.core.errors import OptionError, SinkError, SourceError
from livepose.export.jsonl_reader import open_pose_file, read_records
from livepose.export.pose_file import PoseFile
from livepose.session.callbacks import RunCallbacks
from livepose.session.named_source import check_is_clip, check_is_file
from livepose.session.opened_source import open_source_of
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions
from livepose.session.options.compare import Align, AlignBy, CompareOptions
from livepose.session.run import run
from livepose.session.validation.bounds import check_bounds
from livepose.system.interrupts import Interrupts
from livepose.system.targets import check_location, check_suffix, check_target

POSES_SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonResult:
    """What came of a comparison."""

    comparison: Comparison
    saved: tuple[Path, ...]
    """The files that were written."""
    errors: tuple[str, ...]
    """Why a clip could not be read to its end, the comparison is about what was read then, and why
    there is no video."""


def compare(
    path_a: Path,
    path_b: Path,
    options: CompareOptions,
    callbacks: RunCallbacks | None = None,
    interrupts: Interrupts | None = None,
) -> ComparisonResult:
    """Compare two clips or files of poses.

    Args:
        path_a: A clip, or poses that were saved as `.jsonl`.
        path_b: Another one, or the same.
        options: How, and what is written.
        callbacks: Called while a clip is run through the network.
        interrupts: Ends it.

    Raises:
        LivePoseError: If it cannot be done; no unfinished file stands in a target's place.
        KeyboardInterrupt: If a signal comes.
    """
    callbacks, interrupts = callbacks or RunCallbacks(), interrupts or Interrupts()
    _check(path_a, path_b, options)
    errors: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livepose-")))
        pose_files = [_poses_of(path_a, folder / "a.jsonl", options, callbacks, interrupts, errors)]
        pose_files.append(
            pose_files[0]
            if path_b.resolve() == path_a.resolve()
            else _poses_of(path_b, folder / "b.jsonl", options, callbacks, interrupts, errors)
        )
        a, b = (_take_of(pose_file, options.angles or JOINT_ANGLES) for pose_file in pose_files)
        starts_s = _starts_s(options.align, a, b)
        comparison = measure_difference(a, b, align(a, b, starts_s))
        saved = []
        if options.report is not None:
            from livepose.analysis.report.comparison_page import comparison_page
            from livepose.system.parts import write_whole

            page = comparison_page(path_a.name, path_b.name, comparison)
            write_whole(options.report, page)
            saved.append(options.report)
        if options.out is not None:
            from livepose.session.comparison_video import ComparedTake, write_video

            takes = [
                ComparedTake(path, pose_file, take)
                for path, pose_file, take in zip((path_a, path_b), pose_files, (a, b), strict=True)
            ]
            try:
                write_video(
                    options.out,
                    takes[0],
                    takes[1],
                    comparison,
                    is_overlay=options.overlay,
                    overwrite=options.overwrite,
                    interrupts=interrupts,
                )
                saved.append(options.out)
            except (SourceError, SinkError) as error:  # what was measured is worth showing
                errors.append(str(error))
    return ComparisonResult(comparison, tuple(saved), tuple(errors))


def _check(path_a: Path, path_b: Path, options: CompareOptions) -> None:
    """Check everything that can be checked before a clip is run through the network.

    Raises:
        OptionError: If an option has no effect, if a file is given twice or is an input, or if a
            take is neither a clip nor a file of poses.
        SinkError: If a file cannot be written; `TargetExists` if it exists.
        SourceError: If a clip or a file of poses cannot be opened.
    """
    for source in (path_a, path_b):
        check_is_file(source)
    check_bounds(options.model)
    if options.overlay and options.out is None:
        raise OptionError("--overlay has no effect without --out FILE")
    if options.report is not None:
        check_suffix(options.report, (".html",))
    for target in filter(None, (options.out, options.report)):
        for source in (path_a, path_b):
            check_location(target, source)
    if options.out is not None:
        from livepose.sinks.part_file import check_video_target

        check_video_target(options.out, path_a, overwrite=options.overwrite)
    if options.report is not None:
        check_target(options.report, overwrite=options.overwrite)
    for source in (path_a, path_b):
        if source.suffix.lower() == POSES_SUFFIX:
            open_pose_file(source)
        else:
            check_is_clip(source)
            wanted = _clip_options(source, options)
            open_source_of(wanted, has_window=False, is_painted=True, reports=False).close()


def _poses_of(
    path: Path,
    target: Path,
    options: CompareOptions,
    callbacks: RunCallbacks,
    interrupts: Interrupts,
    errors: list[str],
) -> PoseFile:
    """Return the poses of a clip, which are written to a target first, or those of a file."""
    if path.suffix.lower() == POSES_SUFFIX:
        return open_pose_file(path)
    wanted = _clip_options(path, options, target)
    summary = run(wanted, callbacks, interrupts)
    if interrupts.received is not None:
        raise KeyboardInterrupt
    errors += summary.errors
    if not target.exists():
        raise SourceError(f"{path} has no frame that could be read")
    return open_pose_file(target)


def _clip_options(path: Path, options: CompareOptions, target: Path | None = None) -> Options:
    """Return the options of a run that writes the poses of a clip to a target."""
    return Options(
        SourceOptions(video=str(path)),
        OutputOptions(show=False),
        model=options.model.decided(is_measured=True),
        data=DataOptions(save=(target,) if target else ()),
    )


def _take_of(pose_file: PoseFile, names: tuple[str, ...]) -> Take:
    records = read_records(pose_file)
    return make_take(((record.time_s, record.poses) for record in records), names)


def _starts_s(wanted: Align, a: Take, b: Take) -> tuple[float, float] | None:
    if wanted.by is AlignBy.START:
        return wanted.starts_s
    if wanted.by is AlignBy.EVENT:
        return movement_start_s(a), movement_start_s(b)
    return None
