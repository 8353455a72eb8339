"""The plan of a batch: for each file the options of its run, and what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from livepose.batch.inputs import InputFile
from livepose.batch.options import BatchOptions
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.remote_paths import RemoteAddress, is_remote_path, path_of, shown
from livepose.core.errors import OptionError, TargetExists
from livepose.export import FORMATS, format_of
from livepose.export.person_files import first_person_path
from livepose.models.files.resolve import resolve
from livepose.models.runtimes import RuntimeName
from livepose.motion import Select
from livepose.session.option_fields import OptionField, SourceKind, option_fields
from livepose.session.options import (
    OptionGroup,
    Options,
    OutputOptions,
    Smooth,
    SourceOptions,
)
from livepose.sinks import image as image_sink
from livepose.system.files import absolute_path
from livepose.system.targets import check_vacant

MANIFEST, PIECES = "livepose-batch.jsonl", ".livepose-pieces"
"""In the output folder; that of the pieces is removed when all videos are joined."""
T = TypeVar("T", bound=OptionGroup)
OTHER_VIDEO_SUFFIX, OTHER_IMAGE_SUFFIX = ".mp4", ".png"
"""Of annotated copies of files in formats that are not written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a video that is worked on apart; its times are those of frames."""

    start_s: float
    """The time of the first frame that is taken of it, in seconds."""
    end_s: float | None
    """The time of the first frame that is not; None for the last piece."""
    poses: Path
    """Where its poses are written: a `.jsonl`."""
    origin_s: float = 0.0
    """When the file starts: in some formats, the times of frames do not begin at 0."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file of a batch, or a piece of one."""

    name: str
    """Its path within the folder that all inputs have in common, with / between folders."""
    path: Path
    """The input file."""
    options: Options
    """Of its run."""
    size_bytes: int
    pieces: tuple[Piece, ...] = ()
    """What was found apart, to be joined; if there are none, the run finds it."""
    part_of: str = ""
    """The name of the video, for a piece of one."""
    source: RemoteAddress | None = None
    """Where the input file is fetched; None if it is read where it is."""
    destination: RemoteAddress | None = None
    """The output folder, if that is remote."""

    def replacing(self) -> BatchItem:
        """Return it with the right to replace what was begun to be written of it."""
        output = replace(self.options.output, overwrite=True)
        return replace(self, options=replace(self.options, output=output))

    @property
    def targets(self) -> tuple[Path, ...]:
        """What it writes."""
        out = self.options.output.out
        return (*(() if out is None else (out,)), *self.options.data.files)


def make_plan(
    inputs: Sequence[InputFile], options: BatchOptions, runtime: RuntimeName
) -> list[BatchItem]:
    """Return what is done with each file.

    Args:
        inputs: The files.
        options: Of the batch.
        runtime: What runs the network, for all files.

    Raises:
        OptionError: If two files would write the same one, or one would write an input.
    """
    items = [
        BatchItem(
            file.relative.as_posix(),
            file.path,
            _options_of(file, options, runtime),
            _size_of(file),
            source=None if file.remote is None else file.remote.address,
            destination=options.remote_out_dir,
        )
        for file in inputs
    ]
    inputs_there = {file.path for file in inputs}
    written: dict[Path, BatchItem] = {}
    for item in items:
        for target in item.targets:
            if target.absolute() in inputs_there:
                raise OptionError(
                    f"{shown(target)} is an input, and writing onto it would destroy it: "
                    "give another --out-dir"
                )
            # Some systems tell no small letters from capital ones.
            other = written.setdefault(Path(str(target).casefold()), item)
            if other is not item:
                raise OptionError(
                    f"{shown(other.path)} and {shown(item.path)} would both write {shown(target)}: "
                    "rename one, or give them to two batches"
                )
    _check_further_files(items, written)
    _check_reserved(written, options)
    return items


def _size_of(file: InputFile) -> int:
    if file.remote is not None:
        return file.remote.identity.size_bytes
    return file.path.stat().st_size if file.path.exists() else 0


def _check_reserved(written: Mapping[Path, BatchItem], options: BatchOptions) -> None:
    """Check that no file of an input is written where a file of the whole batch is.

    Args:
        written: Which item writes what, in small letters.
        options: Of the batch.

    Raises:
        OptionError: If one is.
    """
    reserved = {options.out_dir / MANIFEST: "the batch keeps what it has done"}
    reserved[options.out_dir / PIECES] = "the batch keeps pieces of videos"
    if options.data.table is not None:
        reserved[path_of(options.data.table)] = "--table is written"
    if options.data.report is not None:
        reserved[path_of(options.data.report)] = "--report is written"
    for path, purpose in reserved.items():
        key = Path(str(path).casefold())
        for target, item in written.items():
            if key == target or key in target.parents:
                raise OptionError(
                    f"{shown(item.path)} would be written to {shown(path)}, where {purpose}: "
                    "rename it, or leave it out"
                )


