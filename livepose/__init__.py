"""Real-time webcam and video pose viewer on MoveNet.

As a library, in four lines:

    from livepose import Estimator, load_model, open_source, paint

    with open_source("clip.mp4") as source, load_model("lightning") as model:
        for posed in map(Estimator(model), source):
            picture = paint(posed).bgr
"""

import os as _os

# OpenCV reads these when it is imported. A camera that hangs is noticed after 2 s rather than 10,
# Media Foundation on Windows opens in a second rather than a minute, and probing prints nothing.
_os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
_os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
_os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
_os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

__version__ = "0.1.0"

# Before anything imports av: the other way round windows hang on Linux.
import cv2 as _cv2

from livepose.core.errors import (
    LivePoseError,
    ModelError,
    OptionError,
    RuntimeMissing,
    SinkError,
    SourceError,
)
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import BONES, KEYPOINT_NAMES
from livepose.draw import Style, paint
from livepose.models import load_model
from livepose.motion import Estimator, SmartCrop, WholeFrame
from livepose.pipeline import Pipeline
from livepose.sources import open_source

# Its thread pool would fight the network's for the cores; what it does here is short.
_cv2.setNumThreads(1)

__all__ = [
    "BONES",
    "KEYPOINT_NAMES",
    "Estimator",
    "Frame",
    "LivePoseError",
    "ModelError",
    "OptionError",
    "Pipeline",
    "PosedFrame",
    "Poses",
    "Region",
    "RuntimeMissing",
    "SinkError",
    "SmartCrop",
    "SourceError",
    "StreamInfo",
    "Style",
    "WholeFrame",
    "__version__",
    "load_model",
    "open_source",
    "paint",
]
