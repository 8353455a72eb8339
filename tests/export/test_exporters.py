"""What every exporter promises, and how one is chosen."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pandas
import pyarrow.parquet
import pytest
from pycocotools.coco import COCO

from livepose.core.errors import OptionError, RuntimeMissing, SinkError, TargetExists
from livepose.core.skeleton import Keypoint
from livepose.export import FORMATS, RecordingMetadata, check_path, format_of, open_exporter
from livepose.export.jsonl_reader import read_jsonl
from livepose.export.repair import finish
from livepose.system.part_names import parts_in
from tests.support.paths import CHECKOUT
from tests.support.programs import run_python
from tests.support.recordings import INFO, RECORDING, posed_frame

NAMES = tuple(
    ending if ending == "openpose" else f"dance{ending}"
    for ending, each in FORMATS.items()
    if not each.has_repetitions
)
FILES = tuple(name for name in NAMES if "." in name)


def frames_in(path: Path) -> list[int]:
    """Read the numbers of the frames that a target tells of, with the format's own reader."""
    name = path.name
    if path.is_dir():
        return sorted(int(file.name.split("_")[1]) for file in path.iterdir())
    if name.endswith(".jsonl"):
        return [line.index for line in read_jsonl(path)[1]]
    if name.endswith(".coco.json"):
        return sorted(COCO(path).getImgIds())
    if name.endswith(".parquet"):
        return sorted(set(pyarrow.parquet.read_table(path)["frame"].to_pylist()))
    if name.endswith(".trc"):
        rows = pandas.read_csv(path, sep="\t", skiprows=4)
        return [int(number) for number in rows.iloc[:, 0]]
    if name.endswith(".mot"):
        rows = pandas.read_csv(path, sep="\t", skiprows=9)
        return [round(time_s * 30000 / 1001) for time_s in rows["time"]]
    return sorted({int(number) for number in pandas.read_csv(path)["frame"]})


def holds_empty_frames(name: str) -> bool:
    return name.endswith((".jsonl", ".coco.json", "openpose", "_json"))


@pytest.mark.parametrize("name", NAMES)
def test_frames_come_back_with_their_numbers(name: str, tmp_path: Path) -> None:
    with open_exporter(tmp_path / name, RECORDING) as exporter:
        for index in (0, 1, 3):
            exporter.write(posed_frame(index))
    assert frames_in(tmp_path / name) == [0, 1, 3]


@pytest.mark.parametrize("name", NAMES)
def test_frames_without_people_make_a_file_that_can_be_read(name: str, tmp_path: Path) -> None:
    with open_exporter(tmp_path / name, RECORDING) as exporter:
        for index in range(2):
            exporter.write(posed_frame(index, ids=()))
    assert frames_in(tmp_path / name) == ([0, 1] if holds_empty_frames(name) else [])


