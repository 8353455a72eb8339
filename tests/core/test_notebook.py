"""What notebooks show of frames and poses."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.notebook import MAX_PX
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint

SVG = "{http://www.w3.org/2000/svg}"


def two_people() -> Poses:
    xy = np.random.default_rng(0).uniform(10, 90, (2, 17, 2)).astype(np.float32)
    score = np.full((2, 17), 0.9, np.float32)
    score[1, Keypoint.LEFT_WRIST] = 0.1
    return replace(Poses.from_keypoints(xy, score), track_id=np.array((3, 0), np.int32))


def posed(overlays: Overlays | None = None) -> PosedFrame:
    frame = Frame.from_bgr(np.full((100, 200, 3), 255, np.uint8), 0, 0.0)
    region = Region.letterbox(200, 100)
    return PosedFrame(frame, two_people(), region, 0.0, overlays=overlays or Overlays())


def decoded(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def test_a_frame_is_shown_as_a_png_of_its_pixels() -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    png = Frame.from_bgr(bgr)._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert np.array_equal(decoded(png), bgr)


def test_a_large_frame_is_scaled_down() -> None:
    png = Frame.from_bgr(np.zeros((2160, 3840, 3), np.uint8))._repr_png_()
    assert decoded(png).shape == (540, MAX_PX, 3)


def test_a_posed_frame_is_shown_with_the_bones_that_are_seen() -> None:
    root = ElementTree.fromstring(posed()._repr_html_())
    first, second = root.findall(f"{SVG}g")
    assert len(first.findall(f"{SVG}line")) == len(COCO_SKELETON.bones)
    assert len(second.findall(f"{SVG}line")) == len(COCO_SKELETON.bones) - 1
    titles = [title.text or "" for title in first.iter(f"{SVG}title")]
    assert [title.split()[0] for title in titles] == list(COCO_SKELETON.names)
    x, y = posed().poses.xy[0, Keypoint.LEFT_HIP]
    assert f"left_hip {x:.1f}, {y:.1f} (0.90)" in titles


def test_faces_that_are_to_be_hidden_are_covered_in_a_notebook_too() -> None:
    html = posed(Overlays(np.array([[50, 50, 20]], np.float32)))._repr_html_()
    data = re.search(r"base64,([^\"]+)", html)
    assert data
    shown = decoded(base64.b64decode(data[1]))
    assert abs(int(shown[50, 50, 0]) - 127) < 5
    assert shown[50, 150, 0] > 250
    assert posed().frame.bgr[50, 50, 0] == 255


def test_poses_are_shown_as_a_table() -> None:
    poses = two_people()
    rows = ElementTree.fromstring(poses._repr_html_().replace("colspan=3", 'colspan="3"')).findall(
        ".//tr"
    )
    assert [cell.text for cell in rows[0]] == [None, "person 3", "person"]
    names = [row[0].text for row in rows[2:]]
    assert names == list(COCO_SKELETON.names)
    x, y, score = poses["nose"][1]
    assert [cell.text for cell in rows[2]][4:] == [f"{x:.1f}", f"{y:.1f}", f"{score:.2f}"]
    assert "no people" in Poses.empty()._repr_html_()
