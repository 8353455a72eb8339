"""The command line: what it takes, what it refuses and how it says so; no model is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import livepose
from livepose.cli.main import main
from livepose.models.files.cache import Store
from livepose.sinks.window import KEY_HELP
from tests.support.media import make_clip, make_sound_file
from tests.support.models import put_model
from tests.support.programs import (
    CLEARED_VARIABLES,
    LIMIT_S,
    child_environment,
    error_line,
    run_livepose,
)

pytestmark = pytest.mark.usefixtures("restored_log")

OPTIONS = [
    "--camera",
    "--video",
    "--image",
    "--demo",
    "--size",
    "--fps",
    "--start",
    "--end",
    "--max-frames",
    "--out",
    "--overwrite",
    "--show",
    "--no-show",
    "--mirror",
    "--threshold",
    "--model",
    "--runtime",
    "--crop",
    "--no-crop",
    "--version",
    "--help",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty, without a display."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in CLEARED_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return place


# What it says of itself.


def test_the_version_is_told(tmp_path: Path) -> None:
    told = run_livepose("--version", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"livepose {livepose.__version__}\n")


def test_the_help_lists_every_option_every_command_and_every_key(tmp_path: Path) -> None:
    told = run_livepose("--help", cwd=tmp_path)
    assert told.returncode == 0
    words = set(re.findall(r"--[a-z-]+", told.stdout))
    assert words >= set(OPTIONS)
    text = " ".join(told.stdout.split())
    assert all(f"{key} {meaning}" in text for key, meaning in KEY_HELP)
    assert "models" in text
    assert "[default: 0.3]" in text and "[default: lightning]" in text


def test_without_a_word_the_help_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "--camera" in capsys.readouterr().out


def test_the_help_of_models_lists_its_four_verbs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in ("list", "get", "path", "verify"))


def test_models_without_a_verb_shows_its_help_and_no_empty_complaint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models"]) in (0, 2)
    output, errors = capsys.readouterr()
    assert "verify" in output + errors
    assert not re.search(r"livepose: +\(", errors)


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
    "an unknown runtime": ["--demo", "--runtime", "gpu"],
    "an option without its value": ["--demo", "--out"],
    "a suffix that cannot be written": ["--demo", "--out", "x.gif"],
    "no suffix": ["--demo", "--out", "x"],
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


# What cannot be done: 1.

IMPOSSIBLE = {
    "no such video": (["--video", "gone.mp4"], "there is no file gone.mp4"),
    "no such picture": (["--image", "gone.jpg"], "there is no file gone.jpg"),
    "a text as a video": (["--video", "text.mp4"], "text.mp4 is not a video"),
    "a text as a picture": (["--image", "text.jpg"], "text.jpg is not an image"),
    "an empty video": (["--video", "empty.mp4"], "empty.mp4 is not a video"),
    "an empty picture": (["--image", "empty.jpg"], "empty.jpg is not an image"),
    "a sound as a video": (["--video", "sound.m4a"], "sound.m4a is not a video"),
    "a folder as a video": (["--video", "."], "folder"),
    "a folder as a picture": (["--image", "."], "folder"),
    "no such camera": (["--camera", "97"], "there is no camera 97"),
    "no such device": (["--camera", "/dev/video97"], "there is no camera /dev/video97"),
    "a file as a camera": (["--camera", "a.mp4"], "--video"),
    "an address of nothing known": (["--camera", "gopher://x"], "is not the address of a camera"),
    "nobody at the address": (["--camera", "http://127.0.0.1:9/x"], "http://127.0.0.1:9/x"),
    "an unknown model": (["--demo", "--model", "lightening"], "choose lightning, thunder"),
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
    "the path of an unknown model": (["models", "path", "thunderbolt"], "choose lightning"),
    "an unknown model to get": (["models", "get", "thunderbolt"], "choose lightning"),
}


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


# As a whole process.


def test_a_whole_process_gives_the_code_and_the_line(tmp_path: Path) -> None:
    for words, code in ((["--video", "gone.mp4"], 1), (["--demo", "--wings"], 2)):
        refused = run_livepose(*words, cwd=tmp_path)
        assert (refused.returncode, refused.stdout) == (code, "")
        assert refused.stderr.startswith("livepose: ")
        assert refused.stderr.count("\n") == 1


def test_debugging_shows_where_it_happened(tmp_path: Path) -> None:
    for words, kind in ((["--video", "gone.mp4"], "SourceNotFound"), (["--wings"], "NoSuchOption")):
        refused = run_livepose(*words, cwd=tmp_path, LIVEPOSE_DEBUG="1")
        assert refused.returncode not in (0, -6)
        assert "Traceback" in refused.stderr
        assert kind in refused.stderr


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "livepose", "--help"],
        cwd=tmp_path,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(LIMIT_S)
    assert "Traceback" not in errors


def test_a_display_that_does_not_answer_is_one_line_and_no_abort(tmp_path: Path) -> None:
    refused = run_livepose("--demo", "--show", cwd=tmp_path, DISPLAY=":987")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert ":987" in refused.stderr


# The models of this machine.


@pytest.fixture
def store(own_cache: Path) -> Store:
    return Store(own_cache)


def test_an_empty_cache_lists_every_model_as_not_fetched(
    folder: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list"]) == 0
    output, errors = capsys.readouterr()
    rows = output.splitlines()
    assert [row.split()[0] for row in rows] == ["lightning", "thunder", "multipose"]
    assert all("not fetched yet" in row for row in rows)
    assert str(own_cache) in errors


def test_an_empty_cache_is_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("0 files in ")


def test_what_is_in_the_cache_is_listed_with_where_it_came_from(
    folder: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    put_model(store, "thunder", b"a model", origin="npm")
    assert main(["models", "list"]) == 0
    lightning, thunder, multipose = capsys.readouterr().out.splitlines()
    assert "not fetched yet" in lightning
    assert "here, from npm" in thunder
    assert "not fetched yet" in multipose


def test_the_path_of_what_is_in_the_cache_is_all_that_stdout_gets(
    folder: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "path", "lightning"]) == 0
    assert capsys.readouterr() == (f"{path}\n", "")


def test_getting_what_is_in_the_cache_gives_its_path(
    folder: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "get", "lightning"]) == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_a_damaged_file_is_found_and_named(
    folder: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    good = put_model(store, "lightning", b"a model")
    damaged = put_model(store, "thunder", b"a larger model")
    damaged.write_bytes(b"a larger m0del")
    assert main(["models", "verify"]) == 1
    output, errors = capsys.readouterr()
    assert output.splitlines() == [f"good     {good}", f"DAMAGED  {damaged}"]
    assert errors.startswith("livepose: 1 ")
    assert errors.count("\n") == 1


def test_a_whole_cache_is_verified_with_0(
    folder: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == f"good     {path}\n"


def test_brackets_in_a_path_are_printed_as_they_are(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path / "the [old] cache [/x]"))
    path = put_model(Store(), "lightning", b"a model")
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == f"good     {path}\n"
    assert main(["models", "path", "lightning"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert main(["models", "list"]) == 0
    assert str(path.parent) in capsys.readouterr().err
    assert main(["--video", "gone [red].mp4"]) == 1
    assert "there is no file gone [red].mp4" in capsys.readouterr().err


def test_a_cache_that_is_a_file_is_one_line(
    folder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache.write_text("in the way")
    (folder / "model").mkdir()
    (folder / "model" / "saved_model.pb").touch()
    refused = run_livepose("--demo", "--model", "model", cwd=folder)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "LIVEPOSE_CACHE" in refused.stderr
