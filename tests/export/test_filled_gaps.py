"""How each format marks keypoints that were not seen, but placed between two sightings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.export import open_exporter
from livepose.export.jsonl_reader import read_jsonl
from livepose.export.metadata import RecordingMetadata, Setting

WRIST, KNEE = Keypoint.LEFT_WRIST, Keypoint.RIGHT_KNEE
BEST = {"effort": "best"}


def posed() -> PosedFrame:
    xy = np.arange(34, dtype=np.float32).reshape(1, 17, 2)
    poses = Poses.from_keypoints(xy, np.full((1, 17), 0.75, np.float32))
    filled = np.zeros((1, 17), np.bool_)
    filled[0, [WRIST, KNEE]] = True
    frame = Frame(BgrPixels.black(64, 48), 0, 0.0, 0.0)
    poses = replace(poses, filled=filled, track_id=np.ones(1, np.int32))
    return PosedFrame(frame, poses, Region.letterbox(64, 48), 0.01)


def write(path: Path, settings: Mapping[str, Setting]) -> None:
    info = StreamInfo("clip.mp4", 64, 48, is_live=False)
    recording = RecordingMetadata(info, "thunder on LiteRT", settings=settings)
    with open_exporter(path, recording) as exporter:
        exporter.write(posed())


def test_jsonl_names_them_and_reads_them_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, BEST)
    [line] = path.read_text("utf-8").splitlines()[1:]
    assert json.loads(line)["people"][0]["filled"] == ["left_wrist", "right_knee"]
    [record] = read_jsonl(path)[1]
    assert np.flatnonzero(record.poses.filled[0]).tolist() == [WRIST, KNEE]


def test_jsonl_with_a_keypoint_that_there_is_not_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, BEST)
    path.write_text(path.read_text("utf-8").replace('["left_wrist"', '["tail"'), "utf-8")
    with pytest.raises(SourceError, match=r"people\[0\]\.filled: there is no keypoint 'tail'"):
        list(read_jsonl(path)[1])


@pytest.mark.parametrize("settings", [BEST, {"people": "all"}])
def test_csv_has_a_last_column_only_where_gaps_may_be_filled(
    settings: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path / "best.csv", settings)
    write(tmp_path / "fast.csv", {})
    best = (tmp_path / "best.csv").read_text("utf-8").splitlines()
    fast = (tmp_path / "fast.csv").read_text("utf-8").splitlines()
    assert best[0] == fast[0] + ",filled"
    is_filled = [name in ("left_wrist", "right_knee") for name in COCO_SKELETON.names]
    assert best[1:] == [f"{row},{flag:d}" for row, flag in zip(fast[1:], is_filled, strict=True)]


def test_parquet_has_a_last_column_only_where_gaps_were_filled(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write(tmp_path / "best.parquet", BEST)
    write(tmp_path / "fast.parquet", {})
    best = parquet.read_table(tmp_path / "best.parquet")
    fast = parquet.read_table(tmp_path / "fast.parquet")
    assert best.column_names == [*fast.column_names, "filled"]
    assert np.flatnonzero(best["filled"].to_pylist()).tolist() == [WRIST, KNEE]


def test_coco_says_labelled_but_not_visible(tmp_path: Path) -> None:
    write(tmp_path / "a.coco.json", BEST)
    [person] = json.loads((tmp_path / "a.coco.json").read_text("utf-8"))["annotations"]
    flags = person["keypoints"][2::3]
    assert [number for number, flag in enumerate(flags) if flag == 1] == [WRIST, KNEE]
    assert sorted(set(flags)) == [1, 2]
    assert person["num_keypoints"] == 17
