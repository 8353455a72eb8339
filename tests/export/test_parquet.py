"""Parquet files: types, groups of rows, and what else no `.csv` has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet
import pytest

from livepose.core.errors import SinkError
from livepose.core.skeleton import COCO_SKELETON
from livepose.export.metadata import ExportOptions
from livepose.export.parquet import ParquetFile
from tests.support.recordings import RECORDING, UNSEEN, person_xy, posed_frame, write_frames

TWO_FRAMES = (posed_frame(0, ids=(1, 2)), posed_frame(1, ids=(2,)))


def test_parquet_has_types_and_tells_of_its_recording(tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(write_frames(tmp_path / "dance.parquet", *TWO_FRAMES))
    assert [str(field.type) for field in table.schema] == [
        "int64", "int64", "double", "int32", "dictionary<values=string, indices=int8, ordered=0>",
        "float", "float", "float", "bool",
    ]  # fmt: skip
    assert orjson.loads(table.schema.metadata[b"livepose"])["model"] == RECORDING.model
    assert table.schema.metadata[b"unit"] == b"px"
    assert table.schema.metadata[b"rate"] == b"29.97 Hz"
    assert table.schema.metadata[b"smoothing"] == b"one-euro"
    assert table.schema.metadata[b"version"].startswith(b"livepose ")
    assert table["time_s"][-1].as_py() == 1001 / 30000


def test_parquet_has_many_groups_of_rows_and_loses_none(tmp_path: Path) -> None:
    frames = tuple(posed_frame(index, ids=(1, 2, 3)) for index in range(400))
    path = write_frames(tmp_path / "dance.parquet", *frames)
    file = pyarrow.parquet.ParquetFile(path)
    assert file.num_row_groups == 2
    table = file.read()
    assert table["frame"].to_pylist() == [index for index in range(400) for _ in range(51)]
    x = np.array(table["x"].to_pylist()[-17:], float)
    seen = np.array(COCO_SKELETON.names) != UNSEEN
    np.testing.assert_array_equal(x[seen], person_xy(3, 399)[seen, 0])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_parquet_on_a_full_disk_is_a_sink_error(tmp_path: Path) -> None:
    (tmp_path / "dance.parquet").symlink_to("/dev/full")
    with pytest.raises(SinkError, match="cannot be written"):
        ParquetFile(tmp_path / "dance.parquet", RECORDING, ExportOptions(overwrite=True)).close()
