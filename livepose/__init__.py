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

from livepose._version import __version__

if TYPE_CHECKING:
    from livepose.analysis.angle_meter import AngleMeter
    from livepose.core.angles import Angles
    from livepose.core.errors import (
        LivePoseError,
        ModelError,
        OptionError,
        RuntimeMissing,
        SinkError,
        SourceError,
    )
    from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
    from livepose.core.interfaces import FrameSink, MotionStep, PoseSink
    from livepose.core.overlays import Overlays
    from livepose.core.poses import Poses
    from livepose.core.region import Region
    from livepose.core.skeleton import BONES, KEYPOINT_NAMES
    from livepose.draw import Style, paint
    from livepose.export import RecordingMetadata, open_exporter, read_jsonl
    from livepose.models import load_model
    from livepose.motion import (
        Estimator,
        OneEuro,
        SmartCrop,
        SubjectSelector,
        SwapGuard,
        Tracker,
        WholeFrame,
        default_steps,
    )
    from livepose.pipeline import Pipeline
    from livepose.send import open_sender
    from livepose.sources import open_source

__all__ = [
    "BONES",
    "KEYPOINT_NAMES",
    "AngleMeter",
    "Angles",
    "Estimator",
    "Frame",
    "FrameSink",
    "LivePoseError",
    "ModelError",
    "MotionStep",
    "OneEuro",
    "OptionError",
    "Overlays",
    "Pipeline",
    "PoseSink",
    "PosedFrame",
    "Poses",
    "RecordingMetadata",
    "Region",
    "RuntimeMissing",
    "SinkError",
    "SmartCrop",
    "SourceError",
    "StreamInfo",
    "Style",
    "SubjectSelector",
    "SubjectState",
    "SwapGuard",
    "Tracker",
    "WholeFrame",
    "__version__",
    "default_steps",
    "load_model",
    "open_exporter",
    "open_sender",
    "open_source",
    "paint",
    "read_jsonl",
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
    "core.angles": ("Angles",),
    "core.frame": ("SubjectState", "Frame", "PosedFrame", "StreamInfo"),
    "core.interfaces": ("FrameSink", "MotionStep", "PoseSink"),
    "core.overlays": ("Overlays",),
    "core.poses": ("Poses",),
    "core.region": ("Region",),
    "core.skeleton": ("BONES", "KEYPOINT_NAMES"),
    "draw": ("Style", "paint"),
    "export": ("RecordingMetadata", "open_exporter", "read_jsonl"),
    "models": ("load_model",),
    "analysis.angle_meter": ("AngleMeter",),
    "motion": (
        "Estimator",
        "SubjectSelector",
        "OneEuro",
        "SmartCrop",
        "SwapGuard",
        "Tracker",
        "WholeFrame",
        "default_steps",
    ),
    "pipeline": ("Pipeline",),
    "send": ("open_sender",),
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
