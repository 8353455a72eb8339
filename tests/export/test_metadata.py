"""What exporters are told of a recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livepose.core.frame import StreamInfo
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON
from livepose.export import RecordingMetadata
from tests.support.recordings import INFO, RECORDING
from tests.support.skeletons import UPPER_BODY_SKELETON, standing_person


@pytest.mark.parametrize(
    ("info", "clip"),
    [
        (StreamInfo("camera 0", 640, 480, is_live=True), "camera_0"),
        (replace(INFO, path=Path("my clips/Tanz im Mai.mp4")), "Tanz_im_Mai"),
        (StreamInfo("rtsp://10.0.0.1/a?b=c", 640, 480, is_live=True), "rtsp_10.0.0.1_a_b"),
        (StreamInfo("///", 640, 480, is_live=True), "clip"),
    ],
)
def test_a_clip_s_name_is_a_file_s_name(info: StreamInfo, clip: str) -> None:
    assert RecordingMetadata(info, "lightning").clip == clip


def test_poses_of_another_skeleton_are_an_error_unless_there_is_nobody() -> None:
    RECORDING.check_skeleton(standing_person(COCO_SKELETON))
    RECORDING.check_skeleton(standing_person(replace(COCO_SKELETON)))  # equal, and another object
    RECORDING.check_skeleton(Poses.empty(UPPER_BODY_SKELETON))
    with pytest.raises(ValueError, match="and not head, left_shoulder"):
        RECORDING.check_skeleton(standing_person(UPPER_BODY_SKELETON))
