"""What the command line refuses: one line, an exit code, and no file that was touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.media import make_clip, make_sound_file
from tests.support.programs import error_line, main_without_privileges

pytestmark = pytest.mark.usefixtures("restored_log")

DEMO = ("--demo", "--no-show", "--max-frames", "8")
VIDEO = ("--video", "a.mp4", "--no-show")

# What is refused as a wrong option: 2.

WRONG = {
    "no source": ["--mirror"],
    "no source, only a result": ["--out", "x.mp4"],
    "two sources": ["--demo", "--camera", "0"],
    "three sources": ["--demo", "--video", "a.mp4", "--image", "a.jpg"],
    "an unknown option": ["--demo", "--wings"],
    "a word too many": ["--demo", "wings"],
    "a size of one number": ["--demo", "--size", "640"],
    "a size of nothing": ["--demo", "--size", "0x480"],
    "a size in words": ["--demo", "--size", "large"],
    "a size that cannot be painted": ["--demo", "--size", "8x8"],
    "a threshold above 1": ["--demo", "--threshold", "2"],
    "a threshold below 0": ["--demo", "--threshold", "-0.1"],
    "a threshold that is no number": ["--demo", "--threshold", "high"],
    "a threshold that is nan": ["--demo", "--threshold", "nan"],
    "a rate of nothing": ["--demo", "--fps", "0"],
    "a rate that is nan": ["--demo", "--fps", "nan", "--max-frames", "1"],
    "no frames": ["--demo", "--max-frames", "0"],
    "an end before the start": ["--video", "a.mp4", "--start", "2", "--end", "1"],
    "an end at the start": ["--video", "a.mp4", "--start", "2", "--end", "2"],
    "a start before the beginning": ["--video", "a.mp4", "--start", "-1"],
    "a start that is nan": ["--video", "a.mp4", "--start", "nan"],
    "an end that is nan": ["--video", "a.mp4", "--end", "nan"],
    "a start for a camera": ["--camera", "0", "--start", "1"],
    "an end for the demo": ["--demo", "--end", "1"],
    "a size for a video": ["--video", "a.mp4", "--size", "640x480"],
    "a rate for a video": ["--video", "a.mp4", "--fps", "30"],
    "a size for a picture": ["--image", "a.jpg", "--size", "640x480"],
    "a number of frames for a picture": ["--image", "a.jpg", "--max-frames", "3"],
    "an unknown quality": ["--demo", "--out", "x.mp4", "--quality", "best"],
    "a quality for a picture": ["--image", "a.jpg", "--quality", "small"],
    "an unknown runtime": ["--demo", "--runtime", "gpu"],
    "an option without its value": ["--demo", "--out"],
    "a suffix that cannot be written": ["--demo", "--out", "x.gif"],
    "no suffix": ["--demo", "--out", "x"],
    "a camera of twenty digits": ["--camera", "9" * 20, "--save", "x.csv"],
    "an address of a camera without its bracket": ["--camera", "http://[::1", "--save", "x.csv"],
    "such an address of an image": ["--image", "http://[::1/a.png"],
    "such an address of a model": [*VIDEO, "--save", "x.csv", "--model", "http://[::1"],
    "a name of 300 letters": [300 * "a" + ".mp4"],
    "such a name of an image": ["--image", 300 * "a" + ".png"],
    "such a name of a model": [*VIDEO, "--save", "x.csv", "--model", 300 * "a"],
    "a start of twenty digits": [*VIDEO, "--save", "x.csv", "--start", "9" * 9 + ":00:00"],
    "a number of frames of twenty digits": [*VIDEO, "--save", "x.csv", "--max-frames", "9" * 20],
    "a height in centimetres": [*VIDEO, "--save", "x.trc", "--height", "175"],
    "words too many": ["render", "a.mp4", "b.jsonl", "c"],
    "an unknown verb": ["models", "paint"],
    "a verb without its name": ["models", "get"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_option_is_one_line_and_2(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(folder / "a.mp4", pts=range(5))
    error_line(capsys, 2, *words)


def test_the_line_names_the_option_and_what_would_be_right(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "1280x720" in error_line(capsys, 2, "--demo", "--size", "640")
    assert "from 64 to 8192" in error_line(capsys, 2, "--demo", "--size", "100000x100000")
    assert "--demo" in error_line(capsys, 2, "--mirror")
    assert "--wings" in error_line(capsys, 2, "--demo", "--wings")
    assert "--threshold" in error_line(capsys, 2, "--demo", "--threshold", "2")
    assert ".mp4" in error_line(capsys, 2, "--demo", "--out", "x.gif")
    line = error_line(capsys, 2, "--demo", "--out", "x.mp4", "--quality", "best")
    assert all(name in line for name in ("--quality", "small", "balanced", "fast"))
    assert not (folder / "x.mp4").exists()
    line = error_line(capsys, 2, "--image", "a.jpg", "--quality", "small")
    assert "--quality has no effect with --image" in line


@pytest.mark.parametrize(
    "words",
    [
        ["", "--save", "x.csv"],
        ["--video", "", "--save", "x.csv"],
        ["--video=", "--save", "x.csv"],
        ["compare", "a.mp4", ""],
        ["batch", "", "--out-dir", "made"],
        ["batch", "a.mp4", "--out-dir="],
    ],
    ids=" ".join,
)
def test_an_empty_argument_is_not_the_current_folder(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    line = error_line(capsys, 2, *words)
    assert "an argument is empty: is a variable of the shell not set?" in line


def test_a_named_pipe_is_read_as_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    os.mkfifo("pipe.mp4")
    line = error_line(capsys, 1, "pipe.mp4", "--save", "x.csv")
    assert "pipe.mp4 is a pipe: read it as standard input, with - < pipe.mp4" in line


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_what_may_not_be_read_is_one_sentence(folder: Path) -> None:
    for name in ("a.mp4", "a.png"):
        (folder / name).write_bytes(b"something")
        (folder / name).chmod(0)
    (folder / "closed").mkdir(mode=0)
    refused, closed = "cannot be read: Permission denied", "cannot be opened: Permission denied"
    expected = [
        (["a.mp4", "--save", "x.csv"], 1, f"a.mp4 {refused}"),
        (["a.png"], 1, f"a.png {refused}"),
        (["closed", "--save", "x.csv"], 1, f"the folder closed {refused}"),
        (["closed/a.mp4", "--save", "x.csv"], 2, closed),
        (["--image", "closed/a.png"], 2, closed),
    ]
    lines, codes = main_without_privileges(*(words for words, *_ in expected))
    (folder / "closed").chmod(0o700)
    for line, code, (words, expected_code, says) in zip(lines, codes, expected, strict=True):
        assert says in line, words
        assert code == expected_code, words
    assert sorted(path.name for path in folder.iterdir()) == ["a.mp4", "a.png", "closed"]


def test_writing_onto_the_input_is_refused_and_the_input_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = make_clip(folder / "a.mp4").read_bytes()
    (folder / "link.mp4").symlink_to("a.mp4")
    for target in ("a.mp4", str(folder / "a.mp4"), "link.mp4"):
        line = error_line(capsys, 2, "--video", "a.mp4", "--out", target, "--overwrite")
        assert "is the input" in line
    assert (folder / "a.mp4").read_bytes() == content


def test_a_picture_is_not_written_onto_itself(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    content = (folder / "a.png").read_bytes()
    line = error_line(capsys, 2, "--image", "a.png", "--out", "a.png", "--overwrite")
    assert "is the input" in line
    assert (folder / "a.png").read_bytes() == content


# Options that make no sense: 2, before any model is looked for.

PEOPLE: dict[str, Sequence[str]] = {
    "a size between": (*DEMO, "--model", "multipose", "--people-size", "250"),
    "a size too small": (*DEMO, "--model", "multipose", "--people-size", "32"),
    "a size too large": (*DEMO, "--model", "multipose", "--people-size", "4096"),
    "a size in words": (*DEMO, "--model", "multipose", "--people-size", "large"),
    "a size for one person": (*DEMO, "--people-size", "320"),
    "a size for one person in a file": ("--video", "a.mp4", "--out", "x.mp4", "--people-size",
                                        "320"),
    "a size for one person in a picture": ("--image", "a.png", "--people-size", "320"),
    "an unknown choice": (*DEMO, "--select", "tallest"),
    "who moves in a picture": ("--image", "a.png", "--select", "moving"),
    "an unknown smoothing": (*DEMO, "--smooth", "very"),
    "keep, with nothing to keep": (*DEMO, "--smooth", "keep"),
    "zero lag in a window": ("--demo", "--show", "--smooth", "butterworth"),
    "zero lag for a camera": ("--camera", "0", "--smooth", "butterworth"),
    "zero lag for a picture": ("--image", "a.png", "--smooth", "butterworth"),
    "keep for a picture": ("--image", "a.png", "--smooth", "keep"),
    "a turn between": (*DEMO, "--rotate", "45"),
}  # fmt: skip
LOOKS: dict[str, Sequence[str]] = {
    "an unknown colour": (*DEMO, "--style", "blueish"),
    "a colour of five digits": (*DEMO, "--style", "#12345"),
    "two colours": (*DEMO, "--style", "people,#ff0000"),
    "no style": (*DEMO, "--style"),
    "an unknown background": (*DEMO, "--background", "beach"),
    "boxes with a value": (*DEMO, "--boxes", "large"),
    "an unknown part to hide": (*DEMO, "--hide", "tail"),
    "faces with a value": (*DEMO, "--blur-faces", "much"),
    "a trail of nothing known": (*DEMO, "--trail", "wings"),
    "a trail in a picture": ("--image", "a.png", "--trail", "wrists"),
}
DATA: dict[str, Sequence[str]] = {
    "an unknown format": (*DEMO, "--save", "x.xyz"),
    "a format without a name": (*DEMO, "--save", "x"),
    "one file twice": (*DEMO, "--save", "x.csv", "--save", "./x.csv"),
    "the clip itself": (*VIDEO, "--save", "a.csv", "--overwrite"),
    "a file of no angles": (*DEMO, "--save", "x.mot"),
    "a threshold without a file": (*DEMO, "--save-threshold", "0.4"),
    "a threshold for what keeps all": (*DEMO, "--save-threshold", "0.4", "--save", "x.jsonl"),
    "a threshold above 1": (*DEMO, "--save", "x.csv", "--save-threshold", "1.5"),
    "a threshold that is nan": (*DEMO, "--save", "x.csv", "--save-threshold", "nan"),
    "a height without a .trc": (*DEMO, "--save", "x.csv", "--height", "1.8"),
    "a height in a picture without a .trc": ("--image", "a.png", "--height", "1.8"),
    "a height of nothing": (*DEMO, "--save", "x.trc", "--height", "0"),
    "a height under the ground": (*DEMO, "--save", "x.trc", "--height", "-1.8"),
    "a height that is nan": (*DEMO, "--save", "x.trc", "--height", "nan"),
    "an unknown angle": (*DEMO, "--angles", "nose"),
    "no angle": (*DEMO, "--angles", ","),
    "a rule without degrees": (*DEMO, "--reps", "right_knee:>"),
    "a rule of an unknown angle": (*DEMO, "--reps", "nose:>90"),
    "a rule for a picture": ("--image", "a.png", "--reps", "right_knee:>90"),
    "a report of no angles": (*DEMO, "--report", "x.html"),
    "a report of another kind": (*DEMO, "--angles", "knee", "--report", "x.pdf"),
    "a report on a picture": ("--image", "a.png", "--angles", "knee", "--report", "x.html"),
    "an unknown address": (*DEMO, "--send", "http://localhost:9"),
    "an address without a port": (*DEMO, "--send", "osc://localhost"),
    "a picture sent on": ("--image", "a.png", "--send", "osc://localhost:9000"),
    "a picture as a camera": ("--image", "a.png", "--virtual-camera"),
    "an unknown scene": (*DEMO, "--scene", "nowhere"),
    "a scene of a video": (*VIDEO, "--scene", "walk"),
    "a scene of a camera": ("--camera", "0", "--scene", "walk"),
}


@pytest.mark.parametrize(
    "words",
    [*PEOPLE.values(), *LOOKS.values(), *DATA.values()],
    ids=[*PEOPLE.keys(), *LOOKS.keys(), *DATA.keys()],
)
def test_what_makes_no_sense_is_one_line_and_2_before_any_model_is_looked_for(
    words: Sequence[str], folder: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(folder / "a.mp4", pts=range(3))
    Path("a.csv").symlink_to("a.mp4")
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    content = Path("a.mp4").read_bytes()
    error_line(capsys, 2, *words)
    assert Path("a.mp4").read_bytes() == content
    assert not own_cache.exists()


def test_the_line_says_what_would_be_right(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {
        ("--people-size", "320"): "it is for --model multipose",
        ("--height", "1.8"): ".trc",
        ("--save-threshold", "0.4"): "--save",
        ("--smooth", "keep"): "livepose render",
        ("--report", "x.html"): "--angles",
        ("--reps", "right_knee:"): "right_knee:>90",
        ("--save", "x.xyz"): ".wide.csv",
        ("--send", "http://x"): "osc://HOST:PORT",
        ("--scene", "nowhere"): "crossing",
        ("--hide", "tail"): "legs",
        ("--style", "blueish"): "#FF8800",
    }
    for words, right in said.items():
        assert right in error_line(capsys, 2, *DEMO, *words), words


def test_a_wrong_choice_lists_what_the_help_lists(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = error_line(capsys, 2, *DEMO, "--select", "tallest")
    assert "'tallest' is not one of 'center', 'largest', 'leftmost', 'rightmost', 'moving'" in said
    said = error_line(capsys, 2, *DEMO, "--smooth", "much")
    assert "is not one of 'auto', 'one-euro', 'butterworth', 'none'." in said


# What cannot be done: 1.

IMPOSSIBLE = {
    "no such video": (["--video", "gone.mp4"], "there is no file gone.mp4"),
    "no such picture": (["--image", "gone.jpg"], "there is no file gone.jpg"),
    "a text as a video": (["--video", "text.mp4"], "text.mp4 is not a video"),
    "a text as a picture": (["--image", "text.jpg"], "text.jpg is not an image"),
    "an empty video": (["--video", "empty.mp4"], "empty.mp4 is not a video"),
    "an empty picture": (["--image", "empty.jpg"], "empty.jpg is not an image"),
    "a sound as a video": (["--video", "sound.m4a"], "sound.m4a is not a video"),
    "a folder as a video": (["--video", "folder.mp4"], "has no images: for the videos in"),
    "a folder as a picture": (["--image", "."], "folder"),
    "no such camera": (["--camera", "97"], "there is no camera 97"),
    "no such device": (["--camera", "/dev/video97"], "there is no camera /dev/video97"),
    "nobody at the address": (["--camera", "http://127.0.0.1:9/x"], "http://127.0.0.1:9/x"),
    "no such model file": (["--demo", "--model", "gone.tflite"], "no model at gone.tflite"),
    "no such model folder": (["--demo", "--model", "gone/model"], "no model at gone/model"),
    "a folder without a model": (["--demo", "--model", str(Path())], "is not a SavedModel"),
    "a broken model": (["--demo", "--model", "bad.tflite"], "bad.tflite is not a usable"),
    "an empty model": (["--demo", "--model", "empty.tflite"], "empty.tflite is not a usable"),
    "no such folder to write in": (["--demo", "--out", "gone/x.mp4"], "there is no folder gone"),
    "a folder as the target": (["--demo", "--out", "folder.mp4"], "folder.mp4 is a folder"),
    "a part behind the end": (["--video", "a.mp4", "--start", "50"], "it lasts 0.17 s"),
    "a window without a display": (["--demo", "--show"], "no display"),
    "the path of what is not there": (["models", "path", "thunder"], "models get thunder"),
}


MISTYPED = {
    "a word as a camera": (["--camera", "webcam"], "0 is the first"),
    "a file as a camera": (["--camera", "a.mp4"], "--video"),
    "an address of nothing known": (["--camera", "gopher://x"], "is not the address of a camera"),
    "an unknown model": (["--demo", "--model", "lightening"], "did you mean lightning?"),
    "a model of another size": (["--demo", "--model", "thundr"], "did you mean thunder?"),
    "a model like none": (["--demo", "--model", "x"], "choose lightning, thunder"),
    "the path of an unknown model": (["models", "path", "thunderbolt"], "choose lightning"),
    "an unknown model to get": (["models", "get", "thunderbolt"], "choose lightning"),
    "a mistyped command": (["rendr", "x"], "did you mean render?"),
    "a mistyped command of models": (["models", "lst"], "lst"),
    "an option as a word": (["demo"], "did you mean --demo?"),
    "a word that is nothing": (["foo"], "there is no file or command 'foo'"),
    "a command behind a file": (["a.mp4", "render"], "the command comes first"),
    "two sources": (["a.mp4", "--camera", "0"], "give exactly one source"),
    "one file of two sources": (["a.mp4", "b.mp4", "-o", "x.mp4"], "put {name} into its name"),
    "two sources of one name": (["a.mp4", "./a.mp4", "-o", "{name}_x.mp4"], "two sources"),
    "poses as a source": (["a.jsonl"], "a.jsonl has poses, not pictures: give the clip that they"),
    "poses as a video": (["--video", "a.jsonl", "-o", "x.mp4"], "has poses, not pictures"),
    "poses as the clip to paint": (["render", "a.jsonl", "a.mp4"], "has poses, not pictures"),
    "an address to paint": (["render", "rtsp://x/y", "a.jsonl"], "rtsp://x/y is an address"),
    "poses as the clip to edit": (["edit", "a.jsonl", "a.mp4"], "has poses, not pictures"),
    "a batch of nothing": (["batch"], "Missing argument 'INPUT...'"),
    "a default where it has no effect": (["--image", "a.png", "--quality", "fast"], "--quality"),
    "a rate of a video": (["a.mp4", "--fps", "10", "-o", "x.mp4"], "--fps has no effect"),
    "a time that is none": (["a.mp4", "--start", "soon"], "write seconds, or 1:23"),
    "a minute of 99 seconds": (["a.mp4", "--start", "1:99"], "end at 59"),
    "an end before the start": (
        ["a.mp4", "--start", "5", "--end", "3"],
        "--end (3) must be after --start (5)",
    ),
    "poses of an unclear format": (
        ["a.mp4", "--save", "poses.json"],
        "cannot tell the format of poses.json; did you mean .coco.json or .jsonl?",
    ),
    "a video among the poses": (["a.mp4", "--save", "x.MP4"], "for a video, give --out x.MP4"),
    "a report among the poses": (["a.mp4", "--save", "x.html"], "give --report x.html"),
    "a video that cannot be written": (["a.mp4", "--save", "x.webm"], "give --out x.mp4"),
    "a report that cannot be written": (["a.mp4", "--save", "x.pdf"], "give --report x.html"),
    "poses as the painted video": (["a.mp4", "-o", "x.angles.csv"], "give --save x.angles.csv"),
    "a style that is none": (["--demo", "--style", "rainbow"], "unknown style 'rainbow'"),
    "nothing made of a video": (["--video", "a.mp4", "--no-show"], "nothing would be shown"),
}


@pytest.mark.parametrize(("words", "says"), MISTYPED.values(), ids=MISTYPED.keys())
def test_what_is_mistyped_is_one_line_and_2(
    words: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mp4", "b.mp4"):
        make_clip(folder / name, pts=range(5))
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    assert says in error_line(capsys, 2, *words)


@pytest.mark.parametrize("field", ["{nam}", "{name}"])
@pytest.mark.parametrize(
    "words",
    [
        ("compare", "a.jsonl", "b.jsonl", "--out", "FIELD.mp4"),
        ("compare", "a.jsonl", "b.jsonl", "--report", "FIELD.html"),
        ("edit", "a.mp4", "a.jsonl", "--out", "FIELD.jsonl"),
        ("batch", "a.mp4", "--out-dir", "FIELD"),
        ("batch", "a.mp4", "--out-dir", "s3://bucket/FIELD"),
        ("batch", "a.mp4", "--out-dir", "FIELD/poses"),
        ("batch", "a.mp4", "--out-dir", "s3://bucket/FIELD/poses"),
        ("batch", "a.mp4", "--out-dir", "x", "--angles", "knee", "--table", "FIELD.csv"),
        ("batch", "a.mp4", "--out-dir", "x", "--report", "FIELD.json"),
        ("--demo", "--show", "--out-dir", "FIELD"),
    ],
)
def test_where_no_field_is_filled_in_a_name_with_one_is_refused(
    words: tuple[str, ...], field: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = [word.replace("FIELD", field) for word in words]
    line = error_line(capsys, 2, *typed)
    assert f"{typed[-2]}: {typed[-1]} has {field} in its name, which stands for nothing" in line
    assert not list(folder.iterdir())


@pytest.mark.parametrize(("words", "says"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_be_done_is_one_line_and_1(
    words: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(folder / "a.mp4", pts=range(5))
    make_sound_file(folder / "sound.m4a")
    (folder / "folder.mp4").mkdir()
    for name in ("text.mp4", "text.jpg", "bad.tflite"):
        (folder / name).write_text("neither a picture nor a network\n" * 99)
    for name in ("empty.mp4", "empty.jpg", "empty.tflite"):
        (folder / name).touch()
    assert says in error_line(capsys, 1, *words)


@pytest.mark.parametrize("source", ["gone.mp4", "text.mp4"])
def test_a_broken_source_leaves_nothing_in_the_targets_place(
    source: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "text.mp4").write_text("no video")
    error_line(capsys, 1, "--video", source, "--out", "x.mp4")


def test_a_broken_model_leaves_nothing_in_the_targets_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.tflite").write_bytes(bytes(1000))
    error_line(capsys, 1, "--demo", "--model", "bad.tflite", "--out", "x.mp4")


def test_an_existing_target_is_kept_byte_for_byte(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "x.mp4").write_bytes(b"precious")
    assert "--overwrite" in error_line(capsys, 1, "--demo", "--out", "x.mp4")
    assert (folder / "x.mp4").read_bytes() == b"precious"


def test_an_existing_target_is_kept_when_overwriting_fails_before_the_first_frame(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "x.mp4").write_bytes(b"precious")
    error_line(capsys, 1, "--demo", "--model", "gone.tflite", "--out", "x.mp4", "--overwrite")
    assert (folder / "x.mp4").read_bytes() == b"precious"


def test_an_existing_picture_is_kept_byte_for_byte(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    (folder / "a_pose.png").write_bytes(b"precious")
    assert "a_pose.png exists" in error_line(capsys, 1, "--image", "a.png")
    assert (folder / "a_pose.png").read_bytes() == b"precious"
