"""Poses as Parquet: the table of `.csv`, typed and small, for pandas, DuckDB and Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.arrays import BoolArray, UInt8Array
from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.export.growing_file import GrowingFile
from livepose.export.jsonl import header_line
from livepose.export.metadata import ExportOptions, RecordingMetadata, describe
from livepose.system.files import write_error

_GROUP_ROWS = 17 * 1024
"""Rows in a group, which take 10 ms."""
_REPEATED = ["frame", "source_frame", "time_s", "person", "keypoint"]
"""Columns that are worth a dictionary; coordinates hardly ever repeat."""


class ParquetFile(PoseSink):
    """The columns of `.csv`; x and y are null where the score is under the threshold.

    The index of a Parquet file stands at its end, and it is worth its size in large groups of rows.
    So its part is a journal, an Arrow stream, which grows every half second of the film and can be
    read up to its last batch. `close` makes the Parquet file of it.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the file.

        Raises:
            TargetExists: If the file exists and may not be replaced.
            SinkError: If it cannot be written.
        """
        self._path = path
        self._recording = recording
        self._min_score = options.min_score
        self._index_type = "int8" if len(recording.skeleton) <= 128 else "int16"
        self._waiting: list[tuple[Frame, Poses]] = []
        self._waiting_people = 0
        self._flush_s = options.flush_s
        self._flushed_s = float("-inf")
        self._is_closed = False
        self._arrow: Any = None
        self._stream: Any = None
        self._pending = BytesIO()
        self._file = GrowingFile(path, overwrite=options.overwrite)

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        if self._arrow is None:
            self._begin()
        time_s = posed.frame.time_s
        if len(posed.poses):
            # Without its pixels, which are megabytes.
            frame = replace(posed.frame, pixels=BgrPixels.black(1, 1))
            self._waiting.append((frame, posed.poses))
            self._waiting_people += len(posed.poses)
        # By the film's time, as a conversion is faster. A source may jump.
        if not 0 <= time_s - self._flushed_s < self._flush_s:
            self._flushed_s = time_s
            self._flush()

    def close(self) -> None:
        """Make the file of the journal.

        Raises:
            SinkError: If it cannot be written; the journal stays then.
        """
        if self._is_closed:
            return
        if self._arrow is None:
            self._begin()
        self._flush()
        self._stream.close()
        self._append_pending()
        with self._file.rewriting() as path:
            convert_journal(self._file.part_path, path)
        self._is_closed = True
        self._file.close()

    def keep_parts(self) -> list[Path]:
        if not self._is_closed and self._waiting:
            with suppress(SinkError):
                self._flush()
        self._is_closed = True
        return self._file.keep()

    def _begin(self) -> None:
        """Begin the journal with the first frame: importing pyarrow takes as long as ten frames."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise SinkError(f"{self._path} cannot be written: pyarrow fails ({error})") from error
        self._arrow = pyarrow
        self._schema = self._schema_of(self._recording)
        self._stream = pyarrow.ipc.new_stream(self._pending, self._schema)

    def _schema_of(self, recording: RecordingMetadata) -> Any:
        arrow = self._arrow
        columns = {
            "frame": arrow.int64(),
            "source_frame": arrow.int64(),
            "time_s": arrow.float64(),
            **({"utc": arrow.timestamp("us", "UTC")} if recording.has_utc else {}),
            "person": arrow.int32(),
            "keypoint": arrow.dictionary(getattr(arrow, self._index_type)(), arrow.string()),
            "x": arrow.float32(),
            "y": arrow.float32(),
            "score": arrow.float32(),
            "swapped": arrow.bool_(),
            **({"filled": arrow.bool_()} if recording.has_filled else {}),
            **({"edited": arrow.bool_()} if recording.edits else {}),
        }
        metadata = {"livepose": header_line(recording), **describe(recording, "px")}
        return arrow.schema(list(columns.items()), metadata=metadata)

    def _flush(self) -> None:
        """Append the frames that wait to the journal."""
        waiting, people_count = self._waiting, self._waiting_people
        if not waiting:
            return
        # Cleared first, so that `close` does not try again what cannot be written.
        self._waiting, self._waiting_people = [], 0
        self._stream.write_batch(self._batch_of(waiting, people_count))
        self._append_pending()

    def _append_pending(self) -> None:
        """Append what the stream has written, at once: half a batch would be of no use."""
        data = self._pending.getvalue()
        self._pending.seek(0)
        self._pending.truncate()
        self._file.append(data)

    def _batch_of(self, waiting: Sequence[tuple[Frame, Poses]], people_count: int) -> Any:
        frames, poses = zip(*waiting, strict=True)
        keypoint_count = len(self._recording.skeleton)
        rows = [keypoint_count * len(each) for each in poses]
        xy = np.concatenate([each.xy for each in poses]).reshape(-1, 2)
        visible = np.concatenate([each.visible(self._min_score) for each in poses]).ravel()
        keypoints = np.tile(np.arange(keypoint_count, dtype=self._index_type), people_count)
        people = np.concatenate([each.track_id for each in poses])
        columns = [
            self._column("int64", np.repeat([frame.index for frame in frames], rows)),
            self._column("int64", np.repeat([frame.source_frame for frame in frames], rows)),
            self._column("float64", np.repeat([float(frame.time_s) for frame in frames], rows)),
            *([self._utc_column(frames, rows)] if self._recording.has_utc else []),
            self._column("int32", np.repeat(people, keypoint_count)),
            self._arrow.DictionaryArray.from_arrays(
                self._column(self._index_type, keypoints), self._names()
            ),
            self._column("float32", np.ascontiguousarray(xy[:, 0]), visible),
            self._column("float32", np.ascontiguousarray(xy[:, 1]), visible),
            self._column("float32", np.concatenate([each.score for each in poses]).ravel()),
            self._column("bool_", np.concatenate([each.swapped for each in poses]).ravel()),
        ]
        if self._recording.has_filled:
            filled = np.concatenate([each.filled for each in poses]).ravel()
            columns.append(self._column("bool_", filled))
        if self._recording.edits:
            edited = np.concatenate([each.edited for each in poses]).ravel()
            columns.append(self._column("bool_", edited))
        return self._arrow.RecordBatch.from_arrays(columns, schema=self._schema)

    def _column(
        self, kind: str, values: np.ndarray[Any, Any], is_known: BoolArray | None = None
    ) -> Any:
        """Wrap an array without a copy: `arrow.array` would import pandas, which takes 0.2 s."""
        arrow = self._arrow
        known = None if is_known is None else arrow.py_buffer(_bits(is_known))
        data = arrow.py_buffer(_bits(values) if kind == "bool_" else values)
        return arrow.Array.from_buffers(getattr(arrow, kind)(), len(values), [known, data])

    def _utc_column(self, frames: Sequence[Frame], rows: Sequence[int]) -> Any:
        """Return when each frame arrived, in whole microseconds; null where unknown."""
        known = np.array([frame.utc_s is not None for frame in frames])
        moments = np.array([round(1e6 * (frame.utc_s or 0.0)) for frame in frames], np.int64)
        data = np.repeat(moments, rows)
        validity = self._arrow.py_buffer(_bits(np.repeat(known, rows)))
        return self._arrow.Array.from_buffers(
            self._arrow.timestamp("us", "UTC"), len(data), [validity, self._arrow.py_buffer(data)]
        )

    def _names(self) -> Any:
        names = [name.encode() for name in self._recording.skeleton.names]
        ends = np.cumsum([0, *map(len, names)], dtype=np.int32)
        buffers = [self._arrow.py_buffer(ends), self._arrow.py_buffer(b"".join(names))]
        return self._arrow.Array.from_buffers(self._arrow.string(), len(names), [None, *buffers])


