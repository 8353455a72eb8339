"""What `livepose doctor` finds out, with stand-ins for what this machine does not have."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from livepose.bench.doctor import Check, works
from livepose.bench.doctor.devices import ask_cameras, check_cameras
from livepose.bench.doctor.machine import check_disk, check_models, check_packages
from livepose.bench.doctor.privacy import without_names
from livepose.bench.doctor.probing import probe
from livepose.cli.doctor import print_checks
from livepose.sources.camera_list import Camera
from tests.support.programs import LIMIT_S
from tests.support.usb_camera import StandInUsbCamera

GOOD = Check("disk", "cache", "12 GB free", is_needed=True)
NEEDED = Check("models", "lightning", "not here", "it is missing", "fetch it", is_needed=True)
OPTIONAL = Check("display", "windows", "none", "there is no display", "open a page")


def test_only_what_is_needed_decides_whether_all_works() -> None:
    assert works([GOOD, OPTIONAL])
    assert not works([GOOD, NEEDED, OPTIONAL])


def test_each_trouble_is_followed_by_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    print_checks([GOOD, OPTIONAL, NEEDED])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "   cache      12 GB free"
    assert lines[-4:] == [
        "! it is missing",
        "    fetch it",
        "! optional: there is no display",
        "    open a page",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the stand-ins need FIFOs")
def test_a_camera_is_measured_and_one_that_hangs_is_left_after_its_time(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "silent.mjpeg")
    with StandInUsbCamera(tmp_path) as usb:
        silent = Camera(1, "Ann's iPhone", "FILE", device=str(tmp_path / "silent.mjpeg"))
        hung, measured = (
            *check_cameras([silent], limit_s=1.0),
            *check_cameras(
                [Camera(0, "Stand-in", "FILE", device=str(usb.device))], limit_s=LIMIT_S
            ),
        )
    found = re.fullmatch(r"Stand-in, FILE: 160x120 at ([\d.]+) frames/s", measured.value)
    assert measured.is_good and found is not None, measured
    assert float(found[1]) > 5
    assert measured.data["measured"] == [
        {"width": 160, "height": 120, "frames_per_second": float(found[1])}
    ]
    assert (hung.value, hung.trouble) == ("iPhone, FILE", "camera 1: no answer within 1 s")
    assert hung.cure.startswith("fuser -v ")


def test_cameras_are_listed_although_a_driver_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "video1").touch()
    file = Camera(1, "Stand-in", "V4L2", device=str(tmp_path / "video1"))
    away = Camera(2, "Away", "V4L2", device=str(tmp_path / "video2"), problem="it is away")
    elsewhere = Camera(3, "FaceTime", "AVFOUNDATION")
    asked = ask_cameras([file, away, elsewhere], limit_s=LIMIT_S)
    assert "video1 does not answer: " in asked[0].problem
    assert asked[1:] == [away, elsewhere]
    hung = replace(file, problem=f"{tmp_path / 'video1'}: no answer within 0 s")
    assert ask_cameras([file, elsewhere], limit_s=0) == [hung, elsewhere]


def test_a_probe_that_fails_says_why() -> None:
    probed = probe("camera", "/dev/no-such-camera", 30.0)
    assert not probed.lines and "there is no camera" in probed.problem
    assert probe("runtime", "abacus", 30.0).problem == "it ended with code 1"


def test_models_are_verified_and_damaged_or_missing_ones_have_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path))
    missing = next(check_models())
    assert (missing.cure, missing.is_needed) == ("livepose models get lightning", True)
    (tmp_path / "lightning.google.2f782beca6c497e0.tflite").write_bytes(b"a network")
    (tmp_path / "thunder.google.2f782beca6c497e0.tflite").write_bytes(b"half a netw")
    lightning, thunder, multipose = check_models()
    assert (lightning.value, lightning.is_good) == ("verified, from google", True)
    assert (thunder.value, thunder.cure) == ("damaged", "livepose models get thunder")
    assert multipose.is_good and not multipose.is_needed


def test_the_home_and_its_owner_are_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path / "ann" / "models"))
    monkeypatch.chdir(tmp_path)
    cache, _ = (check.cleaned(without_names) for check in check_disk())
    assert cache.value.startswith("~/models, ")
    text = "/media/ann/usb, /home/annabel, Annette, /home/ann: joanna"
    cleaned = without_names(text, home="/home/ann", user="ann")
    assert cleaned == "/media/USER/usb, /home/USER, Annette, ~: joanna"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete the current folder")
def test_folders_that_cannot_be_used_are_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "gone").mkdir()
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path / "file" / "models"))
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    cache, here = check_disk()
    assert cache.trouble.endswith("file/models cannot be written to") and cache.is_needed
    assert here.trouble == "the current folder has been deleted"


def test_a_cache_that_is_read_only_is_fine_if_it_has_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    cache, _ = check_disk()
    assert cache.trouble.endswith("cannot be written to")
    (tmp_path / "lightning.google.2f782beca6c497e0.tflite").write_bytes(b"a network")
    cache, _ = check_disk()
    assert cache.is_good
    assert cache.value.endswith("read-only: the models in it can be used, others cannot be added")


def test_other_users_are_not_named_either_as_where_sudo_runs_it() -> None:
    text = r"/home/ann/venv/bin/python, C:\Users\Ann Lee\venv, /Users/ann, /work/home/b, /homes/b"
    cleaned = without_names(text, home="/root", user="root")
    assert cleaned == (
        r"/home/USER/venv/bin/python, C:\Users\USER\venv, /Users/USER, /work/home/b, /homes/b"
    )


def test_the_packages_of_this_environment_are_as_they_are_required() -> None:
    checks = {check.name: check for check in check_packages()}
    assert all(check.is_good for check in checks.values())
    assert checks["numpy"].value[0].isdigit()
