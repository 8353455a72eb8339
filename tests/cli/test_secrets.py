"""No password and no token of an address is printed, written, or part of a file's name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.cli.main import main
from tests.support.secrets import SECRET, SECRET_ADDRESSES
from tests.support.servers import LoopbackServer, http_answer


@pytest.mark.parametrize("debug", ["", "1"])
@pytest.mark.parametrize("flag", ["--camera", "--video", "--image", "--model", "--send", "--wings"])
def test_a_run_that_fails_shows_no_secret(
    flag: str,
    debug: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restored_log: None,
) -> None:
    monkeypatch.setenv("LIVEPOSE_DEBUG", debug)
    # A debugged run takes long for each; what it prints is the same text and what led to it.
    for address in SECRET_ADDRESSES[:: 6 if debug else 1]:
        words = ["--demo"] if flag in ("--model", "--send") else []
        assert main(["--no-show", "--save", "{name}.csv", *words, flag, address]) > 0
        printed = "".join(capsys.readouterr())
        assert SECRET not in printed, address
        assert ("Traceback" in printed) == bool(debug)
        assert "unexpected" not in printed
        assert list(folder.iterdir()) == []


def test_a_run_that_is_done_shows_and_writes_no_secret(
    here: Path, capsys: pytest.CaptureFixture[str], restored_log: None
) -> None:
    _, image = cv2.imencode(".jpg", np.full((48, 64, 3), 128, np.uint8))
    with LoopbackServer() as server:
        path = f"/user=me&password={SECRET}/shot.jpg?token={SECRET}"
        server.answers[path] = http_answer(image.tobytes(), "Content-Type: image/jpeg")
        url = f"{server.url}{path}"
        files = [f"{{name}}{suffix}" for suffix in (".jsonl", ".coco.json", ".csv", ".mp4")]
        saved = [word for file in files[:-1] for word in ("--save", file)]
        assert (
            main(["--no-show", "--max-frames", "3", "-o", files[-1], *saved, "--camera", url]) == 0
        )
        assert main(["--no-show", "--save", "i.jsonl", "--image", url]) == 0
    assert SECRET not in "".join(capsys.readouterr())
    written = [each for each in here.rglob("*") if each.is_file()]
    assert len(written) == 6
    for file in written:
        assert SECRET not in file.name
        assert SECRET.encode() not in file.read_bytes()
