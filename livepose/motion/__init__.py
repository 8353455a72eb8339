"""What joins one frame to the next: all the memory lives here."""

from livepose.motion.crop import SmartCrop, WholeFrame
from livepose.motion.estimator import Estimator, usual_steps

__all__ = ["Estimator", "SmartCrop", "WholeFrame", "usual_steps"]
