"""Read recordings in JSON lines: the numbers that were written, without the pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from livepose.core.angles import Angles
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.export.jsonl import VERSION
from livepose.export.metadata import RecordingMetadata
from livepose.export.pose_file import PoseFile

if TYPE_CHECKING:
    from livepose.export.jsonl_schema import Line, Person, SkeletonDescription, Source

_log = logging.getLogger(__name__)

_NO_RECORDING = (ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True, slots=True, eq=False)
class FrameRecord:
    """Everything about one frame but its pixels."""

    index: int
    """Of the frame, counted by its source."""
    time_s: float
    """Of the frame, in seconds."""
    region: Region
    inference_s: float
    is_multi_person: bool
    subject_state: SubjectState
    is_scene_start: bool
    poses: Poses
    detections: Poses
    angles: Angles
    skipped_frames: int = 0
    """How many frames of the source come before index 0."""
    utc_s: float | None = None
    """When a live frame arrived, in seconds since 1970."""
    is_corrupt: bool = False
    """Whether the decoder found the frame damaged."""

    def with_frame(self, frame: Frame) -> PosedFrame:
        """Return it with the frame that it belongs to."""
        return PosedFrame(
            frame=replace(
                frame,
                skipped_frames=max(self.skipped_frames, frame.skipped_frames),
                utc_s=self.utc_s,
                is_corrupt=self.is_corrupt or frame.is_corrupt,
            ),
            poses=self.poses,
            region=self.region,
            inference_s=self.inference_s,
            detections=self.detections,
            is_multi_person=self.is_multi_person,
            subject_state=self.subject_state,
            is_scene_start=self.is_scene_start,
            angles=self.angles,
        )


def read_jsonl(path: Path | str) -> tuple[RecordingMetadata, Iterator[FrameRecord]]:
    """Read a recording: its description at once, and its frames one by one as they are asked for.

    If the last line is cut off, as after a run that was killed, it is left out with a warning.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it is not a recording of livepose; while the frames are read, if a line is
            damaged.

    >>> import tempfile
    >>> from livepose import open_exporter
    >>> info = StreamInfo("clip.mp4", 640, 480, is_live=False, frame_rate=Fraction(30000, 1001))
    >>> poses = Poses.from_keypoints(np.ones((1, 17, 2), np.float32), np.ones((1, 17), np.float32))
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), 7, 0.25)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "poses.jsonl")
    ...     with open_exporter(path, RecordingMetadata(info, "lightning")) as exporter:
    ...         exporter.write(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    ...     recording, records = read_jsonl(path)
    ...     (record,) = records
    >>> recording.info.frame_rate, record.index, record.time_s, len(record.poses)
    (Fraction(30000, 1001), 7, 0.25, 1)
    """
    pose_file = open_pose_file(Path(path))
    return pose_file.metadata, read_records(pose_file)


def open_pose_file(path: Path) -> PoseFile:
    """Read the description of a recording.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it is not a recording of livepose.
    """
    try:
        with path.open("rb") as file:
            first = file.readline()
    except FileNotFoundError as error:
        raise SourceNotFound(f"there is no file {path}") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    return PoseFile(path, _recording_of(first, path))


def _recording_of(first: bytes, path: Path) -> RecordingMetadata:
    try:
        version = orjson.loads(first)["livepose"]
    except _NO_RECORDING as error:
        raise SourceError(
            f"{path} is not a recording of livepose: --save NAME.jsonl writes one"
        ) from error
    if version != VERSION:
        raise SourceError(
            f"{path} has version {version!s:.20} of the format, and this livepose reads {VERSION}: "
            "upgrade livepose"
        )
    from livepose.export.jsonl_schema import decode_header

    try:
        head = decode_header(first)
        return RecordingMetadata(
            info=_info_of(head.source),
            model=head.model,
            model_sha256=head.model_sha256,
            settings=head.settings,
            angle_names=tuple(head.angles),
            skeleton=_skeleton_of(tuple(head.keypoints), head.skeleton),
            edits=tuple(head.edits),
        )
    except ValueError as error:
        raise _damaged(path, 1, error) from error


def _skeleton_of(names: tuple[str, ...], described: SkeletonDescription | None) -> Skeleton:
    if described is None:
        if names != COCO_SKELETON.names:
            raise ValueError("keypoints: they are not those of COCO, and no skeleton is described")
        return COCO_SKELETON
    index = {name: row for row, name in enumerate(names)}
    bones = [name for bone in described.bones for name in bone]
    for name in (*bones, *(name for members in described.groups.values() for name in members)):
        if name not in index:
            raise ValueError(f"skeleton: there is no keypoint {name!r}")
    return Skeleton(
        names=names,
        bones=tuple((index[start], index[end]) for start, end in described.bones),
        oks_sigmas=tuple(described.oks_sigmas),
        groups={
            group: tuple(index[name] for name in members)
            for group, members in described.groups.items()
        },
    )


def _info_of(source: Source) -> StreamInfo:
    return StreamInfo(
        name=source.name,
        width_px=source.width_px,
        height_px=source.height_px,
        is_live=source.is_live,
        frame_rate=None if source.frame_rate is None else Fraction(source.frame_rate),
        frame_count=source.frame_count,
        time_base=None if source.time_base is None else Fraction(source.time_base),
        origin_s=source.origin_s,
        path=None if source.path is None else Path(source.path),
    )


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record begins in its file."""

    index: int
    """Of its frame."""
    line: int
    """Counted from 1."""
    offset: int
    """In bytes."""


_BOOKMARK_LINES = 100


def read_records(
    pose_file: PoseFile,
    start: RecordPlace | None = None,
    bookmarks: list[RecordPlace] | None = None,
) -> Iterator[FrameRecord]:
    """Yield the frames of a recording, which are read one by one.

    Args:
        pose_file: The recording.
        start: One of its bookmarks, to begin there; by default with the first frame.
        bookmarks: Gets a place now and then, each behind the one before it.

    Raises:
        SourceError: If a line is damaged, or if the file cannot be read any more.
    """
    return (record for _, record in read_lines(pose_file, start, bookmarks))


def read_lines(
    pose_file: PoseFile,
    start: RecordPlace | None = None,
    bookmarks: list[RecordPlace] | None = None,
) -> Iterator[tuple[bytes, FrameRecord]]:
    """Yield each line of a recording but the first, and the frame that it stands for.

    Args:
        pose_file: The recording.
        start: One of its bookmarks, to begin there; by default with the first frame.
        bookmarks: Gets a place now and then, each behind the one before it.

    Raises:
        SourceError: If a line is damaged, or if the file cannot be read any more.
    """
    from livepose.export.jsonl_schema import decode_line

    path, recording = pose_file.path, pose_file.metadata
    last_index, offset = -1, 0 if start is None else start.offset
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for number, text in enumerate(file, start=1 if start is None else start.line):
                place, offset = offset, offset + len(text)
                if number == 1:
                    continue
                try:
                    record = _record_of(decode_line(text), recording)
                    if record.index <= last_index:
                        raise ValueError(f"frame: {record.index} comes after {last_index}")
                    last_index = record.index
                except ValueError as error:
                    if not text.endswith(b"\n"):
                        _log.warning("%s: its last line is cut off, and left out", path)
                        return
                    raise _damaged(path, number, error) from error
                if bookmarks is not None and number % _BOOKMARK_LINES == 0:
                    last = bookmarks[-1].index if bookmarks else -1
                    if record.index > last:
                        bookmarks.append(RecordPlace(record.index, number, place))
                yield text, record
    except OSError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def _damaged(path: Path, number: int, error: ValueError) -> SourceError:
    return SourceError(f"{path} is damaged in line {number}: {error}")


def _record_of(line: Line, recording: RecordingMetadata) -> FrameRecord:
    return FrameRecord(
        index=line.frame,
        time_s=line.time_s,
        region=Region(*line.region),
        inference_s=line.inference_s,
        is_multi_person=line.survey,
        subject_state=SubjectState(line.following),
        # Older files do not mention cuts.
        is_scene_start=line.begins_scene,
        poses=_poses_of(line.people, "people", recording.skeleton),
        detections=_poses_of(line.found, "found", recording.skeleton),
        angles=_angles_of(line.people, recording.angle_names),
        # Older files know neither of these.
        skipped_frames=0 if line.source_frame is None else line.source_frame - line.frame,
        utc_s=None if line.utc is None else _utc_s(line.utc),
        is_corrupt=line.corrupt,
    )


def _utc_s(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"utc: {text!r:.40} is not a time in UTC") from error


def _poses_of(people: list[Person], field: str, skeleton: Skeleton) -> Poses:
    """Return people as poses; detections have no ids yet, and nothing swapped."""
    count, keypoints = len(people), len(skeleton)
    swapped = np.zeros((count, keypoints), np.bool_)
    filled = np.zeros((count, keypoints), np.bool_)
    edited = np.zeros((count, keypoints), np.bool_)
    for row, person in enumerate(people):
        for name, given in (("keypoints", person.keypoints), ("raw", person.raw)):
            if given is not None and len(given) != keypoints:
                raise ValueError(
                    f"{field}[{row}].{name}: expected {keypoints} keypoints, got {len(given)}"
                )
        for flag, flagged, names in (
            ("swapped", swapped, person.swapped),
            ("filled", filled, person.filled),
            ("edited", edited, person.edited),
        ):
            for name in names:
                if name not in skeleton:
                    raise ValueError(f"{field}[{row}].{flag}: there is no keypoint {name!r:.40}")
                flagged[row, skeleton.index(name)] = True
    points = np.array([person.keypoints for person in people], np.float32)
    points = points.reshape(count, keypoints, 3)
    xy = points[..., :2].copy()
    raw_xy = xy
    if people and people[0].raw is not None:
        # Only all of them have raw keypoints, or none.
        raw = [[point[:2] for point in p.keypoints] if p.raw is None else p.raw for p in people]
        raw_xy = np.array(raw, np.float32)
    return Poses(
        xy=xy,
        raw_xy=raw_xy,
        score=points[..., 2].copy(),
        box=np.array([person.box for person in people], np.float32).reshape(count, 4),
        person_score=np.array([person.score for person in people], np.float32),
        track_id=np.array([person.id for person in people], np.int32),
        swapped=swapped,
        skeleton=skeleton,
        filled=filled,
        edited=edited,
    )


def _angles_of(people: list[Person], names: tuple[str, ...]) -> Angles:
    # A frame may lack the angles of its recording, if nobody measured them in it.
    if not people or not people[0].angles:
        return Angles()
    for row, person in enumerate(people):
        for name in names:
            if name not in person.angles:
                raise ValueError(f"'people[{row}].angles.{name}' is missing")
    degrees = [[person.angles[name] for name in names] for person in people]
    return Angles(names, np.array(degrees, np.float32))
