"""What joins one frame to the next: cropping, tracking, smoothing. All state is kept here."""

from livepose.motion.crop import SmartCrop, WholeFrame
from livepose.motion.estimator import Estimator, default_steps
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker

__all__ = [
    "Estimator",
    "Select",
    "SmartCrop",
    "SubjectSelector",
    "SwapGuard",
    "Tracker",
    "WholeFrame",
    "default_steps",
]