@pytest.mark.parametrize("name", NAMES)
def test_no_frame_at_all_makes_a_file_that_can_be_read(name: str, tmp_path: Path) -> None:
    open_exporter(tmp_path / name, RECORDING).close()
    assert frames_in(tmp_path / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_closing_twice_is_closing_once(name: str, tmp_path: Path) -> None:
    exporter = open_exporter(tmp_path / name, RECORDING)
    exporter.write(posed_frame(0))
    exporter.close()
    exporter.close()
    assert frames_in(tmp_path / name) == [0]
    assert not parts_in(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_exists_is_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(TargetExists, match=r"exists: --overwrite replaces it"):
        open_exporter(tmp_path / name, RECORDING)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_exists_is_replaced_where_that_is_asked_for(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine " * 10_000)
    with open_exporter(tmp_path / name, RECORDING, overwrite=True) as exporter:
        exporter.write(posed_frame(0))
    assert frames_in(tmp_path / name) == [0]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_the_file_s_place_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(SinkError):
        open_exporter(tmp_path / name, RECORDING, overwrite=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"there is no folder .*nowhere"):
        open_exporter(tmp_path / "nowhere" / name, RECORDING)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a folder that takes no file")
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_takes_no_file_is_named(name: str) -> None:
    with pytest.raises(SinkError, match=r"cannot be written"):
        open_exporter(Path("/sys/kernel") / name, RECORDING)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("name", ["dance.csv", "dance.jsonl", "dance.coco.json", "dance.trc"])
def test_a_full_disk_is_a_sink_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    with pytest.raises(SinkError, match=r"cannot be written: No space left on device"):
        open_exporter(tmp_path / name, RECORDING, overwrite=True).close()


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending.startswith(".")])
def test_an_ending_alone_is_no_name_of_a_file(ending: str, tmp_path: Path) -> None:
    assert format_of(tmp_path / f"x{ending}") == ending
    with pytest.raises(OptionError, match=f"{ending} is a suffix without a name: use a name such"):
        check_path(tmp_path / ending, overwrite=False)


def test_a_json_file_may_be_one_of_two_formats(tmp_path: Path) -> None:
    with pytest.raises(OptionError) as caught:
        open_exporter("poses.json", RECORDING)
    assert str(caught.value) == (
        "cannot tell the format of poses.json; did you mean .coco.json or .jsonl?"
    )


@pytest.mark.parametrize("name", ["dance.txt", "dance", "trc", "dance.mp4"])
def test_an_unknown_name_lists_the_formats(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.wide\.csv.*\.jsonl.*openpose"):
        open_exporter(tmp_path / name, RECORDING)
    assert not list(tmp_path.iterdir())


def test_names_may_be_in_capitals(tmp_path: Path) -> None:
    with open_exporter(tmp_path / "DANCE.Wide.CSV", RECORDING) as exporter:
        exporter.write(posed_frame(0))
    assert "nose_x" in pandas.read_csv(tmp_path / "DANCE.Wide.CSV")


@pytest.mark.parametrize("name", ["dance.angles.csv", "dance.mot"])
def test_a_file_of_angles_wants_angles(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"add --angles"):
        open_exporter(tmp_path / name, RecordingMetadata(INFO, "lightning"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_the_source_is_never_written_onto(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("a recording")
    source = replace(RECORDING, info=replace(INFO, path=tmp_path / name))
    with pytest.raises(OptionError, match=r"is the input"):
        open_exporter(tmp_path / name, source, overwrite=True)
    assert (tmp_path / name).read_text() == "a recording"


@pytest.mark.parametrize("height_m", [0.0, -1.8, float("nan"), float("inf")])
def test_a_height_must_make_sense(height_m: float, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"height"):
        open_exporter(tmp_path / "dance.trc", RECORDING, height_m=height_m)


@pytest.mark.parametrize("min_score", [-0.1, 1.1, float("nan")])
def test_a_threshold_must_make_sense(min_score: float, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"between 0 and 1"):
        open_exporter(tmp_path / "dance.csv", RECORDING, min_score=min_score)


def test_a_missing_pyarrow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RuntimeMissing, match=r"pip install .*'.*\[parquet\]'"):
        open_exporter(tmp_path / "dance.parquet", RECORDING)
    assert not list(tmp_path.iterdir())


def test_heavy_packages_are_not_loaded_before_they_are_needed() -> None:
    heavy = "pandas pyarrow scipy matplotlib pycocotools"
    program = f"import sys, livepose.export; print({{*'{heavy}'.split()}} & {{*sys.modules}})"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == "set()", found.stderr


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.recordings import RECORDING, posed_frame
from livepose.export import open_exporter
exporters = [open_exporter(Path(path), RECORDING, overwrite=True) for path in sys.argv[1:]]
for index in range(50):
    for exporter in exporters:
        exporter.write(posed_frame(index, ids=(1, 2)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_a_killed_run_leaves_every_frame(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in NAMES]
    for path in paths:
        if path.suffix:
            path.write_text("from yesterday")
    killed = run_python("-c", KILLED, *paths, cwd=CHECKOUT)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    parts = {left.target: left for left in parts_in(tmp_path)}
    for path in paths:
        assert not path.suffix or path.read_text() == "from yesterday"
        left = parts[path]
        assert not left.is_in_use()
        assert finish(left, overwrite=True) > 0
        # Some grow every half second of the film only.
        grows_late = path.suffix in (".trc", ".mot", ".parquet")
        assert frames_in(path) == list(range(46 if grows_late else 50)), path


def test_no_exporter_writes_a_missing_point_at_the_corner_but_openpose(tmp_path: Path) -> None:
    for name in NAMES:
        with open_exporter(tmp_path / name, RECORDING) as exporter:
            exporter.write(posed_frame(0))
    assert ",left_ear,,,0.0500,0" in (tmp_path / "dance.csv").read_text()
    points = orjson.loads((tmp_path / "dance.jsonl").read_bytes().splitlines()[1])
    ear = Keypoint.LEFT_EAR
    assert points["people"][0]["keypoints"][ear] == pytest.approx((103, 30.5, 0.05))
    coco = json.loads((tmp_path / "dance.coco.json").read_text())
    assert coco["annotations"][0]["keypoints"][3 * ear : 3 * ear + 3] == [102.5, 30, 0]
    fields = (tmp_path / "dance.trc").read_text().splitlines()[5].split("\t")
    assert fields[2 + 3 * ear : 5 + 3 * ear] == ["", "", ""]
    openpose = json.loads(next((tmp_path / "openpose").iterdir()).read_text())
    assert openpose["people"][0]["pose_keypoints_2d"][-3:] == [0, 0, 0]
