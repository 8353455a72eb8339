"""Options of a batch: what is done with each file, and by how many processes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from livepose.batch.remote_paths import Place, RemoteAddress, parse_output_place, path_of
from livepose.core.errors import OptionError
from livepose.export import FORMATS
from livepose.session.option_fields import option
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    OutputOptions,
    PeopleOptions,
    StyleOptions,
)
from livepose.session.parsing import parse_time
from livepose.system.web_address import WebAddress

MAX_JOBS = 1024
_LONGEST_S = 1e6
RAY_ALONE = "auto"
"""What `--ray` means without an address."""
_RAY_ADDRESS = re.compile(r"auto|local|ray://\S+|[\w.-]+:\d+")
TABLE_SUFFIXES = (".csv", ".parquet")


def _parse_format(text: str) -> Path:
    """Return the ending of a format; the name of each file is put before it.

    Raises:
        OptionError: If there is no such format.

    >>> _parse_format("csv").name, _parse_format(".coco.json").name, _parse_format("_json").name
    ('.csv', '.coco.json', '_json')
    """
    for ending in (text, f".{text}"):
        if ending in FORMATS:
            return Path(ending)
    known = ", ".join(each.lstrip(".") for each in FORMATS)
    raise OptionError(f"{text} is not a format: choose from {known}")


def is_ray_address(text: str) -> bool:
    """Return whether a text is the address of a Ray cluster, and no name of a file.

    >>> [is_ray_address(text) for text in ("auto", "ray://head:10001", "10.0.0.1:6379", "films")]
    [True, True, True, False]
    """
    return _RAY_ADDRESS.fullmatch(text) is not None


def _parse_ray_address(text: str) -> str:
    """Return the address of a cluster.

    Raises:
        OptionError: If it is none.
    """
    if not is_ray_address(text):
        raise OptionError(f"{text} is not the address of a cluster: auto, local or ray://HOST:PORT")
    return text


@dataclass(frozen=True, slots=True)
class BatchOutputOptions(OutputOptions):
    """Where the files of a batch go."""

    out: Path | None = None
    """Set for each file."""
    show: bool | None = False
    """There is no window: what follows is of one, and no option of a batch."""
    keep_open: bool = True
    web: WebAddress | None = None
    token: str | None = None
    save_dir: Path | None = None
    countdown_s: float = 0.0
    replay_s: float = 0.0
    delay_s: float = 0.0
    out_dir: Place | None = option(
        None,
        "The folder to write to, or its address, such as s3://bucket/name; the names and folders "
        "of the input files are kept.",
        metavar="FOLDER",
        parse=parse_output_place,
    )
    annotate: bool | None = option(
        None,
        "Write an annotated copy of each file: the default without --save and --table.",
    )
    resume: bool = option(
        False, "Go on with an earlier batch: leave out the files that are done and whole."
    )


@dataclass(frozen=True, slots=True)
class BatchDataOptions(DataOptions):
    """What is measured, and which files it is written to."""

    save: tuple[Path, ...] = option(
        (),
        "Write the poses of each file in this format: "
        f"{', '.join(each.lstrip('.') for each in FORMATS)}. May be given more than once.",
        metavar="FORMAT",
        parse=_parse_format,
        is_repeatable=True,
    )
    """Endings, such as `.csv`."""
    reports: tuple[Path, ...] = ()
    """None: `report` is on the whole batch."""
    sound: bool = False
    """Nobody listens to a batch."""
    table: Place | None = option(
        None,
        "Write the angles of all people in all files to one table, .csv or .parquet: file, person, "
        "angle, range, repetitions.",
        metavar="FILE",
        parse=parse_output_place,
    )
    report: Place | None = option(
        None,
        "Write a report on the batch, .json: each file with its frames, seconds and errors.",
        metavar="FILE",
        parse=parse_output_place,
    )


@dataclass(frozen=True, slots=True)
class WorkOptions:
    """How the work is shared."""

    panel: ClassVar[str] = "Work"

    jobs: int | None = option(
        None,
        "Work in this many processes; by default as many as fill the machine, with two threads "
        "each.",
        metavar="N",
        minimum=1,
        maximum=MAX_JOBS,
    )
    job_threads: int | None = option(
        None,
        "Threads per process, 1 or 2; by default as many as leave no core with two.",
        metavar="N",
        minimum=1,
        maximum=2,
    )
    ray: str | None = option(
        None,
        "Work on a Ray cluster: auto, or no value, for the one that this machine belongs to, local "
        "for one that is started here, or its address. All machines must see the same "
        "files, or files have addresses such as s3://bucket/name.",
        metavar="[auto|local|ray://HOST:PORT]",
        parse=_parse_ray_address,
    )
    piece_s: float | None = option(
        None,
        "Cut videos at key frames into pieces of at least this length (10 s or more), which are "
        "processed in parallel and joined.",
        flag="--pieces",
        metavar="TIME",
        minimum=10,
        maximum=_LONGEST_S,
        parse=parse_time,
    )


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """All that is known of a batch before its files are looked for."""

    output: BatchOutputOptions
    work: WorkOptions = field(default_factory=WorkOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    people: PeopleOptions = field(default_factory=PeopleOptions)
    style: StyleOptions = field(default_factory=StyleOptions)
    data: BatchDataOptions = field(default_factory=BatchDataOptions)

    def __post_init__(self) -> None:
        is_measured = bool(self.data.measured_angles or self.data.table)
        object.__setattr__(self, "model", self.model.decided(is_measured=is_measured))

    @property
    def out_dir(self) -> Path:
        """The folder that is written to, as an absolute path: machines of a cluster get it, too.

        A remote folder has a path that stands for it (`remote_paths`).

        Raises:
            OptionError: If none was given.
        """
        if self.output.out_dir is None:
            raise OptionError("give --out-dir FOLDER: where the files are written")
        return path_of(self.output.out_dir)

    @property
    def remote_out_dir(self) -> RemoteAddress | None:
        """The folder that is written to, if it is remote."""
        out_dir = self.output.out_dir
        return out_dir if isinstance(out_dir, RemoteAddress) else None

    @property
    def annotates(self) -> bool:
        """Whether an annotated copy of each file is written."""
        if self.output.annotate is not None:
            return self.output.annotate
        return not self.data.save and self.data.table is None


def check_batch(options: BatchOptions) -> None:
    """Check what concerns a batch and not each of its runs.

    Raises:
        OptionError: If an option has no effect, or a file cannot have such a name.
    """
    data = options.data
    if not (options.annotates or data.save or data.table):
        raise OptionError("nothing would be written: give --save csv, for example, or --annotate")
    for number, ending in enumerate(data.save):
        if ending in data.save[:number]:
            raise OptionError(f"--save {str(ending).lstrip('.')} is given twice")
    if data.table is not None and data.table.suffix.lower() not in TABLE_SUFFIXES:
        raise OptionError(f"{data.table} must end in {' or '.join(TABLE_SUFFIXES)}")
    if data.table is not None and not data.measured_angles:
        raise OptionError("--table needs angles: add --angles knee,hip, for example")
    if data.report is not None and data.report.suffix.lower() != ".json":
        raise OptionError(f"{data.report} must end in .json")
    if options.work.piece_s is not None and options.people.select is not None:
        raise OptionError(
            "--pieces cannot be combined with --select, as each piece might follow somebody else: "
            "leave out --pieces, or follow everybody with --people all instead"
        )
    is_best = options.model.effort is Effort.BEST
    if options.work.piece_s is not None and is_best and options.people.max_people != 1:
        raise OptionError(
            "--pieces cannot be combined with --effort best and --people, which decide who is who "
            "by the whole of a video: leave out --pieces or --effort best"
        )
    if options.output.resume and options.output.overwrite:
        raise OptionError("--resume keeps what is done, and --overwrite replaces it: give only one")
