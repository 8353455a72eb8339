"""The small pictures of a report."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Label, Overlays
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.draw import Style
from livepose.session.report_pictures import ReportPictures
from tests.support.people import poses_of, standing


@pytest.mark.parametrize("keypoint", [Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST])
def test_labels_beside_a_person_are_in_the_picture_as_a_whole(keypoint: Keypoint) -> None:
    poses = poses_of(standing(320.0))
    label = Label("-115°", keypoint, *poses.xy[0, keypoint].tolist())
    frame = Frame.from_bgr(np.full((480, 640, 3), 90, np.uint8))
    overlays = Overlays(labels=(label,))
    posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0, overlays=overlays)
    pictures = ReportPictures(Style(hidden=frozenset(Keypoint)))
    jpeg = np.frombuffer(pictures(posed, row=0), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    columns = np.flatnonzero((picture > 190).any(axis=0))
    assert len(columns) > 20
    assert columns.min() > 2
    assert columns.max() < picture.shape[1] - 3
