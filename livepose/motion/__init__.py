"""What joins one frame to the next: all the memory lives here."""

from livepose.motion.angles import AngleMeter
from livepose.motion.crop import SmartCrop, WholeFrame
from livepose.motion.estimator import Estimator, usual_steps
from livepose.motion.following import Follower, Select
from livepose.motion.smoothing import OneEuro
from livepose.motion.swaps import SwapGuard
from livepose.motion.tracking import Tracker

__all__ = [
    "AngleMeter",
    "Estimator",
    "Follower",
    "OneEuro",
    "Select",
    "SmartCrop",
    "SwapGuard",
    "Tracker",
    "WholeFrame",
    "usual_steps",
]
