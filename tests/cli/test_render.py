"""`livepose render`: the same run again from what was saved, or another one, without a network."""

from __future__ import annotations

import itertools
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import orjson
import pandas
import pytest

from livepose.cli.main import main
from livepose.cli.render import RenderOptions, run_options
from livepose.export.jsonl_reader import open_pose_file
from livepose.session.options import (
    DataOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
    StyleOptions,
)
from livepose.sinks.video import VideoSink
from livepose.sources import open_video
from livepose.sources.synthetic.source import SyntheticSource
from livepose.system.pyav import av
from tests.support.clips import read_frames, video_properties
from tests.support.colors import near_color
from tests.support.media import make_clip, times_of
from tests.support.needs import DANCE, SHARED, needs_shared
from tests.support.parts import growing
from tests.support.programs import LivePoseProcess, error_line

pytestmark = [needs_shared, pytest.mark.usefixtures("restored_log")]

DATA = ("poses.jsonl", "poses.csv")
LENGTH_S, FRAMES = "1.5", 45
Runs = Callable[..., Path]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Make first runs of the dancer, each once: `x.mp4` and `DATA` in a folder of their own."""
    made: dict[tuple[str, ...], Path] = {}

    def run(*words: str) -> Path:
        if words not in made:
            made[words] = tmp_path_factory.mktemp("first")
            end = () if "--end" in words else ("--end", LENGTH_S)
            first_run(made[words], DANCE, *end, *words)
        return made[words]

    return run


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip in which two people cross."""
    clip = tmp_path_factory.mktemp("crossing") / "clip.mp4"
    with (
        SyntheticSource(scene="crossing", frame_count=40) as source,
        VideoSink(clip, source.info) as sink,
    ):
        for frame in source:
            sink.write(frame)
    return clip


def first_run(folder: Path, clip: Path, *words: str) -> None:
    saves = itertools.chain.from_iterable(("--save", str(folder / name)) for name in DATA)
    source = ("--video", str(clip), "--model", "lightning", "--runtime", "litert", "--no-show")
    assert main([*source, *words, "--out", str(folder / "x.mp4"), *saves]) == 0


def render(clip: Path, poses: Path, *words: str) -> int:
    return main(["render", str(clip), str(poses), *words])


def again(clip: Path, first: Path, *looks: str) -> None:
    """Render into the current folder all that a first run has made."""
    words = ("--out", "x.mp4", "--save", "poses.jsonl", "--save", "poses.csv")
    assert render(clip, first / "poses.jsonl", *looks, *words) == 0


def assert_same_files(first: Path, *names: str) -> None:
    for name in names:
        assert Path(name).read_bytes() == (first / name).read_bytes(), name


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Read a recording without our code: its head, and a line a frame."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def points_of(path: Path) -> npt.NDArray[np.float64]:
    """Read where the points of a .csv are: (rows, 2), with NaN where there is none."""
    return np.asarray(pandas.read_csv(path)[["x", "y"]])


# The options of the run.


def test_a_rendering_is_a_run_from_a_file_of_poses(runs: Runs, here: Path) -> None:
    poses = runs("--start", "2", "--end", "3") / "poses.jsonl"
    output = OutputOptions(out=Path("x.mp4"))
    options = run_options(
        RenderOptions(
            clip=DANCE, poses=poses, output=output, style=StyleOptions(), data=DataOptions()
        )
    )
    assert options == Options(
        SourceOptions(video=str(DANCE), start_s=2.0),
        OutputOptions(out=Path("x.mp4")),
        people=PeopleOptions(smooth=Smooth.KEEP),
        poses=open_pose_file(poses),
    )


def test_saved_angles_are_measured_again_where_they_are_shown_or_change(
    runs: Runs, here: Path
) -> None:
    poses = runs("--angles", "knee,left_elbow") / "poses.jsonl"

    def angles(smooth: Smooth, data: DataOptions) -> tuple[str, ...]:
        output, style = OutputOptions(show=True), StyleOptions()
        rendering = RenderOptions(
            clip=DANCE, poses=poses, output=output, smooth=smooth, style=style, data=data
        )
        return run_options(rendering).data.angles

    saved = ("left_knee", "right_knee", "left_elbow")
    assert angles(Smooth.KEEP, DataOptions()) == ()
    assert set(angles(Smooth.NONE, DataOptions())) == set(saved)
    assert set(angles(Smooth.KEEP, DataOptions(reports=(Path("x.html"),)))) == set(saved)
    assert angles(Smooth.NONE, DataOptions(angles=("trunk",))) == ("trunk",)


# The same again.

