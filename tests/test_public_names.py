"""The public names: all of them, each found, imported on use and known to type checkers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import livepose
from livepose.core.skeleton import COCO_SKELETON

NAMES = [
    "AngleMeter",
    "Angles",
    "Background",
    "Butterworth",
    "ByPerson",
    "BySide",
    "COCO_SKELETON",
    "EndOfChannel",
    "Estimator",
    "Frame",
    "FrameSink",
    "Keypoint",
    "LivePoseError",
    "ModelError",
    "ModelUnavailable",
    "MotionStep",
    "OneColor",
    "OneEuro",
    "OptionError",
    "Overlays",
    "Pipeline",
    "PoseModel",
    "PoseSink",
    "PosedFrame",
    "Poses",
    "RecordingMetadata",
    "Region",
    "Repetition",
    "RepetitionRule",
    "Repetitions",
    "Report",
    "RuntimeMissing",
    "Select",
    "SinkError",
    "Skeleton",
    "SmartCrop",
    "Source",
    "SourceError",
    "SourceNotFound",
    "StreamInfo",
    "Style",
    "SubjectSelector",
    "SubjectState",
    "SwapGuard",
    "TargetExists",
    "Tracker",
    "UntrustedModel",
    "WholeFrame",
    "__version__",
    "analyze_image",
    "default_steps",
    "load_model",
    "open_exporter",
    "open_sender",
    "open_source",
    "paint",
    "parse_angles",
    "parse_repetitions",
    "read_jsonl",
    "smooth_zero_lag",
]
PROGRAM = """
import sys
import livepose
assert "cv2" not in sys.modules and "numpy" not in sys.modules
livepose.Poses
assert "numpy" in sys.modules and "cv2" not in sys.modules
"""


def test_the_public_names_are_these() -> None:
    assert vars(livepose)["__all__"] == NAMES
    assert dir(livepose) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_found(name: str) -> None:
    value = getattr(livepose, name)
    assert name == "__version__" or value is COCO_SKELETON or value.__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="BONES"):
        livepose.BONES  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="KEYPOINT_NAMES"):
        from livepose import KEYPOINT_NAMES  # type: ignore[attr-defined]  # noqa: F401


def test_a_name_is_imported_when_it_is_first_used() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)


def test_opencv_finds_its_settings_when_it_is_imported() -> None:
    # They are in the environment after `import livepose`, and OpenCV is not imported before that.
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"]
    assert os.environ["OPENCV_LOG_LEVEL"]
