"""Poses as one COCO file, which pycocotools, FiftyOne and CVAT read.

The object has `images`, `annotations` and `categories`. Its annotations are COCO's keypoint results
as well: what `COCO.loadRes` takes.

COCO's keypoints count whole pixels from 0, so that the middle of the first pixel is (0, 0); here it
is (0.5, 0.5), as for COCO's boxes. So half a pixel is taken off each keypoint, and none off a box.
A keypoint's visibility is 2 where it scores as much as the threshold, else 0: then its place is
what the network guessed, and not (0, 0). All scores are in `keypoint_scores`. An image is called as
ffmpeg would be told to call it: `-start_number 0 dance_%012d.png`.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import orjson

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.skeleton import BONES, KEYPOINT_NAMES
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import RecordingMetadata
from livepose.system.files import write_error

_PERSON = {
    "id": 1,
    "name": "person",
    "supercategory": "person",
    "keypoints": KEYPOINT_NAMES,
    "skeleton": [[first + 1, second + 1] for first, second in BONES],
}
_BETWEEN = b'],\n"annotations":['
_END = b"\n]}\n"
_FIRST_RESERVE_BYTES = 1 << 18
_COPIED_BYTES = 1 << 20
_ANNOTATION = (
    '%s\n{"id":%d,"image_id":%d,"category_id":1,"track_id":%d,"iscrowd":0,"score":%.4f,'
    '"bbox":[%.2f,%.2f,%.2f,%.2f],"area":%.2f,"num_keypoints":%d,"keypoints":['
    + ",".join(["%.2f,%.2f,%d"] * len(KEYPOINT_NAMES))
    + '],"keypoint_scores":['
    + ",".join(["%.4f"] * len(KEYPOINT_NAMES))
    + "]}"
)


class CocoFile(PoseSink):
    """One JSON object, whole after each frame.

    Both of its lists grow. The images stand first, with room behind them, as JSON allows blanks;
    the annotations stand last, and each frame writes over the brackets that close them. Where the
    room is used up, the file is written anew with twice as much; at the end, with none.
    """

    def __init__(
        self, path: Path, recording: RecordingMetadata, *, min_score: float, overwrite: bool
    ) -> None:
        """Make the file.

        Raises:
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        self._path = path
        self._recording = recording
        self._min_score = min_score
        self._annotations = 0
        self._is_closed = False
        about = {"description": f"{recording.info.name}, by livepose with {recording.model}"}
        head = b'{"info":%b,\n"categories":[%b],\n"images":[' % (
            orjson.dumps(about),
            orjson.dumps(_PERSON),
        )
        self._images_end = len(head)
        self._room_bytes = _FIRST_RESERVE_BYTES
        self._has_images = False
        head += b" " * self._room_bytes + _BETWEEN + _END
        self._file = GrowingFile(path, head, overwrite=overwrite)
        self._image = self._image_template()

    def write(self, posed: PosedFrame) -> None:
        image = (self._image % (posed.frame.index, posed.frame.index, posed.frame.time_s)).encode()
        entry = b",\n" + image if self._has_images else b"\n" + image
        if len(entry) > self._room_bytes:
            self._rebuild(2 * self._images_end)
        # First the image: annotations of an image that is not listed would be an error.
        self._file.put(self._images_end, entry)
        self._has_images = True
        self._images_end += len(entry)
        self._room_bytes -= len(entry)
        if len(posed.poses):
            self._file.put(self._file.size_bytes - len(_END), self._annotations_of(posed) + _END)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        # Where there is no place for a second copy, the blanks stay: it is as good a file.
        with suppress(SinkError):
            self._rebuild(0)
        self._file.close()

    def _image_template(self) -> str:
        info, clip = self._recording.info, self._recording.clip.replace("%", "_")
        return (
            f'{{"id":%d,"file_name":"{clip}_%012d.png",'
            f'"width":{info.width_px},"height":{info.height_px},"time_s":%.6f}}'
        )

    def _annotations_of(self, posed: PosedFrame) -> bytes:
        poses = posed.poses
        seen = poses.visible(self._min_score)
        points = np.concatenate((poses.xy - 0.5, 2.0 * seen[..., None]), axis=2)
        corner, size = poses.box[:, :2], poses.box[:, 2:] - poses.box[:, :2]
        boxes = np.concatenate((corner, size, size.prod(axis=1, keepdims=True)), axis=1)
        texts = []
        for row in range(len(poses)):
            comma = "," if self._annotations else ""
            self._annotations += 1
            values = (
                comma,
                self._annotations,
                posed.frame.index,
                poses.track_id[row],
                poses.person_score[row],
                *boxes[row].tolist(),
                seen[row].sum(),
                *points[row].ravel().tolist(),
                *poses.score[row].tolist(),
            )
            texts.append(_ANNOTATION % values)
        return "".join(texts).encode()

    def _rebuild(self, room_bytes: int) -> None:
        """Write the file anew beside its place, with other room, and put it there."""
        beside = self._path.with_name(f"{self._path.name}.part")
        try:
            with self._path.open("rb") as old, beside.open("wb") as new:
                new.write(old.read(self._images_end))
                new.write(b" " * room_bytes)
                old.seek(self._room_bytes, os.SEEK_CUR)
                shutil.copyfileobj(old, new, _COPIED_BYTES)
            self._file.take_over(beside)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise write_error(self._path, error) from error
        self._room_bytes = room_bytes