SAME: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "as it is": ((), ()),
    "mirrored": ((), ("--mirror",)),
    "only what is sure": ((), ("--threshold", "0.6")),
    "on black with boxes": ((), ("--background", "black", "--boxes", "--style", "people,thick")),
    "without legs and faces": ((), ("--hide", "legs", "--blur-faces")),
    "with trails": ((), ("--trail", "wrists")),
    "with angles that are counted": ((), ("--angles", "knee", "--reps", "left_elbow:>60")),
    "in a small file": ((), ("--quality", "small")),
    "a part": (("--start", "2", "--end", "3"), ()),
    "so many frames": (("--max-frames", "20"), ()),
    "without smoothing": (("--smooth", "none"), ()),
    "with zero lag": (("--smooth", "butterworth"), ()),
}


@pytest.mark.parametrize(("makes", "looks"), SAME.values(), ids=SAME.keys())
def test_the_same_looks_make_the_same_files_byte_for_byte(
    makes: tuple[str, ...], looks: tuple[str, ...], runs: Runs, here: Path
) -> None:
    first = runs(*makes, *looks)
    again(DANCE, first, *looks)
    assert_same_files(first, "x.mp4", *DATA)
    assert len(lines_of(Path("poses.jsonl"))) == 1 + video_properties(Path("x.mp4"))[2]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a cut: the dancer, and then somebody who walks somewhere else."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    walker = SHARED / "clips" / "one_by_one.mp4"
    with av.open(str(path), "w") as target, open_video(DANCE) as dance:
        stream = target.add_stream("libx264", rate=30, options={"crf": "15"})
        stream.width, stream.height, stream.pix_fmt = 384, 496, "yuv420p"
        with open_video(walker, 4.0) as other:
            frames = [frame for source in (dance, other) for frame in itertools.islice(source, 30)]
        for frame in frames:
            bgr = np.asarray(cv2.resize(frame.bgr, (384, 496)), np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        target.mux(stream.encode())
    return path


@pytest.mark.parametrize("smooth", ["one-euro", "butterworth"])
def test_behind_a_cut_all_is_forgotten_as_it_was_the_first_time(
    smooth: str, film: Path, here: Path
) -> None:
    looks = ("--trail", "wrists", "--blur-faces", "--angles", "knee", "--smooth", smooth)
    first = here / "first"
    first.mkdir()
    first_run(first, film, *looks)
    scenes = [line["frame"] for line in lines_of(first / "poses.jsonl")[1:] if line["begins_scene"]]
    assert scenes == [0, 30]
    again(film, first, *looks)
    assert_same_files(first, "x.mp4", *DATA)


def test_a_part_keeps_its_own_times(runs: Runs, here: Path) -> None:
    first = runs("--start", "2", "--end", "3")
    again(DANCE, first)
    assert times_of(Path("x.mp4"))[0] == 0
    times_s = [line["time_s"] for line in lines_of(first / "poses.jsonl")[1:]]
    assert times_s == [pytest.approx(float(stamp)) for stamp in times_of(DANCE)[60:90]]


def test_several_people_keep_their_ids_and_their_colours(here: Path, two_people: Path) -> None:
    first = here / "first"
    first.mkdir()
    first_run(first, two_people, "--model", "multipose", "--boxes")
    again(two_people, first, "--boxes")
    assert_same_files(first, "x.mp4", *DATA)
    assert set(pandas.read_csv("poses.csv").person) >= {1, 2}


def test_who_was_followed_alone_is_painted_alone(here: Path, two_people: Path) -> None:
    first = here / "first"
    first.mkdir()
    first_run(first, two_people, "--model", "multipose", "--select", "leftmost")
    again(two_people, first)
    assert_same_files(first, "x.mp4", *DATA)


def test_data_alone_need_no_clip_and_are_the_same(runs: Runs, here: Path) -> None:
    first = runs()
    words = ("--save", "poses.jsonl", "--save", "poses.csv")
    assert render(Path("gone.mp4"), first / "poses.jsonl", *words) == 0
    assert_same_files(first, *DATA)


def test_it_says_what_it_did(runs: Runs, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = runs()
    capsys.readouterr()
    assert render(DANCE, first / "poses.jsonl", "--out", "x.mp4", "--save", "new.csv") == 0
    output, errors = capsys.readouterr()
    assert output == ""
    assert f"{FRAMES} frames in" in errors
    assert "wrote x.mp4" in errors and "wrote new.csv" in errors


# Other smoothing.


def test_points_without_smoothing_are_the_raw_ones(runs: Runs, here: Path) -> None:
    first = runs()
    words = ("--smooth", "none", "--save", "raw.csv", "--save", "raw.jsonl")
    assert render(DANCE, first / "poses.jsonl", *words, "--save-threshold", "0") == 0
    raw = [
        person.get("raw", [point[:2] for point in person["keypoints"]])
        for line in lines_of(first / "poses.jsonl")[1:]
        for person in line["people"]
    ]
    assert np.abs(points_of(Path("raw.csv")) - np.array(raw).reshape(-1, 2)).max() < 0.006
    assert np.abs(points_of(first / "poses.csv") - points_of(Path("raw.csv"))).max() > 1
    head, *lines = lines_of(Path("raw.jsonl"))
    assert head["settings"]["smooth"] == "none"
    assert not any("raw" in person for line in lines for person in line["people"])


@pytest.mark.parametrize("before", ["one-euro", "none", "butterworth"])
@pytest.mark.parametrize("after", ["one-euro", "none", "butterworth"])
def test_smoothing_anew_is_as_if_it_had_been_the_first_time(
    before: str, after: str, runs: Runs, here: Path
) -> None:
    # The crop follows smooth points: with it another network input would come of other smoothing.
    first, wanted = (runs("--no-crop", "--smooth", smooth) for smooth in (before, after))
    words = ("--smooth", after, "--save", "poses.csv", "--save", "poses.jsonl", "--out", "x.mp4")
    assert render(DANCE, first / "poses.jsonl", *words) == 0
    assert_same_files(wanted, "poses.csv", "x.mp4")
    ours, theirs = lines_of(Path("poses.jsonl")), lines_of(wanted / "poses.jsonl")
    for line in (*ours[1:], *theirs[1:]):
        del line["inference_s"]
        for person in line["people"]:
            box = person.pop("box")
            np.testing.assert_allclose(box, _around(person["keypoints"]), atol=12)
    assert ours == theirs


def _around(points: list[list[float]]) -> npt.NDArray[np.float64]:
    """Return left, top, right, bottom of keypoints."""
    xy = np.array(points)[:, :2]
    return np.concatenate((xy.min(axis=0), xy.max(axis=0)))


def test_angles_are_those_of_the_points_that_were_smoothed_anew(runs: Runs, here: Path) -> None:
    first = runs("--no-crop", "--angles", "knee")
    wanted = runs("--no-crop", "--angles", "knee", "--smooth", "none")
    assert render(DANCE, first / "poses.jsonl", "--save", "kept.angles.csv") == 0
    words = ("--smooth", "none", "--save", "raw.angles.csv")
    assert render(DANCE, first / "poses.jsonl", *words) == 0
    assert render(DANCE, wanted / "poses.jsonl", "--save", "wanted.angles.csv") == 0
    kept, raw, same = (
        Path(f"{name}.angles.csv").read_bytes() for name in ("kept", "raw", "wanted")
    )
    assert raw == same != kept
    assert kept.count(b"\n") == 1 + 2 * FRAMES


def test_smoothing_with_what_comes_is_for_files(
    runs: Runs, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = runs() / "poses.jsonl"
    capsys.readouterr()
    words = ("render", str(DANCE), str(poses), "--smooth", "butterworth", "--show")
    assert "butterworth" in error_line(capsys, 2, *words)


# Other looks, other data.


def test_another_threshold_and_another_style_are_followed(runs: Runs, here: Path) -> None:
    poses = runs() / "poses.jsonl"
    assert render(DANCE, poses, "--out", "none.mp4", "--threshold", "1") == 0
    for before, after in zip(read_frames(DANCE, 9), read_frames(Path("none.mp4"), 9), strict=False):
        assert (np.abs(before.astype(int) - after).max(axis=2) > 70).sum() < 100
    assert render(DANCE, poses, "--out", "red.mp4", "--style", "#ff0000,6px") == 0
    for after in read_frames(Path("red.mp4"), 9):
        assert near_color(after, (0, 0, 255), 90).sum() > 300


def test_angles_can_be_measured_later(runs: Runs, here: Path) -> None:
    later = ("--angles", "knee,left_elbow", "--save", "x.angles.csv", "--report", "x.html")
    assert render(DANCE, runs() / "poses.jsonl", *later) == 0
    angles = pandas.read_csv("x.angles.csv")
    assert sorted(set(angles.angle)) == ["left_elbow", "left_knee", "right_knee"]
    assert angles.degrees.between(0, 180).all()
    assert "left knee" in Path("x.html").read_text(encoding="utf-8")
    first = runs("--angles", "knee,left_elbow")
    assert render(DANCE, first / "poses.jsonl", "--save", "kept.angles.csv") == 0
    assert Path("kept.angles.csv").read_bytes() == Path("x.angles.csv").read_bytes()


def test_a_report_shows_the_angles_that_were_saved(runs: Runs, here: Path) -> None:
    first = runs("--angles", "knee,left_elbow")
    assert render(DANCE, first / "poses.jsonl", "--report", "x.html") == 0
    assert "left elbow" in Path("x.html").read_text(encoding="utf-8")


def test_every_format_is_written_from_what_was_saved(runs: Runs, here: Path) -> None:
    names = ("a.csv", "a.wide.csv", "a.angles.csv", "a.jsonl", "a.coco.json", "a.parquet", "a.trc")
    saves = [word for name in (*names, "a.mot", "a_json") for word in ("--save", name)]
    words = ("--angles", "knee", "--height", "1.7", "--save-threshold", "0.2")
    assert render(DANCE, runs() / "poses.jsonl", *words, *saves) == 0
    assert {path.name for path in here.iterdir()} == {*names, "a.mot", "a_json"}
    table, same = pandas.read_csv("a.csv"), pandas.read_parquet("a.parquet")
    assert len(table) == len(same) == 17 * FRAMES
    assert (table.x.isna() == (table.score < 0.2)).all()
    assert len(list(Path("a_json").iterdir())) == FRAMES


# What does not fit.


@pytest.fixture
def poses(runs: Runs, here: Path) -> Path:
    """A recording in the current folder, and what may be taken for it or for its clip."""
    shutil.copy(runs() / "poses.jsonl", "poses.jsonl")
    make_clip(here / "small.mp4", pts=range(5))
    # Another rate: the frames are as large as those of the recording, at other times.
    make_clip(here / "other.mp4", width_px=384, height_px=496, pts=range(0, 60, 2))
    head, first, second, *rest = Path("poses.jsonl").read_bytes().splitlines(keepends=True)
    Path("damaged.jsonl").write_bytes(b"".join((head, first, second[:90] + b"\n", *rest)))
    Path("later.jsonl").write_bytes(head.replace(b'"livepose":1', b'"livepose":99'))
    Path("strange.jsonl").write_text('{"text": "of another program"}\n', encoding="utf-8")
    Path("binary.jsonl").write_bytes(bytes(range(256)))
    Path("empty.jsonl").touch()
    Path("text.mp4").write_text("no video", encoding="utf-8")
    return Path("poses.jsonl")


WRONG_FILES = {
    "a clip of another size": ("small.mp4", "poses.jsonl", "384 x 496"),
    "no clip": ("gone.mp4", "poses.jsonl", "there is no file gone.mp4"),
    "a clip with other times": ("other.mp4", "poses.jsonl", "does not belong to other.mp4"),
    "a text for a clip": ("text.mp4", "poses.jsonl", "is not a video"),
    "is not a recording": ("small.mp4", "gone.jsonl", "there is no file gone.jsonl"),
    "a folder for a recording": ("small.mp4", ".", "cannot be read"),
    "a video for a recording": ("small.mp4", "small.mp4", "not a recording"),
    "a file of another program": ("small.mp4", "strange.jsonl", "not a recording of livepose"),
    "no text": ("small.mp4", "binary.jsonl", "not a recording of livepose"),
    "an empty file": ("small.mp4", "empty.jsonl", "not a recording of livepose"),
    "a file of a later version": ("small.mp4", "later.jsonl", "upgrade livepose"),
}


@pytest.mark.parametrize(("clip", "name", "says"), WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_what_does_not_fit_is_one_line_and_1(
    clip: str, name: str, says: str, poses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    words = ("--out", "x.mp4", "--save", "x.csv", "--save", "x_json")
    assert says in error_line(capsys, 1, "render", clip, name, *words)


def test_what_turns_out_to_be_wrong_is_said_and_1_and_what_came_before_is_kept(
    poses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["render", str(DANCE), "damaged.jsonl", "--out", "x.mp4", "--save", "x.csv"]) == 1
    errors = capsys.readouterr().err
    says = "damaged.jsonl is damaged in line 3"
    assert [says in line for line in errors.splitlines()].count(True) == 1
    assert "livepose: unexpected" not in errors and "Traceback" not in errors
    assert video_properties(Path("x.mp4"))[2] == pandas.read_csv("x.csv").frame.nunique() == 1


def test_a_run_that_fails_in_its_first_frames_does_not_replace_what_was_there(
    poses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.csv").write_text("precious", encoding="utf-8")
    capsys.readouterr()
    words = ("--out", "x.mp4", "--save", "x.csv", "--overwrite")
    assert main(["render", str(DANCE), "damaged.jsonl", *words]) == 1
    assert Path("x.csv").read_text(encoding="utf-8") == "precious"
    assert not Path("x.mp4").exists()
    errors = capsys.readouterr().err
    assert "line 3" in errors.splitlines()[-1] and "files were not replaced" in errors
    assert video_properties(growing(Path("x.mp4")))[2] == 1, "it stays beside its target"


WRONG_WORDS = {
    "nothing to make": ("--no-show",),
    "an unknown format": ("--save", "x.xyz"),
    "an unknown video": ("--out", "x.gif"),
    "a wrong style": ("--out", "x.mp4", "--style", "blueish"),
    "a wrong angle": ("--save", "x.csv", "--angles", "nose"),
    "a report of no angles": ("--report", "x.html"),
    "angles that nobody measured": ("--save", "a.csv", "--save", "x.mot"),
    "a threshold that is nan": ("--out", "x.mp4", "--threshold", "nan"),
    "a height without a .trc": ("--save", "x.csv", "--height", "1.8"),
    "a threshold without a file": ("--out", "x.mp4", "--save-threshold", "0.4"),
    "an option of the first run": ("--out", "x.mp4", "--model", "thunder"),
    "the recording as a target": ("--save", "a.csv", "--save", "poses.jsonl", "--overwrite"),
    "one file twice": ("--save", "a.csv", "--save", "./a.csv", "--overwrite"),
    "the clip as a target": ("--out", "clip.mp4", "--overwrite"),
}


@pytest.mark.parametrize("words", WRONG_WORDS.values(), ids=WRONG_WORDS.keys())
def test_wrong_words_are_one_line_and_2(
    words: tuple[str, ...], poses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = Path(shutil.copy(DANCE, "clip.mp4"))
    before = poses.read_bytes(), clip.read_bytes()
    capsys.readouterr()
    error_line(capsys, 2, "render", "clip.mp4", "poses.jsonl", *words)
    assert (poses.read_bytes(), clip.read_bytes()) == before


@pytest.mark.parametrize("command", ["render", "edit"])
@pytest.mark.parametrize(
    "words", [("--people", "2"), ("--select", "largest"), ("--no-crop",), ("--model", "thunder")]
)
def test_what_finds_people_is_not_for_those_who_were_saved(
    command: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    line = error_line(capsys, 2, command, "clip.mp4", "poses.jsonl", *words)
    said = f"{words[0]} is not for livepose {command}, which takes people as they were saved"
    assert line.startswith(f"livepose: {said}")
    assert "Possible options" not in line and "Did you mean" not in line


@pytest.mark.parametrize("taken", ["x.mp4", "x.csv", "x.html"])
def test_an_existing_target_is_kept_and_nothing_else_is_touched(
    taken: str, poses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(taken).write_text("precious", encoding="utf-8")
    capsys.readouterr()
    words = ("--out", "x.mp4", "--save", "a.csv", "--save", "x.csv", "--report", "x.html")
    line = error_line(capsys, 1, "render", str(DANCE), "poses.jsonl", "--angles", "knee", *words)
    assert f"{taken} exists: --overwrite" in line
    assert Path(taken).read_text(encoding="utf-8") == "precious"


# Of runs that were broken off.


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that takes seconds, in small pictures: it is painted frame by frame."""
    clip = tmp_path_factory.mktemp("long") / "clip.mp4"
    with (
        SyntheticSource(160, 120, frame_count=500) as source,
        VideoSink(clip, source.info) as sink,
    ):
        for frame in source:
            sink.write(frame)
    return clip


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_of_a_run_that_was_broken_off_what_is_there_is_taken(
    number: int, long_clip: Path, here: Path
) -> None:
    words = ("--video", long_clip, "--no-show", "--save", "poses.jsonl")
    with LivePoseProcess(here, *words) as run:
        run.wait_for_part(Path("poses.jsonl"), 60_000)
        run.stop(number)
    if number == signal.SIGKILL:  # as if it had happened within a line
        content = growing(Path("poses.jsonl")).read_bytes()
        Path("poses.jsonl").write_bytes(content[:-100])
    whole = Path("poses.jsonl").read_bytes().count(b"\n") - 1
    assert 10 < whole < 500
    out = ("--out", "x.mp4", "--background", "black")
    assert render(long_clip, Path("poses.jsonl"), *out, "--save", "x.csv") == 0
    assert sorted(set(pandas.read_csv("x.csv").frame)) == list(range(whole))
    assert video_properties(Path("x.mp4"))[2] == video_properties(long_clip)[2]
    is_painted = [bool((bgr.max(axis=2) > 90).any()) for bgr in read_frames(Path("x.mp4"))]
    assert is_painted == [True] * whole + [False] * (len(is_painted) - whole)
