"""Real-time webcam and video pose viewer on MoveNet.

As a library, in four lines:

    from livepose import Estimator, load_model, open_source, paint

    with open_source("clip.mp4") as source, load_model("lightning") as model:
        for posed in map(Estimator(model), source):
            bgr = paint(posed).bgr
"""

from __future__ import annotations

import os

import lazy_loader

# OpenCV reads these when it is imported. A camera that hangs is noticed after 2 s rather than 10,
# Media Foundation on Windows opens in a second rather than a minute, and probing prints nothing.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

# The public names are listed in `__init__.pyi`, for type checkers and for this. Each is imported
# when it is first used: OpenCV alone takes a tenth of a second.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
