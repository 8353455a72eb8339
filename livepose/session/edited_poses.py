"""Write saved poses again with what was changed by hand."""

from __future__ import annotations

from pathlib import Path

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.angles import Angles
from livepose.core.errors import OptionError, SourceError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.export.edited_lines import edited_header, edited_line
from livepose.export.growing_file import GrowingFile
from livepose.export.jsonl_reader import FrameRecord, read_lines, read_records
from livepose.export.pose_edits import EditList, PoseEdit, parse_edit
from livepose.export.pose_file import PoseFile
from livepose.system.targets import check_location, check_suffix, check_target

_EDITED = ".edited"


def default_target(poses: Path) -> Path:
    """Return where edited poses are written unless a file is named.

    >>> default_target(Path("walk.jsonl")).name, default_target(Path("walk.edited.jsonl")).name
    ('walk.edited.jsonl', 'walk.edited.edited.jsonl')
    """
    return poses.with_name(f"{poses.stem}{_EDITED}{poses.suffix}")


def check_edited_target(target: Path, pose_file: PoseFile, *, overwrite: bool) -> None:
    """Check that edited poses can be written, without touching anything.

    Raises:
        OptionError: If the file is the input, or not a `.jsonl`.
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If it cannot be written.
    """
    check_suffix(target, (".jsonl",))
    check_location(target, pose_file.path)
    check_target(target, overwrite=overwrite)


def write_edited(
    pose_file: PoseFile, edits: EditList, target: Path, *, overwrite: bool = False
) -> int:
    """Write saved poses with edits, and return how many frames were changed.

    Lines that no edit changes are copied, to the byte. Angles are measured again in the frames that
    are changed.

    Args:
        pose_file: The saved poses.
        edits: Without any, the target is the same file.
        target: Where the edited poses will be.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OptionError: If an edit cannot be done with these poses, or the target is the input.
        SourceError: If the poses cannot be read.
        SinkError: If the target cannot be written.
    """
    for edit in edits.done:
        edit.check(pose_file.metadata.skeleton)
    check_edited_target(target, pose_file, overwrite=overwrite)
    head = _first_line(pose_file.path)
    if edits.done:
        head = edited_header(head, edits.done)
    names = pose_file.metadata.angle_names
    meter = AngleMeter(names) if names and edits.done else None
    file = GrowingFile(target, head, overwrite=overwrite, is_sequential=True)
    changed = 0
    try:
        for text, record in read_lines(pose_file):
            poses = edits.apply(record.index, record.poses)
            angles = record.angles if meter is None else _measured(meter, record, poses)
            if poses is record.poses:
                file.append(text)
                continue
            changed += 1
            file.append(edited_line(text, poses, angles if record.angles.names else Angles()))
    except BaseException:
        file.keep()
        raise
    file.close()
    return changed


def check_effects(pose_file: PoseFile, edits: EditList) -> None:
    """Check that each edit changes a frame, after those before it.

    Args:
        pose_file: The saved poses, which are read up to the last frame that is edited.
        edits: At least one.

    Raises:
        OptionError: If an edit changes none, or cannot be done with these poses.
        SourceError: If the poses cannot be read.
    """
    for edit in edits.done:
        edit.check(pose_file.metadata.skeleton)
    has_effect = [False] * len(edits.done)
    last = max(edit.frames.last for edit in edits.done)
    for record in read_records(pose_file):
        if record.index > last or all(has_effect):
            break
        poses = record.poses
        for number, edit in enumerate(edits.done):
            if record.index in edit.frames:
                edited = edit.apply(poses)
                has_effect[number] |= edited is not poses
                poses = edited
    for edit, is_effective in zip(edits.done, has_effect, strict=True):
        if not is_effective:
            raise OptionError(
                f"the edit {edit} changes nothing: {pose_file.path} has no such frame or person"
            )


def edited_from(pose_file: PoseFile) -> list[int]:
    """Return the first frame of each edit that saved poses have had, once, in order.

    Raises:
        OptionError: If what the file lists is no edit.
    """
    return sorted({parse_edit(each).frames.first for each in pose_file.metadata.edits})


class EditSaver:
    """Writes edits each time that they are saved, over what it wrote itself before.

    It is one of the files that are finished if the display of the window dies.
    """

    def __init__(self, pose_file: PoseFile, target: Path, *, overwrite: bool) -> None:
        """Prepare to write.

        Args:
            pose_file: The saved poses.
            target: Where the edited poses will be.
            overwrite: Whether an existing file may be replaced.

        Raises:
            OptionError: If what the file lists as its earlier edits is none.
        """
        self.edits = EditList()
        """What is to be saved."""
        self.saved: list[Path] = []
        """The target, once it was written."""
        self.errors: list[str] = []
        self.target = target
        self._pose_file = pose_file
        self._may_overwrite = overwrite
        self._written: tuple[PoseEdit, ...] = ()
        self._edited_before = edited_from(pose_file)

    @property
    def edited_from(self) -> list[int]:
        """The first frame of each edit, of those in the file too."""
        return sorted({*self._edited_before, *(each.frames.first for each in self.edits.done)})

    @property
    def is_saved(self) -> bool:
        """Whether the file has all edits; without any there need not be one."""
        return self.edits.done == self._written

    def save(self) -> None:
        """Write all edits.

        Raises:
            SinkError: If they cannot be written.
        """
        write_edited(self._pose_file, self.edits, self.target, overwrite=self._may_overwrite)
        self._may_overwrite, self._written = True, self.edits.done
        self.saved = [self.target]

    def close(self) -> None:
        """Write what is not saved yet.

        Raises:
            SinkError: If it cannot be written.
        """
        if not self.is_saved:
            self.save()


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def _measured(meter: AngleMeter, record: FrameRecord, poses: Poses) -> Angles:
    if record.is_scene_start:
        meter.reset()
    frame = Frame(BgrPixels.black(2, 2), record.index, record.time_s, 0.0)
    return meter(PosedFrame(frame, poses, record.region, 0.0)).angles
