"""Real-time webcam and video pose viewer on MoveNet.

As a library, in four lines:

    from livepose import Estimator, load_model, open_source, paint

    with open_source("clip.mp4") as source, load_model("lightning") as model:
        for posed in map(Estimator(model), source):
            picture = paint(posed).bgr
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

__version__ = "0.1.0"

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

_HOMES = {
    "core.errors": (
        "LivePoseError",
        "ModelError",
        "OptionError",
        "RuntimeMissing",
        "SinkError",
        "SourceError",
    ),
    "core.frame": ("Frame", "PosedFrame", "StreamInfo"),
    "core.poses": ("Poses",),
    "core.region": ("Region",),
    "core.skeleton": ("BONES", "KEYPOINT_NAMES"),
    "draw": ("Style", "paint"),
    "models": ("load_model",),
    "motion": ("Estimator", "SmartCrop", "WholeFrame"),
    "pipeline": ("Pipeline",),
    "sources": ("open_source",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

# OpenCV reads these when it is imported. A camera that hangs is noticed after 2 s rather than 10,
# Media Foundation on Windows opens in a second rather than a minute, and probing prints nothing.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: OpenCV alone takes a tenth of a second."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
