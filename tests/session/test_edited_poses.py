"""Edited poses in a file: marked, exact, shown by `render` and each export, and undone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.angles import Angles
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.export import RecordingMetadata, open_exporter
from livepose.export.jsonl_reader import open_pose_file, read_records
from livepose.export.pose_edits import EditList, parse_edit
from livepose.session.edited_poses import EditSaver, default_target, write_edited
from livepose.session.options import (
    DataOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
)
from livepose.session.run import run
from tests.support.takes import clock, scene_poses

NAMES = ("left_knee", "right_knee")
EDITS = (
    "move:12:1:left_wrist:310.5,200.25",
    "swap_sides:20-22:1",
    "swap_ids:24:1,5",
    "delete:26:1",
)
EXPORTS = (
    "poses.csv", "poses.wide.csv", "poses.angles.csv", "poses.coco.json", "poses.parquet",
    "poses.trc", "poses.mot", "poses.openpose",
)  # fmt: skip


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A second of the dance, as a run would have saved it with the angles of the knees."""
    info = StreamInfo("dance.mp4", 640, 480, is_live=False, frame_count=30)
    metadata = RecordingMetadata(info, "truth", angle_names=NAMES)
    meter = AngleMeter(NAMES)
    times = clock(1.0)
    with open_exporter(tmp_path / "dance.jsonl", metadata) as exporter:
        for index, poses in enumerate(scene_poses("dance", times)):
            frame = Frame(BgrPixels.black(640, 480), index, times[index], 0.0)
            raw = replace(poses, raw_xy=poses.xy + np.float32(0.5))
            exporter.write(meter(PosedFrame(frame, raw, Region.letterbox(640, 480), 0.01)))
    return tmp_path / "dance.jsonl"


def edited(saved: Path, *texts: str, name: str = "edited.jsonl") -> Path:
    target = saved.with_name(name)
    write_edited(open_pose_file(saved), EditList(map(parse_edit, texts)), target)
    return target


def test_without_edits_the_file_is_the_one_of_before_to_the_byte(saved: Path) -> None:
    edits = EditList(map(parse_edit, EDITS))
    while edits.undo():
        pass
    target = saved.with_name("undone.jsonl")
    assert write_edited(open_pose_file(saved), edits, target) == 0
    assert target.read_bytes() == saved.read_bytes()


def test_only_the_lines_of_edited_frames_change(saved: Path) -> None:
    before = saved.read_bytes().splitlines()
    after = edited(saved, *EDITS).read_bytes().splitlines()
    changed = [n for n, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1]
    assert changed == [0, 13, 21, 22, 23, 25, 27]
    assert json.loads(after[0])["edits"] == list(EDITS)
    person = json.loads(after[13])["people"][0]
    assert person["edited"] == ["left_wrist"]
    assert person["keypoints"][9] == [310.5, 200.25, 1.0]
    assert json.loads(after[27])["people"] == []


def test_angles_of_edited_frames_are_measured_again(saved: Path) -> None:
    records = {
        name: list(read_records(open_pose_file(path)))
        for name, path in (("old", saved), ("new", edited(saved, "swap_sides:20:1")))
    }
    old, new = records["old"][20].angles.degrees, records["new"][20].angles.degrees
    assert new[0] == pytest.approx(old[0, ::-1], abs=1e-4)
    assert abs(old[0, 0] - old[0, 1]) > 0.01
    for row in (19, 21):
        assert (
            records["new"][row].angles.degrees.tobytes()
            == records["old"][row].angles.degrees.tobytes()
        )


def test_edits_of_an_edited_file_stand_behind_those_that_it_has(saved: Path) -> None:
    once = edited(saved, EDITS[0])
    twice = edited(once, EDITS[1], name="twice.jsonl")
    assert twice.read_bytes() == edited(saved, *EDITS[:2], name="both.jsonl").read_bytes()


def rendered(poses: Path, folder: Path, smooth: Smooth = Smooth.KEEP) -> Path:
    """Save the poses of a file again in each format."""
    folder.mkdir()
    targets = tuple(folder / name for name in ("poses.jsonl", *EXPORTS))
    run(
        Options(
            SourceOptions(video=str(poses.with_name("dance.mp4"))),
            OutputOptions(show=False),
            people=PeopleOptions(smooth=smooth),
            data=DataOptions(save=targets),
            poses=open_pose_file(poses),
        )
    )
    return folder


