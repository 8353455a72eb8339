"""Poses as Parquet: the table of `.csv`, typed and small, for pandas, DuckDB and Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from livepose.export.metadata import ExportOptions, RecordingMetadata
from livepose.system.files import write_error

_GROUP_PEOPLE = 1024
"""People in a row group: with 17 keypoints 17 000 rows, which take 10 ms."""
_REPEATED = ["frame", "source_frame", "time_s", "person", "keypoint"]
"""Columns that are worth a dictionary; coordinates hardly ever repeat."""


class ParquetFile(PoseSink):
    """The columns of `.csv`; x and y are null where the score is under the threshold.

    The index of such a file stands at its end: without `close` it cannot be read.
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
        self._is_closed = False
        self._writer: Any = None
        GrowingFile(path, overwrite=options.overwrite).close()

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        if self._writer is None:
            self._begin()
        if not len(posed.poses):
            return
        # Without its pixels, which are megabytes.
        frame = replace(posed.frame, pixels=BgrPixels.black(1, 1))
        self._waiting.append((frame, posed.poses))
        self._waiting_people += len(posed.poses)
        if self._waiting_people >= _GROUP_PEOPLE:
            self._write_group()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._writer is None:
            self._begin()
        try:
            if self._waiting:
                self._write_group()
        finally:
            try:
                self._writer.close()
            except OSError as error:
                raise write_error(self._path, error) from error

    def _begin(self) -> None:
        """Open the writer with the first frame: importing pyarrow takes as long as ten frames."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise SinkError(f"{self._path} cannot be written: pyarrow fails ({error})") from error
        self._arrow = pyarrow
        self._schema = self._schema_of(self._recording)
        try:
            self._writer = pyarrow.parquet.ParquetWriter(
                self._path, self._schema, compression="zstd", use_dictionary=_REPEATED
            )
        except OSError as error:
            raise write_error(self._path, error) from error

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
        }
        return arrow.schema(list(columns.items()), metadata={"livepose": header_line(recording)})

    def _write_group(self) -> None:
        waiting, people_count = self._waiting, self._waiting_people
        # Cleared first, so that `close` does not try again what cannot be written.
        self._waiting, self._waiting_people = [], 0
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
        try:
            self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        except OSError as error:
            raise write_error(self._path, error) from error

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


def _bits(flags: BoolArray) -> UInt8Array:
    return np.packbits(flags, bitorder="little")
