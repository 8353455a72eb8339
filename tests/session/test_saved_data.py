"""What --save writes of a run: when, who, where; and what is left of one that ends early."""

from __future__ import annotations

import itertools
import json
import signal
import socket
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson
import pandas
import pytest

from livepose.cli.main import main
from livepose.core.skeleton import COCO_SKELETON
from livepose.draw.color_schemes import color_of_person
from livepose.export import FORMATS
from livepose.export.repair import finish
from livepose.sources.synthetic.source import SyntheticSource
from livepose.system.part_names import parts_in
from tests.support.clips import read_frames, video_properties
from tests.support.colors import near_color
from tests.support.media import Picture, make_clip, times_of
from tests.support.models import warm_cache
from tests.support.needs import DANCE, TFHUB, needs_shared, needs_xvfb
from tests.support.parts import growing
from tests.support.programs import CLEARED_VARIABLES, LivePoseProcess, error_line
from tests.support.screen import Screen
from tests.support.viewer import ViewerProcess
from tests.support.waiting import wait_for

pytestmark = [needs_shared, pytest.mark.usefixtures("restored_log")]

CLIP_PX = (320, 240)
FILES = ("a.csv", "a.wide.csv", "a.angles.csv", "a.jsonl", "a.coco.json", "a.parquet", "a.trc")
ALL = (*FILES, "a.mot", "a_openpose", "cam_json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty, without a display."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in CLEARED_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(autouse=True)
def cache(
    tmp_path_factory: pytest.TempPathFactory, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The compiled models, for this process and its children."""
    folder = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(folder))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    return folder


def livepose(*words: str | Path) -> None:
    assert main([*map(str, words), "--runtime", "litert", "--no-show"]) == 0


def saves(*names: str) -> tuple[str, ...]:
    return tuple(itertools.chain.from_iterable(("--save", name) for name in names))


def lines_of(name: str) -> list[dict[str, Any]]:
    """Read a recording's frames without our code."""
    return [orjson.loads(line) for line in Path(name).read_bytes().splitlines()[1:]]


def dancer(number: int, width_px: int, height_px: int) -> Picture:
    return SyntheticSource(width_px, height_px).paint(number / 30)


def dancer_who_leaves(number: int, width_px: int, height_px: int) -> Picture:
    """Paint the dancer ten times, ten times nothing, and again."""
    grey = np.full((height_px, width_px, 3), 90, np.uint8)
    return grey if number // 10 == 1 else dancer(number, width_px, height_px)


def dancer_behind_a_table(number: int, width_px: int, height_px: int) -> Picture:
    bgr = dancer(number, width_px, height_px).copy()
    bgr[height_px * 6 // 10 :] = (60, 80, 110)
    return bgr


# When.

NTSC = Fraction(1001, 30000)
CLOCKS: dict[str, tuple[str, list[int], Fraction]] = {
    "29.97 fps": ("a.mp4", [1001 * n for n in range(24)], Fraction(1, 30000)),
    "29.97 fps in milliseconds": ("a.mkv", [round(n * NTSC * 1000) for n in range(24)],
                                  Fraction(1, 1000)),
    "a phone's": ("a.mp4", [0, 2999, 6003, 8997, 15000, 18001, 24011, 26990, 30002, 45123],
                  Fraction(1, 90000)),
    "15 fps, then 60 fps": ("a.mkv", [*range(0, 667, 67), *range(670, 900, 17)],
                            Fraction(1, 1000)),
    "one that begins late": ("a.mkv", [5000 + 40 * n for n in range(20)], Fraction(1, 1000)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "pts", "unit"), CLOCKS.values(), ids=CLOCKS.keys())
def test_times_are_the_container_s_to_the_microsecond(
    name: str, pts: list[int], unit: Fraction, here: Path
) -> None:
    make_clip(here / name, width_px=320, height_px=240, pts=pts, time_base=unit, painter=dancer)
    livepose("--video", name, *saves("x.csv", "x.jsonl", "x.parquet"))
    stamps = times_of(Path(name))
    assert len(stamps) == len(pts)
    lines = lines_of("x.jsonl")
    assert [line["time_s"] for line in lines] == [float(stamp) for stamp in stamps]
    assert [line["frame"] for line in lines] == list(range(len(pts)))
    written = pandas.read_csv("x.csv", dtype=str).drop_duplicates("frame")
    assert len(written) > len(pts) / 2
    for frame, time_s in zip(written.frame, written.time_s, strict=True):
        assert abs(Fraction(time_s) - stamps[int(frame)]) <= Fraction(1, 2_000_000)
    table = pandas.read_parquet("x.parquet")
    assert set(table.time_s) <= {float(stamp) for stamp in stamps}


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_part_has_the_times_of_the_whole(name: str, here: Path) -> None:
    pts = [1001 * n + 300 * (n % 3) for n in range(60)]
    unit = Fraction(1, 30000)
    make_clip(here / name, width_px=320, height_px=240, pts=pts, time_base=unit, painter=dancer)
    livepose("--video", name, "--start", "0.7", "--end", "1.5", *saves("x.csv", "x.jsonl"))
    stamps = times_of(Path(name))
    wanted = [stamp for stamp in stamps if 0.7 <= stamp < 1.5]
    assert [line["time_s"] for line in lines_of("x.jsonl")] == [float(stamp) for stamp in wanted]
    written = pandas.read_csv("x.csv").drop_duplicates("frame")
    assert len(written) > 20
    expected_s = [float(wanted[frame]) for frame in written.frame]
    assert [float(stamps[frame]) for frame in written.source_frame] == expected_s
    np.testing.assert_allclose(written.time_s, expected_s, rtol=0, atol=5.1e-7)


# Who and where.


def test_every_format_at_once_says_the_same(here: Path) -> None:
    words = ("--video", DANCE, "--end", "1", "--angles", "knee", "--out", "x.mp4")
    livepose(*words, "--height", "1.7", *saves(*ALL))
    assert {path.name for path in here.iterdir()} == {*ALL, "x.mp4"}
    assert video_properties(Path("x.mp4"))[2] == len(lines_of("a.jsonl")) == 30
    tidy, wide = pandas.read_csv("a.csv"), pandas.read_csv("a.wide.csv")
    assert len(tidy) == 17 * 30 and len(wide) == 30
    nose = tidy[tidy.keypoint == "nose"].reset_index()
    assert nose.x.equals(wide.nose_x) and nose.y.equals(wide.nose_y)
    same = pandas.read_parquet("a.parquet")
    np.testing.assert_allclose(same[["x", "y"]], tidy[["x", "y"]], atol=0.006)
    exact = [person["keypoints"] for line in lines_of("a.jsonl") for person in line["people"]]
    seen = tidy.x.notna()
    difference = (
        pandas.DataFrame(np.array(exact)[..., :2].reshape(-1, 2)) - tidy[["x", "y"]].to_numpy()
    )
    assert difference[seen].abs().max().max() < 0.006
    assert len(json.loads(Path("a.coco.json").read_bytes())["images"]) == 30
    assert len(pandas.read_csv("a.angles.csv")) == 2 * 30
    assert sum(1 for _ in Path("cam_json").iterdir()) == 30
    assert [path.read_bytes() for path in sorted(Path("cam_json").iterdir())] == [
        path.read_bytes() for path in sorted(Path("a_openpose").iterdir())
    ]


def test_all_formats_of_frames_are_tried_here() -> None:
    endings = [ending for ending, each in FORMATS.items() if not each.has_repetitions]
    assert all(any(name.endswith(ending) for name in ALL) for ending in endings)


def test_a_mirror_changes_no_data(here: Path) -> None:
    words = ("--video", DANCE, "--end", "1", "--boxes")
    livepose(*words, "--out", "plain.mp4", *saves("plain.csv", "plain.wide.csv", "plain.trc"))
    livepose(
        *(*words, "--mirror", "--out", "mirrored.mp4"),
        *saves("mirrored.csv", "mirrored.wide.csv", "mirrored.trc"),
    )
    for suffix in (".csv", ".wide.csv", ".trc"):
        plain, mirrored = (Path(f"{name}{suffix}").read_bytes() for name in ("plain", "mirrored"))
        assert plain == mirrored.replace(b"mirrored.trc", b"plain.trc"), suffix


def test_a_frame_without_people_has_no_row_and_is_counted_all_the_same(here: Path) -> None:
    make_clip(here / "a.mp4", width_px=320, height_px=240, painter=dancer_who_leaves)
    livepose("--video", "a.mp4", *saves("x.csv", "x.jsonl", "x_json"))
    frames = set(pandas.read_csv("x.csv").frame)
    assert frames.isdisjoint(range(12, 20))
    assert frames >= {*range(10), *range(22, 30)}
    lines = lines_of("x.jsonl")
    assert [line["frame"] for line in lines] == list(range(30))
    assert {line["frame"] for line in lines if line["people"]} == frames
    assert len(list(Path("x_json").iterdir())) == 30
    text = Path("x_json/a_000000000015_keypoints.json").read_text(encoding="utf-8")
    assert json.loads(text)["people"] == []


@pytest.mark.parametrize("min_score", [0.1, 0.5])
def test_a_point_that_is_not_seen_is_empty_and_never_a_corner(min_score: float, here: Path) -> None:
    make_clip(
        here / "a.mp4", width_px=320, height_px=240, pts=range(15), painter=dancer_behind_a_table
    )
    livepose(
        *("--video", "a.mp4", "--save-threshold", f"{min_score}"),
        *saves("x.csv", "x.parquet", "x.jsonl"),
    )
    table = pandas.read_csv("x.csv")
    unseen = table.score < min_score
    assert 0 < unseen.sum() < len(table) / 1.5
    assert (table.x.isna() == unseen).all() and (table.y.isna() == unseen).all()
    assert not ((table.x == 0) & (table.y == 0)).any()
    same = pandas.read_parquet("x.parquet")
    assert (same.x.isna().to_numpy() == unseen.to_numpy()).all()
    if min_score == 0.5:
        assert unseen[table.keypoint.str.contains("ankle")].mean() > 0.8
    points = np.array([p["keypoints"] for line in lines_of("x.jsonl") for p in line["people"]])
    assert np.isfinite(points).all(), "the whole of it is in the .jsonl"


def test_a_person_s_number_is_that_of_the_colour_that_is_drawn(here: Path) -> None:
    source = ("--demo", "--scene", "crossing", "--max-frames", "45")
    livepose(
        *(*source, "--model", "multipose", "--style", "people,9px", "--background", "black"),
        *("--out", "x.mp4", *saves("x.csv")),
    )
    table = pandas.read_csv("x.csv").set_index(["frame", "person", "keypoint"]).sort_index()
    assert set(table.index.unique("person")) >= {1, 2}
    asked = right = 0
    for frame, bgr in enumerate(read_frames(Path("x.mp4"))):
        for person in table.loc[[frame]].index.unique("person"):
            body = table.loc[frame, person]
            for side in ("left", "right"):
                ends = body.loc[[f"{side}_shoulder", f"{side}_hip"]]
                if (ends.score < 0.4).any():
                    continue
                x, y = ends[["x", "y"]].mean().round().astype(int)
                patch = bgr[max(y - 5, 0) : y + 6, max(x - 5, 0) : x + 6]
                asked += 1
                right += bool(near_color(patch, color_of_person(person), 70).any())
    assert asked > 60
    assert right > 0.9 * asked, f"{right} of {asked}"


def test_what_is_in_a_picture_is_saved_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite("a.png", dancer(30, 640, 480))
    words = ("--image", "a.png", "--angles", "elbow", "--height", "1.7")
    livepose(*words, *saves(*ALL))
    printed = capsys.readouterr().out.splitlines()
    table = pandas.read_csv("a.csv")
    assert list(table.keypoint) == list(COCO_SKELETON.names)
    assert set(table.frame) == {0} and set(table.time_s) == {0.0}
    nose = next(line.split() for line in printed if "nose" in line)
    x, y = table.loc[0, ["x", "y"]]
    assert {f"{x:.1f}", f"{y:.1f}"} <= set(nose) or any(f"{x:.0f}" in word for word in nose)
    assert len(lines_of("a.jsonl")) == 1
    assert set(path.name for path in here.iterdir()) == {*ALL, "a.png", "a_pose.png"}


# What is refused, and what is left then.


def test_a_second_file_that_exists_leaves_the_first_one_unmade(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("b.csv").write_text("precious", encoding="utf-8")
    words = ("--demo", "--max-frames", "3", "--out", "x.mp4", *saves("a.csv", "b.csv", "c_json"))
    assert "b.csv exists: --overwrite" in error_line(capsys, 1, *words)
    assert Path("b.csv").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("name", ALL)
def test_what_exists_is_kept_and_replaced_where_that_is_asked_for(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_folder = "." not in name
    taken = Path(name) / "precious.txt" if is_folder else Path(name)
    taken.parent.mkdir(exist_ok=True)
    taken.write_text("precious", encoding="utf-8")
    words = ("--demo", "--max-frames", "3", "--no-show", "--angles", "knee", *saves(name))
    assert f"{name} exists: --overwrite" in error_line(capsys, 1, *words)
    assert taken.read_text(encoding="utf-8") == "precious"
    livepose(*words, "--overwrite")
    assert (taken.read_bytes() == b"precious") is is_folder
    assert not is_folder or len(list(Path(name).iterdir())) == 4


UNLUCKY = {
    "angles that nobody measured": (2, saves("a.csv", "x.mot")),
    "no such folder": (1, saves("a.csv", "gone/x.csv")),
    "a folder in the way": (1, saves("a.csv", "folder.csv")),
    "a file in the way of a folder": (1, saves("a.csv", "file_json")),
    "one file twice": (2, saves("a.csv", "b.csv", "a.csv")),
    "an unknown format": (2, saves("a.csv", "x.xyz")),
    "an unknown address": (2, (*saves("a.csv"), "--send", "http://localhost:9")),
    "a port that is taken": (1, (*saves("a.csv", "new.csv"), "--send", "ws://127.0.0.1:PORT")),
    "a report of another kind": (
        2,
        (*saves("a.csv"), "--angles", "knee", "--report", "x.pdf"),
    ),
}


@pytest.mark.parametrize(("code", "words"), UNLUCKY.values(), ids=UNLUCKY.keys())
def test_where_one_cannot_be_written_none_is_touched(
    code: int, words: tuple[str, ...], here: Path
) -> None:
    Path("folder.csv").mkdir()
    for name in ("file_json", "a.csv"):
        Path(name).write_text("precious", encoding="utf-8")
    before = sorted(here.iterdir())
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        given = [word.replace("PORT", str(other.getsockname()[1])) for word in words]
        run = ("--demo", "--max-frames", "3", "--no-show", "--out", "x.mp4", "--overwrite")
        assert main([*run, *given]) == code
    assert sorted(here.iterdir()) == before
    assert Path("a.csv").read_text(encoding="utf-8") == "precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a thing of Linux")
def test_a_disk_that_is_full_from_the_beginning_leaves_no_other_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full.csv").symlink_to("/dev/full")
    words = ("--demo", "--max-frames", "3", "--no-show", "--overwrite", "--out", "x.mp4")
    assert main([*words, *saves("a.csv", "a_json", "full.csv")]) == 1
    assert "full.csv cannot be written: No space left" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["full.csv"]


def test_a_file_that_cannot_be_finished_is_told_at_the_end_and_spoils_no_other(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Where a point must score more than any does, nobody is seen from head to foot.
    words = ("--demo", "--max-frames", "12", "--no-show", "--save-threshold", "1")
    height = ("--height", "1.7")
    assert main([*words, *height, "--out", "x.mp4", *saves("a.trc", "a.csv")]) == 1
    said = capsys.readouterr().err
    assert "nobody was seen from the eyes to the ankles" in said and "Traceback" not in said
    assert video_properties(Path("x.mp4"))[2] == 12
    assert pandas.read_csv("a.csv").frame.nunique() == 12
    assert sorted(path.name for path in here.iterdir()) == ["a.csv", "a.trc", "x.mp4"]


# What is left of a run that ends early.

GROWING = ("a.csv", "a.jsonl", "a.wide.csv", "a.coco.json", "a.parquet", "a.trc", "a_json")


def assert_whole(frames: int) -> None:
    """All files hold so many frames of the demo, which always shows somebody."""
    assert [line["frame"] for line in lines_of("a.jsonl")] == list(range(frames))
    for table in (pandas.read_csv("a.csv"), pandas.read_parquet("a.parquet")):
        assert sorted(set(table.frame)) == list(range(frames))
        assert len(table) == 17 * frames
    assert list(pandas.read_csv("a.wide.csv").frame) == list(range(frames))
    assert len(json.loads(Path("a.coco.json").read_bytes())["images"]) == frames
    assert len(list(Path("a_json").iterdir())) == frames
    head, *rows = Path("a.trc").read_text(encoding="utf-8").splitlines()[2:]
    assert int(head.split("\t")[2]) == frames == len([row for row in rows[2:] if row.strip()])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_leaves_whole_files_up_to_its_last_frame(
    number: int, code: int, here: Path
) -> None:
    words = ("--demo", "--no-show", "--max-frames", "100000", "--out", "x.mp4", *saves(*GROWING))
    with LivePoseProcess(here, *words) as run:
        run.wait_for_part(Path("a.jsonl"), 50_000)
        returned, said = run.stop(number)
    assert returned == code and "Traceback" not in said
    frames = video_properties(Path("x.mp4"))[2]
    assert frames > 10
    assert_whole(frames)


@needs_xvfb
def test_q_leaves_whole_files_up_to_its_last_frame(here: Path) -> None:
    words = ("--demo", "--show", *saves(*GROWING))
    with Screen() as screen, ViewerProcess(screen, here, *words) as watched:
        wait_for(lambda: len(growing(Path("a.jsonl")).read_bytes()) > 30_000, "a second of poses")
        watched.window.press("q")
        assert watched.result()[0] == 0
    assert_whole(len(lines_of("a.jsonl")))


def test_a_run_that_is_killed_leaves_whole_files_but_for_its_last_moment(here: Path) -> None:
    names = ("a.csv", "a.jsonl", "a.wide.csv", "a.coco.json", "a_json", "a.trc", "a.parquet")
    with LivePoseProcess(
        here, "--demo", "--no-show", "--max-frames", "100000", *saves(*names)
    ) as run:
        run.wait_for_part(Path("a.jsonl"), 200_000)
        run.stop(signal.SIGKILL)
    for left in parts_in(here):
        finish(left, overwrite=False)
    frames = len(lines_of("a.jsonl"))
    counts = [
        pandas.read_csv("a.csv").frame.nunique(),
        len(pandas.read_csv("a.wide.csv")),
        len(json.loads(Path("a.coco.json").read_bytes())["images"]),
        len(Path("a.trc").read_bytes().splitlines()) - 5,
        pandas.read_parquet("a.parquet").frame.nunique(),
    ]
    assert frames > 90
    # They are written in turn, each the frames of half a second, or of a second and a half.
    assert all(abs(count - frames) <= 60 for count in counts), (counts, frames)