def test_render_and_each_export_show_the_edits_to_the_bit(saved: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = edited(saved, *EDITS)
    shown = rendered(path, tmp_path / "shown")
    assert (shown / "poses.jsonl").read_bytes() == path.read_bytes()
    # The same exports of the same poses, written without a file of edits between them.
    expected = tmp_path / "expected"
    expected.mkdir()
    pose_file = open_pose_file(path)
    for name in EXPORTS:
        with open_exporter(expected / name, pose_file.metadata) as exporter:
            for record in read_records(pose_file):
                frame = Frame(BgrPixels.black(640, 480), record.index, record.time_s, 0.0)
                exporter.write(record.with_frame(frame))
    assert _files(shown) - {"poses.jsonl"} == _files(expected)
    for name in _files(expected):
        assert (shown / name).read_bytes() == (expected / name).read_bytes(), name
    rows = (shown / "poses.csv").read_text("utf-8").splitlines()
    assert rows[0].endswith(",edited")
    [wrist] = [row for row in rows if row.startswith("12,") and ",left_wrist," in row]
    assert wrist.endswith(",left_wrist,310.50,200.25,1.0000,0,1")
    assert not [row for row in rows if row.startswith("26,")]


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_point_that_was_moved_is_smoothed_from_there(saved: Path, tmp_path: Path) -> None:
    path = edited(saved, *[f"move:{n}:1:left_wrist:310.5,200.25" for n in range(30)])
    folder = rendered(path, tmp_path / "smooth", Smooth.ONE_EURO)
    for record in read_records(open_pose_file(folder / "poses.jsonl")):
        assert record.poses["left_wrist"][0, :2] == pytest.approx([310.5, 200.25], abs=0.01)
        assert record.poses.edited.any()


def test_edits_that_cannot_be_done_write_nothing(saved: Path) -> None:
    with pytest.raises(OptionError, match="there is no keypoint 'tail'"):
        edited(saved, "move:1:1:tail:1,2")
    with pytest.raises(OptionError, match="is the input"):
        edited(saved, EDITS[0], name=saved.name)
    with pytest.raises(OptionError, match=r"must end in \.jsonl"):
        edited(saved, EDITS[0], name="edited.csv")
    default_target(saved).touch()
    with pytest.raises(SinkError, match="exists"):
        edited(saved, EDITS[0], name=default_target(saved).name)
    assert sorted(path.name for path in saved.parent.iterdir()) == [
        "dance.edited.jsonl",
        "dance.jsonl",
    ]


def test_frames_without_angles_get_none(saved: Path) -> None:
    lines = saved.read_bytes().splitlines(keepends=True)
    plain = json.loads(lines[13])
    plain["people"][0]["angles"] = {}
    lines[13] = json.dumps(plain).encode() + b"\n"
    saved.write_bytes(b"".join(lines))
    record = list(read_records(open_pose_file(edited(saved, EDITS[0]))))[12]
    assert record.angles.names == Angles().names


def test_a_saver_writes_over_its_own_file_and_over_no_other(saved: Path) -> None:
    target = saved.with_name("edited.jsonl")
    saver = EditSaver(open_pose_file(saved), target, overwrite=False)
    saver.close()
    assert not target.exists()
    saver.edits.add(parse_edit(EDITS[0]))
    assert not saver.is_saved
    saver.save()
    assert (saver.is_saved, saver.saved) == (True, [target])
    saver.edits.undo()
    saver.close()
    assert target.read_bytes() == saved.read_bytes()
    other = EditSaver(open_pose_file(saved), target, overwrite=False)
    other.edits.add(parse_edit(EDITS[0]))
    with pytest.raises(SinkError, match="exists"):
        other.save()
    assert not other.is_saved


def test_a_saver_knows_where_edits_begin_those_from_before_too(saved: Path) -> None:
    again = edited(saved, "move:3:1:nose:10,20")
    saver = EditSaver(open_pose_file(again), again.with_name("again.jsonl"), overwrite=False)
    assert saver.edited_from == [3]
    saver.edits.add(parse_edit("swap_sides:1-5:1"))
    assert saver.edited_from == [1, 3]