def _check_further_files(items: Sequence[BatchItem], written: Mapping[Path, BatchItem]) -> None:
    """Check that no file is written where a further person of another one may come to be.

    Args:
        items: Of the batch.
        written: What they write, in small letters.

    Raises:
        OptionError: If one is.
    """
    for item in items:
        for target in item.options.data.save:
            first = first_person_path(target)
            if first is None or not FORMATS[format_of(target)].is_for_each_person:
                continue
            other = written.get(Path(str(first).casefold()))
            if other is not None:
                raise OptionError(
                    f"{shown(target)}, of {shown(item.path)}, may be written for a further person "
                    f"of {shown(other.path)}, too: rename one, or give them to two batches with an "
                    "--out-dir each"
                )


def check_targets(
    item: BatchItem, targets: Iterable[Path], there: RemoteListing, *, resume: bool
) -> None:
    """Check that nothing stands where files are to be.

    Args:
        item: Whose they are.
        targets: Those that are looked at.
        there: What is at addresses.
        resume: Whether an earlier batch is gone on with, which has not written the targets.

    Raises:
        TargetExists: If a file exists that the item's options do not let it replace.
        SinkError: If a folder is in the place of a file, or a file in that of a folder.
    """
    overwrite = item.options.output.overwrite
    for target in targets:
        is_folder = target in item.options.data.save and FORMATS[format_of(target)].is_folder
        try:
            if not is_remote_path(target):
                check_vacant(target, overwrite=overwrite, is_folder=is_folder)
            elif not overwrite:
                for path in (target, *there.further_files(target)):
                    if there.exists(path):
                        raise TargetExists(f"{shown(path)} exists: --overwrite replaces it")
        except TargetExists as error:
            if resume:
                message = (
                    f"{shown(target)} exists, and no earlier batch has written it: move it away"
                )
            else:
                message = f"{error}, and --resume goes on with an earlier batch"
            raise TargetExists(message) from error


def _options_of(file: InputFile, options: BatchOptions, runtime: RuntimeName) -> Options:
    target = options.out_dir / file.relative
    source = (
        SourceOptions(image=file.path) if file.is_image else SourceOptions(video=str(file.path))
    )
    output, model, people = options.output, options.model, options.people
    style, data = options.style, options.data
    if style.against is not None:
        style = replace(style, against=absolute_path(style.against))
    model_path = resolve(model.name).path
    if model_path is not None:  # a worker on another machine is in another folder
        model = replace(model, name=str(absolute_path(model_path)))
    endings = [str(ending) for ending in data.save]
    if file.is_image:
        # There is no motion in an image: these have no effect on it.
        endings = [ending for ending in endings if not FORMATS[ending].has_repetitions]
        output, model = _without_motion(output), _without_motion(model)
        style = _without_motion(style)
        # Angles are measured in it even if they are named by an option of motion.
        data = replace(_without_motion(data), angles=data.measured_angles)
        people = replace(
            _without_motion(people),
            smooth=Smooth.NONE,
            select=None if people.select is Select.MOVING else people.select,
        )
    return Options(
        source,
        OutputOptions(
            out=_annotated_copy(file, target) if options.annotates else None,
            overwrite=output.overwrite,
            quality=output.quality,
            show=False,
        ),
        model=replace(model, runtime=runtime),
        people=people,
        style=style,
        data=replace(
            data,
            save=tuple(target.with_name(_with_ending(target.stem, each)) for each in endings),
            table=None,
            report=None,
        ),
        annotates_image=options.annotates,
    )


def motion_fields(group: OptionGroup) -> Iterator[OptionField]:
    """Yield the options of a group that have no effect on an image."""
    for field in option_fields(group):
        if SourceKind.IMAGE not in field.spec.sources:
            yield field


def _without_motion(group: T) -> T:
    """Return options in which those that have no effect on an image have their defaults."""
    defaults: dict[str, Any] = {field.name: field.default for field in motion_fields(group)}
    return replace(group, **defaults)


def _annotated_copy(file: InputFile, target: Path) -> Path:
    suffixes: tuple[str, ...] = image_sink.SUFFIXES
    other = OTHER_IMAGE_SUFFIX
    if not file.is_image:
        from livepose.sinks import part_file  # with PyAV

        suffixes, other = part_file.SUFFIXES, OTHER_VIDEO_SUFFIX
    return target if target.suffix.lower() in suffixes else target.with_suffix(other)


def _with_ending(stem: str, ending: str) -> str:
    """Return the name of a file of poses.

    >>> _with_ending("clip", ".csv"), _with_ending("clip", "_json"), _with_ending("a", "openpose")
    ('clip.csv', 'clip_json', 'a_openpose')
    """
    return f"{stem}{ending}" if ending[0] in "._" else f"{stem}_{ending}"
