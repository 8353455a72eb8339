"""Poses as one COCO file, which pycocotools, FiftyOne and CVAT read.

The object has `images`, `annotations` and `categories`. Its annotations are keypoint results, too,
which `COCO.loadRes` takes. The category has the names and bones of the recording's skeleton.

COCO counts the pixels of a keypoint from 0, so that the middle of the first pixel is (0, 0); here
it is (0.5, 0.5), as for COCO's boxes. So half a pixel is subtracted from each keypoint, and nothing
from a box. A keypoint's visibility is 2 if it scores as much as the threshold, else 0: then its
place is the network's guess, and not (0, 0). All scores are in `keypoint_scores`. Images are named
as ffmpeg names them with `-start_number 0 dance_%012d.png`; those that the decoder found damaged
have `"corrupt": true`.
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
from livepose.core.skeleton import Skeleton
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import ExportOptions, RecordingMetadata

_BETWEEN = b'],\n"annotations":['
_END = b"\n]}\n"
_HEAD_LINES = 3
_FIRST_BLANK_BYTES = 1 << 18
_BLOCK_BYTES = 1 << 20


class CocoFile(PoseSink):
    """One JSON object, complete after each frame.

    Both of its lists grow. The images stand first, followed by blanks to grow into; the annotations
    stand last, and each frame overwrites the brackets that close them. Where the blanks are used
    up, the file is written anew with twice as many; at the end, with none.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the file.

        Raises:
            TargetExists: If it exists and may not be replaced.
            SinkError: If it cannot be written.
        """
        self._recording = recording
        self._min_score = options.min_score
        self._annotations = 0
        self._is_closed = False
        about = {"description": f"{recording.info.name}, by livepose with {recording.model}"}
        head = b'{"info":%b,\n"categories":[%b],\n"images":[' % (
            orjson.dumps(about),
            orjson.dumps(_category(recording.skeleton)),
        )
        self._images_end = len(head)
        self._blank_bytes = _FIRST_BLANK_BYTES
        self._has_images = False
        head += b" " * self._blank_bytes + _BETWEEN + _END
        self._file = GrowingFile(path, head, overwrite=options.overwrite)
        self._image = self._image_template()
        self._annotation = _annotation_template(len(recording.skeleton))

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        frame = posed.frame
        image = (
            self._image % (frame.index, frame.index, frame.source_frame, frame.time_s, frame.utc)
        ).encode()
        if frame.is_corrupt:
            image = image[:-1] + b',"corrupt":true}'
        entry = b",\n" + image if self._has_images else b"\n" + image
        if len(entry) > self._blank_bytes:
            self._rebuild(2 * self._images_end)
        # The image first: annotations of an image that is not listed would be an error.
        self._file.put(self._images_end, entry)
        self._has_images = True
        self._images_end += len(entry)
        self._blank_bytes -= len(entry)
        if len(posed.poses):
            self._file.put(self._file.size_bytes - len(_END), self._annotations_of(posed) + _END)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        # Without room for a second copy the blanks stay: the file is as good.
        with suppress(SinkError):
            self._rebuild(0)
        self._file.close()

    def keep_parts(self) -> list[Path]:
        self._is_closed = True
        return self._file.keep()

    def _image_template(self) -> str:
        info, clip = self._recording.info, self._recording.clip.replace("%", "_")
        return (
            f'{{"id":%d,"file_name":"{clip}_%012d.png",'
            f'"width":{info.width_px},"height":{info.height_px},"source_frame":%d,"time_s":%.6f,'
            '"date_captured":"%s"}'
        )

    def _annotations_of(self, posed: PosedFrame) -> bytes:
        poses = posed.poses
        visible = poses.visible(self._min_score)
        # COCO's 1 is labelled, but not visible.
        flags = np.where(poses.filled, 1.0, 2.0) * visible
        points = np.concatenate((poses.xy - 0.5, flags[..., None]), axis=2)
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
                visible[row].sum(),
                *points[row].ravel().tolist(),
                *poses.score[row].tolist(),
            )
            texts.append(self._annotation % values)
        return "".join(texts).encode()

    def _rebuild(self, blank_bytes: int) -> None:
        """Write the file anew, with this many blanks."""
        with (
            self._file.rewriting() as path,
            self._file.part_path.open("rb") as old,
            path.open("wb") as new,
        ):
            new.write(old.read(self._images_end))
            new.write(b" " * blank_bytes)
            old.seek(self._blank_bytes, os.SEEK_CUR)
            shutil.copyfileobj(old, new, _BLOCK_BYTES)
        self._blank_bytes = blank_bytes


def repair_coco(part: Path, target: Path) -> int:
    """Write a whole file of a part's entries, each of which is a line; return how many images."""
    head: list[bytes] = []
    images: dict[int, bytes] = {}
    annotations: list[bytes] = []
    with part.open("rb") as file:
        for line in file:
            if len(head) < _HEAD_LINES:
                head.append(line)
                continue
            entry = line.rstrip(b" ,]\n\0")
            try:
                values = orjson.loads(entry)
            except orjson.JSONDecodeError:
                continue
            if "file_name" in values:
                images[values["id"]] = entry
            elif values.get("image_id") in images:
                annotations.append(entry)
    if len(head) < _HEAD_LINES:
        return 0
    start = b"".join(head[:-1]) + b'"images":['
    lists = (b",\n".join([*images.values()]), b",\n".join(annotations))
    target.write_bytes(start + b"\n" + lists[0] + _BETWEEN + b"\n" + lists[1] + _END)
    return len(images)


def _category(skeleton: Skeleton) -> dict[str, object]:
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": skeleton.names,
        "skeleton": [[start + 1, end + 1] for start, end in skeleton.bones],  # COCO counts from 1
    }


def _annotation_template(keypoint_count: int) -> str:
    return (
        '%s\n{"id":%d,"image_id":%d,"category_id":1,"track_id":%d,"iscrowd":0,"score":%.4f,'
        '"bbox":[%.2f,%.2f,%.2f,%.2f],"area":%.2f,"num_keypoints":%d,"keypoints":['
        + ",".join(["%.2f,%.2f,%d"] * keypoint_count)
        + '],"keypoint_scores":['
        + ",".join(["%.4f"] * keypoint_count)
        + "]}"
    )