def convert_journal(journal: Path, target: Path) -> int:
    """Write a Parquet file of a journal, as far as that can be read.

    Returns:
        How many rows there are.

    Raises:
        SinkError: If nothing of it can be read, or the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    rows = 0
    with journal.open("rb") as file:
        try:
            stream = pyarrow.ipc.open_stream(file)
        except (OSError, pyarrow.ArrowException) as error:
            raise SinkError(f"{journal} cannot be read: {error}") from error
        schema = stream.schema
        try:
            with pyarrow.parquet.ParquetWriter(
                target, schema, compression="zstd", use_dictionary=_REPEATED
            ) as writer:
                for group in _groups(stream):
                    writer.write_table(pyarrow.Table.from_batches(group, schema).combine_chunks())
                    rows += sum(batch.num_rows for batch in group)
        except (OSError, pyarrow.ArrowException) as error:
            raise write_error(target, error) from error
    return rows


def _groups(stream: Any) -> Iterator[list[Any]]:
    """Yield the batches of a journal in groups of many rows, up to one that was cut off."""
    import pyarrow

    group: list[Any] = []
    rows = 0
    while True:
        try:
            batch = stream.read_next_batch()
        except (StopIteration, OSError, pyarrow.ArrowException):
            break
        group.append(batch)
        rows += batch.num_rows
        if rows >= _GROUP_ROWS:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _bits(flags: BoolArray) -> UInt8Array:
    return np.packbits(flags, bitorder="little")
