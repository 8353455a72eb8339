"""Small pictures for a report: a person with the skeleton, cut out of a frame."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.draw import Style, paint
from livepose.draw.display_size import shrunk_to_fit
from livepose.draw.text import label_height_px

_PAINTED_PX = (960, 720)
_MAX_PX = (240, 240)
"""The most that a picture has in width and height."""
_MARGIN = 0.18
"""Around the person, over the longer side of the body."""
_LABEL = 5.0
"""How far a label reaches beside a person, over the height of its digits."""
_QUALITY = 80


class ReportPictures:
    """Makes the pictures of a report, in a style.

    >>> from livepose import Frame, Poses, Region
    >>> xy = np.random.default_rng(0).uniform(100, 300, (1, 17, 2)).astype(np.float32)
    >>> poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)
    >>> ReportPictures(Style())(posed, row=0)[:2].hex()  # as JPEG files begin
    'ffd8'
    """

    def __init__(self, style: Style) -> None:
        """Set how skeletons look.

        Args:
            style: As in the frames; pictures are never mirrored.
        """
        self._style = replace(style, mirror=False)

    def __call__(self, posed: PosedFrame, row: int) -> bytes:
        """Return a JPEG file of one person in a frame.

        Raises:
            SinkError: If it cannot be encoded.
        """
        overlays = replace(posed.overlays, counter=None, curves=None)
        small = shrunk_to_fit(replace(posed, overlays=overlays), _PAINTED_PX)
        scale = small.frame.width_px / posed.frame.width_px
        bgr = paint(small, self._style.scaled(scale)).bgr
        left, top, right, bottom = small.poses.box[row].tolist()
        around = _MARGIN * max(right - left, bottom - top)
        label_px = _LABEL * label_height_px((bgr.shape[1], bgr.shape[0])) if overlays.labels else 0
        beside = max(around, label_px)
        low_x, high_x = np.clip((left - beside, right + beside), 0, bgr.shape[1]).astype(int)
        low_y, high_y = np.clip((top - around, bottom + around), 0, bgr.shape[0]).astype(int)
        cut = bgr[low_y:high_y, low_x:high_x]
        cut = cut if cut.size else bgr
        share = min(1.0, _MAX_PX[0] / cut.shape[1], _MAX_PX[1] / cut.shape[0])
        size_px = max(1, round(share * cut.shape[1])), max(1, round(share * cut.shape[0]))
        picture = cv2.resize(cut, size_px, interpolation=cv2.INTER_AREA)
        is_good, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        if not is_good:
            raise SinkError("a picture for the report cannot be encoded")
        return data.tobytes()
