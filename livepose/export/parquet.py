"""Poses as Parquet: the tidy table of the csv, typed and small, for pandas, DuckDB and Arrow."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.arrays import BoolArray, UInt8Array
from livepose.core.errors import RuntimeMissing, SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT, KEYPOINT_NAMES
from livepose.export.growing_file import GrowingFile
from livepose.export.jsonl import header_of
from livepose.export.metadata import RecordingMetadata
from livepose.system.files import write_error

_GROUP_PEOPLE = 1024
"""People in a row group: 17 000 rows, which take 10 ms."""
_REPEATED = ["frame", "time_s", "person", "keypoint"]
"""Columns whose values are worth a dictionary; coordinates have hardly any value twice."""


class ParquetFile(PoseSink):
    """The columns of the tidy csv; x and y are null where the score is under the threshold.

    Its index stands at the end: without `close` it cannot be read.
    """

    def __init__(
        self, path: Path, recording: RecordingMetadata, *, min_score: float, overwrite: bool
    ) -> None:
        """Make the file.

        Raises:
            RuntimeMissing: pyarrow is not installed.
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        if find_spec("pyarrow") is None:
            raise RuntimeMissing("Parquet files need pyarrow: pip install 'livepose[parquet]'")
        self._path = path
        self._recording = recording
        self._min_score = min_score
        self._held: list[tuple[int, float, Poses]] = []
        self._held_people = 0
        self._is_closed = False
        self._writer: Any = None
        GrowingFile(path, overwrite=overwrite).close()

    def write(self, posed: PosedFrame) -> None:
        if self._writer is None:
            self._begin()
        if not len(posed.poses):
            return
        self._held.append((posed.frame.index, posed.frame.time_s, posed.poses))
        self._held_people += len(posed.poses)
        if self._held_people >= _GROUP_PEOPLE:
            self._write_group()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._writer is None:
            self._begin()
        try:
            if self._held:
                self._write_group()
        finally:
            try:
                self._writer.close()
            except OSError as error:
                raise write_error(self._path, error) from error

    def _begin(self) -> None:
        """Import pyarrow, which takes as long as ten frames, only now that frames are under way."""
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
            "time_s": arrow.float64(),
            "person": arrow.int32(),
            "keypoint": arrow.dictionary(arrow.int8(), arrow.string()),
            "x": arrow.float32(),
            "y": arrow.float32(),
            "score": arrow.float32(),
            "swapped": arrow.bool_(),
        }
        return arrow.schema(list(columns.items()), metadata={"livepose": header_of(recording)})

    def _write_group(self) -> None:
        held, people_count = self._held, self._held_people
        # Cleared first: what cannot be written is not to be tried again by `close`.
        self._held, self._held_people = [], 0
        indices, times_s, poses = zip(*held, strict=True)
        rows = [KEYPOINT_COUNT * len(each) for each in poses]
        xy = np.concatenate([each.xy for each in poses]).reshape(-1, 2)
        seen = np.concatenate([each.visible(self._min_score) for each in poses]).ravel()
        keypoints = self._column(
            "int8", np.tile(np.arange(KEYPOINT_COUNT, dtype=np.int8), people_count)
        )
        people = np.concatenate([each.track_id for each in poses])
        columns = [
            self._column("int64", np.repeat(np.array(indices, np.int64), rows)),
            self._column("float64", np.repeat(np.array(times_s, np.float64), rows)),
            self._column("int32", np.repeat(people, KEYPOINT_COUNT)),
            self._arrow.DictionaryArray.from_arrays(keypoints, self._names()),
            self._column("float32", np.ascontiguousarray(xy[:, 0]), seen),
            self._column("float32", np.ascontiguousarray(xy[:, 1]), seen),
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
        """Hand an array over as it lies: `arrow.array` would import pandas, which takes 0.2 s."""
        arrow = self._arrow
        known = None if is_known is None else arrow.py_buffer(_bits(is_known))
        data = arrow.py_buffer(_bits(values) if kind == "bool_" else values)
        return arrow.Array.from_buffers(getattr(arrow, kind)(), len(values), [known, data])

    def _names(self) -> Any:
        ends = np.cumsum([0, *map(len, KEYPOINT_NAMES)], dtype=np.int32)
        buffers = [
            self._arrow.py_buffer(ends),
            self._arrow.py_buffer("".join(KEYPOINT_NAMES).encode()),
        ]
        return self._arrow.Array.from_buffers(
            self._arrow.string(), KEYPOINT_COUNT, [None, *buffers]
        )


def _bits(flags: BoolArray) -> UInt8Array:
    return np.packbits(flags, bitorder="little")
