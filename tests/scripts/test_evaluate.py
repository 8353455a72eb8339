"""The script that evaluates models on images with annotated keypoints."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import evaluate
from coco_truth import read_truth
from livepose.core.errors import RuntimeMissing, SourceError
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from tests.support.fakes import PictureModel
from tests.support.models import warm_cache
from tests.support.needs import SHARED, TFHUB, needs_shared
from tests.support.paths import CHECKOUT

SCRIPTS = CHECKOUT / "scripts"
COCO = SHARED / "coco"
SIZE_PX = (320, 240)
PEOPLE_IN_IMAGES = (2, 1, 0, 3)

WHOLE, EVERYBODY, BOXES = evaluate.Scope


def body(place: int) -> list[list[float]]:
    """Return 17 points in COCO's form: whole pixels, of somebody 40 x 80 px large."""
    left = 20 + 100 * place
    return [[left + 40 * (n % 4) / 3 // 1, 60 + 5 * n, 2] for n in range(17)]


def person(image: int, place: int) -> dict[str, Any]:
    points = body(place)
    return {
        "id": 100 * image + place,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": [value for point in points for value in point],
        "area": 2000.0,
        "bbox": [20.0 + 100 * place, 60.0, 40.0, 80.0],
    }


def annotated_images(path: Path, *more: dict[str, Any]) -> tuple[Path, Path]:
    """Make a folder of images whose pixels are their number, and a file of annotations."""
    images = path / "images"
    images.mkdir()
    for number in range(len(PEOPLE_IN_IMAGES)):
        bgr = np.full((*SIZE_PX[::-1], 3), number, np.uint8)
        cv2.imwrite(str(images / f"{number}.png"), bgr)
    people = [
        person(7 + image, place)
        for image, count in enumerate(PEOPLE_IN_IMAGES)
        for place in range(count)
    ]
    content = {
        "images": [{"id": 7 + n, "file_name": f"{n}.png"} for n in range(len(PEOPLE_IN_IMAGES))],
        "annotations": [*people, *more],
        "categories": [{"id": 1, "name": "person"}],
    }
    file = path / "annotations.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return images, file


class PerfectModel(PictureModel):
    """Finds everybody in an image, or whoever is in the middle of its region."""

    def __init__(self, max_people: int, off_px: float = 0.0, score: float = 0.9) -> None:
        self.passes = 0
        self._max_people = max_people
        self._off_px = off_px
        self._score = score

    @property
    def name(self) -> str:
        return "perfect"

    @property
    def max_people(self) -> int:
        return self._max_people

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self.passes += 1
        people = range(PEOPLE_IN_IMAGES[int(pixels.bgr()[0, 0, 0])])
        if self._max_people == 1:
            middle_px = region.left_px + region.width_px / 2
            people = [p for p in people if p == round((middle_px - 40) / 100)] or people[:1]  # type: ignore[assignment]
        if not len(people):
            return Poses.empty()
        # The middle of COCO's pixel 0 is at 0.5 px.
        points = np.array([body(place) for place in people], np.float32)[..., :2] + 0.5
        points[..., 0] += self._off_px
        return Poses.from_keypoints(points, np.full(points.shape[:2], self._score, np.float32))

    def close(self) -> None:
        """Nothing is held."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(SCRIPTS / "evaluate.py"), *map(str, arguments)]
    environment = os.environ | {"TFHUB_CACHE_DIR": str(TFHUB), "COLUMNS": "100"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


@pytest.mark.parametrize(("scope", "max_people"), [(WHOLE, 6), (BOXES, 1)], ids=["whole", "boxes"])
def test_a_perfect_model_has_an_ap_of_1(scope: Any, max_people: int, tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("perfect", PerfectModel(max_people), scope, truth)
    assert (row.model, row.scope) == ("perfect", scope.value)
    assert (row.ap, row.ap50, row.ap75, row.ar) == pytest.approx((1, 1, 1, 1))
    assert (row.mean_oks, row.mean_oks_of_found) == pytest.approx((1, 1))
    assert (row.found, row.people) == (6, 6)


def test_everybody_is_found_by_a_detector_and_seen_by_the_model_of_one(tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    detector = PerfectModel(6, off_px=8)
    row = evaluate.evaluate("perfect", PerfectModel(1), EVERYBODY, truth, detector)
    assert (row.ap, row.ar, row.pck05) == pytest.approx((1, 1, 1))
    assert (row.found, row.people) == (6, 6)


@pytest.mark.parametrize(
    ("off_px", "shares"), [(3.9, (1, 1, 1)), (4.1, (0, 1, 1)), (8.1, (0, 0, 1)), (16.1, (0, 0, 0))]
)
def test_pck_counts_the_limb_joints_within_a_share_of_the_longer_side_of_the_box(
    off_px: float, shares: tuple[float, float, float], tmp_path: Path
) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("off", PerfectModel(6, off_px), WHOLE, truth)
    assert (row.pck05, row.pck10, row.pck20) == shares


def test_the_joints_of_people_without_a_pose_are_not_near_the_truth(tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("one", PerfectModel(1), WHOLE, truth)
    assert (row.pck05, row.pck20) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("off_px", [2.5, 4.0, 5.5])
def test_keypoints_with_an_error_have_the_oks_of_the_formula(off_px: float, tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("off", PerfectModel(6, off_px), WHOLE, truth)
    each = [
        math.exp(-(off_px**2) / (2 * 2000.0 * (2 * sigma) ** 2))
        for sigma in COCO_SKELETON.oks_sigmas
    ]
    similar = sum(each) / 17
    assert row.mean_oks == pytest.approx(similar, abs=1e-5)
    # AP's ten limits, from 0.5 to 0.95: all people are as far off.
    kept = sum(similar >= limit for limit in np.arange(0.5, 0.951, 0.05)) / 10
    assert 0 < kept < 1
    assert (row.ap, row.ar) == pytest.approx((kept, kept))


def test_a_model_of_one_person_finds_one_in_a_whole_image_and_the_others_count_as_0(
    tmp_path: Path,
) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("one", PerfectModel(1), WHOLE, truth)
    assert (row.found, row.people) == (3, 6)
    assert row.mean_oks == pytest.approx(3 / 6, abs=0.01)
    assert row.mean_oks_of_found == pytest.approx(1)
    assert row.ar == pytest.approx(0.5)


def test_if_nobody_is_found_all_figures_are_0(tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("blind", PerfectModel(6, score=0.1), WHOLE, truth)
    assert (row.ap, row.ap50, row.ap75, row.ar) == (0, 0, 0, 0)
    assert (row.mean_oks, row.mean_oks_of_found, row.found, row.people) == (0, 0, 0, 6)


def test_people_with_large_errors_do_not_count_as_found(tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    row = evaluate.evaluate("far", PerfectModel(6, off_px=40), WHOLE, truth)
    assert (row.ap50, row.found, row.mean_oks_of_found) == (0, 0, 0)
    assert 0 < row.mean_oks < 0.2


def test_a_whole_image_gets_three_passes_if_somebody_is_found_and_a_box_one(tmp_path: Path) -> None:
    truth = read_truth(*annotated_images(tmp_path))
    for scope, max_people, passes in ((WHOLE, 1, 3 + 3 + 2 + 3), (WHOLE, 6, 4), (BOXES, 1, 6)):
        model = PerfectModel(max_people)
        evaluate.evaluate("counted", model, scope, truth)
        assert model.passes == passes


def test_crowds_and_people_without_keypoints_need_not_be_found(tmp_path: Path) -> None:
    crowd = person(7, 2) | {"iscrowd": 1}
    unmarked = person(8, 1) | {"keypoints": [0] * 51, "num_keypoints": 0}
    truth = read_truth(*annotated_images(tmp_path, crowd, unmarked))
    assert [len(image.xy) for image in truth.images] == [2, 1, 0, 3]
    row = evaluate.evaluate("perfect", PerfectModel(6), WHOLE, truth)
    assert row.ap == pytest.approx(1)
    assert row.people == 6


def test_an_id_may_be_0_and_fields_that_follow_from_others_may_be_missing(tmp_path: Path) -> None:
    images, file = annotated_images(tmp_path)
    content = json.loads(file.read_text(encoding="utf-8"))
    for number, annotation in enumerate(content["annotations"]):
        annotation["id"] = number
        del annotation["iscrowd"], annotation["num_keypoints"]
    file.write_text(json.dumps(content), encoding="utf-8")
    truth = read_truth(images, file)
    assert evaluate.evaluate("perfect", PerfectModel(6), WHOLE, truth).ap == pytest.approx(1)


def test_a_missing_folder_or_file_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, file = annotated_images(tmp_path)
    for folder, truth, message in (
        (tmp_path / "nowhere", file, f"there is no folder {tmp_path / 'nowhere'}"),
        (images, tmp_path / "none.json", f"there is no file {tmp_path / 'none.json'}"),
    ):
        assert evaluate.main([str(folder), str(truth)]) == 1
        out, err = capsys.readouterr()
        assert (out, err) == ("", f"evaluate: {message}\n")


@pytest.mark.parametrize("missing", [range(4), [2]], ids=["an empty folder", "one is missing"])
def test_missing_images_are_reported_in_one_line_with_an_example(
    missing: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, file = annotated_images(tmp_path)
    for number in missing:
        (images / f"{number}.png").unlink()
    assert evaluate.main([str(images), str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert f"{len(missing)} of the 4 images of annotations.json are not in {images}" in err
    assert f"such as {missing[0]}.png" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no JSON", "not a COCO file of keypoints (JSONDecodeError"),
        ("[]", "not a COCO file of keypoints (TypeError"),
        ('{"images": []}', "not a COCO file of keypoints (KeyError: 'annotations'"),
        ('{"images": [], "annotations": []}', "has nobody with keypoints"),
        ('{"images": [], "annotations": [{"bbox": []}]}', "has nobody with keypoints"),
        ('{"images": [], "annotations": [{"image_id": 3, "keypoints": []}]}', "(KeyError: 3)"),
        (
            '{"images": [{"id": 3, "file_name": "a"}],'
            ' "annotations": [{"image_id": 3, "keypoints": [1, 2]}]}',
            "not a COCO file of keypoints (ValueError",
        ),
    ],
)
def test_another_file_than_coco_s_is_reported_in_one_line(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "annotations.json"
    file.write_text(content, encoding="utf-8")
    assert evaluate.main([str(tmp_path), str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(file) in err and message in err


def test_an_image_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    images, file = annotated_images(tmp_path)
    (images / "1.png").write_bytes(b"no picture")
    truth = read_truth(images, file)
    with pytest.raises(SourceError, match=r"1\.png is not an image that can be decoded"):
        evaluate.evaluate("perfect", PerfectModel(6), WHOLE, truth)


def test_an_unknown_model_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, file = annotated_images(tmp_path)
    assert evaluate.main([str(images), str(file), "--models", "lightening"]) == 1
    assert "there is no model named 'lightening'" in capsys.readouterr().err


def test_without_pycocotools_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    truth = read_truth(*annotated_images(tmp_path))
    with pytest.raises(RuntimeMissing, match="pycocotools cannot be loaded") as caught:
        evaluate.evaluate("perfect", PerfectModel(6), WHOLE, truth)
    assert len(str(caught.value).splitlines()) == 1
    assert "pip install " in str(caught.value) and "[evaluate]'" in str(caught.value)


def test_true_boxes_are_refused_for_a_model_of_several_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*map(str, annotated_images(tmp_path)), "--models", "multipose", "--boxes"]
    assert evaluate.main(words) == 1
    out, err = capsys.readouterr()
    assert out.startswith("4 images, 6 people with keypoints. That is few")
    assert err.startswith("evaluate: --boxes gives a model one person at a time")
    assert len(err.splitlines()) == 1


def test_images_or_a_scene_have_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["images", "annotations.json", "--scene", "crowd"], ["images"]):
        with pytest.raises(SystemExit):
            evaluate.main(words)
        assert "give a folder of images and their annotations" in capsys.readouterr().err


def test_an_unknown_scene_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--scene", "crwd"]) == 1
    assert "there is no scene 'crwd'" in capsys.readouterr().err


def test_conflicting_options_exit_with_2() -> None:
    done = run("images", "annotations.json", "--whole", "--boxes")
    assert done.returncode == 2
    assert "not allowed with argument" in done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm_cache(tmp_path_factory.getbasetemp())


@needs_shared
def test_the_real_lightning_is_as_good_as_it_was(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(cache))
    done = run(COCO, COCO / "test_coco.json", "--models", "lightning", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    content = json.loads(done.stdout)
    assert (content["images"], content["people"]) == (4, 12)
    whole, everybody, boxes = content["rows"]
    scopes = [row["scope"] for row in content["rows"]]
    assert scopes == ["whole image", "everybody", "true boxes"]
    # Measured: AP 0.275, 0.662 and 0.637; OKS 0.302, 0.788 and 0.772; 4, 11 and 11 people.
    assert everybody["ap"] > 0.64 and everybody["found"] >= 11 and everybody["pck10"] > 0.8
    assert whole["ap"] > 0.22 and boxes["ap"] > 0.58
    assert whole["mean_oks"] > 0.26 and boxes["mean_oks"] > 0.74
    assert (whole["found"], boxes["found"]) == (4, 11)


@needs_shared
def test_the_table_begins_with_the_number_of_images(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(cache))
    done = run(COCO, COCO / "test_coco.json", "--models", "lightning", "--boxes")
    assert (done.returncode, done.stderr) == (0, "")
    first, *table = done.stdout.splitlines()
    assert first.startswith("4 images, 12 people with keypoints. That is few")
    (row,) = [line.split() for line in table if "lightning" in line]
    assert row[:3] == ["lightning", "true", "boxes"]
    assert row[7:11] == ["0.772", "11", "of", "12"]
