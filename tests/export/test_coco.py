"""COCO files, read by pycocotools."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from livepose.core.skeleton import COCO_SKELETON
from livepose.export import coco, open_exporter
from livepose.system.part_names import parts_in
from tests.support.recordings import (
    RECORDING,
    UNSEEN,
    person_xy,
    posed_frame,
    write_frames,
    write_recording,
)

EAR = COCO_SKELETON.index(UNSEEN)


def test_coco_lists_images_people_and_the_skeleton(tmp_path: Path) -> None:
    path = write_frames(
        tmp_path / "a.coco.json", *(posed_frame(n, ids=range(1, n + 1)) for n in range(3))
    )
    loaded = COCO(path)
    assert loaded.getImgIds() == [0, 1, 2]
    assert loaded.imgs[2]["file_name"] == "dance_000000000002.png"
    assert (loaded.imgs[2]["width"], loaded.imgs[2]["height"]) == (1280, 720)
    assert loaded.imgs[1]["time_s"] == 0.033367
    assert loaded.loadCats(1)[0]["keypoints"] == list(COCO_SKELETON.names)
    assert len(loaded.loadCats(1)[0]["skeleton"]) == 16
    people = loaded.loadAnns(loaded.getAnnIds())
    assert [(each["id"], each["image_id"], each["track_id"]) for each in people] == [
        (1, 1, 1), (2, 2, 1), (3, 2, 2),
    ]  # fmt: skip


def test_coco_s_people_have_what_its_tools_ask_for(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.coco.json", posed_frame(1))
    person = COCO(path).loadAnns(1)[0]
    assert (person["category_id"], person["iscrowd"], person["score"]) == (1, 0, 0.75)
    assert person["num_keypoints"] == 16
    points = np.array(person["keypoints"]).reshape(17, 3)
    # COCO counts whole pixels from 0: the middle of the first one is (0, 0).
    np.testing.assert_allclose(points[:, :2], person_xy(1, 1) - 0.5, atol=0.005)
    assert points[:, 2].tolist() == [0 if each == EAR else 2 for each in range(17)]
    assert person["bbox"] == [100.25, 0.5, 16, 160]
    assert person["area"] == 2560
    assert person["keypoint_scores"][EAR] == 0.05


def test_coco_s_people_are_results_too(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.coco.json", posed_frame(0), posed_frame(1, ids=(1, 2)))
    truth = COCO(path)
    results = truth.loadRes(json.loads(path.read_text())["annotations"])
    assert len(results.getAnnIds()) == 3


def test_coco_is_whole_after_each_frame_also_where_its_room_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coco, "_FIRST_BLANK_BYTES", 150)
    path = tmp_path / "a.coco.json"
    with open_exporter(path, RECORDING) as exporter:
        for index in range(40):
            exporter.write(posed_frame(index, ids=(1, 2)[: index % 3]))
            (left,) = parts_in(tmp_path)
            said = json.loads(left.path.read_text())
            assert [image["id"] for image in said["images"]] == list(range(index + 1))
            assert len(said["annotations"]) == sum(each % 3 for each in range(index + 1))
    assert json.loads(path.read_text()) == said
    assert "  " not in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_corrupt_frames_are_marked_in_coco_s_images(tmp_path: Path) -> None:
    posed = posed_frame(1)
    marked = replace(posed, frame=replace(posed.frame, is_corrupt=True))
    path = write_recording(tmp_path / "run.coco.json", posed_frame(0), marked)
    images = json.loads(path.read_text())["images"]
    assert [image.get("corrupt") for image in images] == [None, True]
