"""Poses as JSON lines: everything that is known of each frame, to the last bit.

The first line describes the recording, and each one after it a frame. No keypoint is left out for
its score, and each number is read back as the same float32. `jsonl_reader` reads such files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from livepose.core.angles import Angles
from livepose.core.frame import PosedFrame, StreamInfo
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.export.metadata import RecordingMetadata
from livepose.export.text_exporter import TextExporter, whole_lines
from livepose.system.files import readable_name

VERSION = 1


class JsonLines(TextExporter):
    """One JSON object in each line: first `header_line`, then `frame_line` for each frame."""

    def header(self) -> bytes:
        return header_line(self._recording) + b"\n"

    def lines_of(self, posed: PosedFrame) -> bytes:
        return frame_line(posed) + b"\n"


def header_line(recording: RecordingMetadata) -> bytes:
    """Return a recording's description: one JSON object without a line end.

    `livepose` is the version of the format. A frame rate and a time base are fractions, such as
    `30000/1001`. `skeleton` describes keypoints other than COCO's; bones and groups name them.
    `edits` lists what was changed by hand (`livepose edit`), and is left out where nothing was.
    """
    skeleton = recording.skeleton
    header = {
        "livepose": VERSION,
        "source": _source_of(recording.info),
        "model": recording.model,
        "model_sha256": recording.model_sha256,
        "settings": dict(recording.settings),
        "keypoints": skeleton.names,
        "angles": recording.angle_names,
    }
    if skeleton != COCO_SKELETON:
        header["skeleton"] = _skeleton_of(skeleton)
    if recording.edits:
        header["edits"] = recording.edits
    return orjson.dumps(header, option=orjson.OPT_SERIALIZE_NUMPY)


def frame_line(posed: PosedFrame) -> bytes:
    """Return everything about a frame but its pixels: one JSON object without a line end.

    `source_frame` counts from the start of the file, also with `--start`; `utc` is when a live
    frame arrived (ISO 8601); `corrupt` is true where the decoder found a frame damaged, else it is
    left out. `size` is the frame's width and height; `region` is left, top, width,
    height in pixels and quarter turns; `box` is left, top, right, bottom; a keypoint is x, y,
    score; `raw` is x, y before smoothing, and left out where that is the same; an angle is in
    degrees, or null; `filled` names the keypoints that were not seen, but placed between the
    sightings before and after, and is left out where there are none; so does `edited` with those
    that were changed by hand;
    `begins_scene` is true for the first frame and after a cut. `people` are the final poses, and
    `found` are the detections; `survey` is whether the network was one for several people, and
    `following` the state of the subject.
    """
    region = posed.region
    line = {
        "frame": posed.frame.index,
        "source_frame": posed.frame.source_frame,
        "time_s": posed.frame.time_s,
        **({"utc": posed.frame.utc} if posed.frame.utc else {}),
        **({"corrupt": True} if posed.frame.is_corrupt else {}),
        "size": (posed.frame.width_px, posed.frame.height_px),
        "region": (
            region.left_px,
            region.top_px,
            region.width_px,
            region.height_px,
            region.quarter_turns,
        ),
        "inference_s": posed.inference_s,
        "survey": posed.is_multi_person,
        "following": posed.subject_state.value,
        "begins_scene": posed.is_scene_start,
        "people": tracked_people(posed.poses, posed.angles),
        "found": _people_of(posed.detections),
    }
    return orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY)


def tracked_people(poses: Poses, angles: Angles) -> list[dict[str, Any]]:
    """Return the final people of a frame as its line has them."""
    people, names = _people_of(poses), poses.skeleton.names
    for row, person in enumerate(people):
        person["id"] = poses.track_id[row]
        person["swapped"] = [names[index] for index in poses.swapped[row].nonzero()[0]]
        for mark, marked in (("filled", poses.filled[row]), ("edited", poses.edited[row])):
            if marked.any():
                person[mark] = [names[index] for index in marked.nonzero()[0]]
        person["angles"] = (
            dict(zip(angles.names, angles.degrees[row], strict=True)) if angles.names else {}
        )
    return people


def repair_jsonl(part: Path, target: Path) -> int:
    """Copy the lines of a part that are whole, and return how many frames there are."""
    count = -1
    with target.open("wb") as file:
        for line in whole_lines(part):
            try:
                orjson.loads(line)
            except orjson.JSONDecodeError:
                break
            file.write(line)
            count += 1
    return max(count, 0)


def _people_of(poses: Poses) -> list[dict[str, Any]]:
    points = np.concatenate((poses.xy, poses.score[..., None]), axis=2)
    people: list[dict[str, Any]] = [
        {"score": poses.person_score[row], "box": poses.box[row], "keypoints": points[row]}
        for row in range(len(poses))
    ]
    if poses.raw_xy is not poses.xy and not np.array_equal(poses.raw_xy, poses.xy):
        for person, raw_xy in zip(people, poses.raw_xy, strict=True):
            person["raw"] = np.ascontiguousarray(raw_xy)
    return people


def _skeleton_of(skeleton: Skeleton) -> dict[str, object]:
    names = skeleton.names
    return {
        "bones": [(names[start], names[end]) for start, end in skeleton.bones],
        "oks_sigmas": skeleton.oks_sigmas,
        "groups": {
            group: [names[index] for index in indices] for group, indices in skeleton.groups.items()
        },
    }


def _source_of(info: StreamInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "is_live": info.is_live,
        "frame_rate": str(info.frame_rate) if info.frame_rate is not None else None,
        "frame_count": info.frame_count,
        "time_base": str(info.time_base) if info.time_base is not None else None,
        "origin_s": info.origin_s,
        "path": readable_name(info.path.name) if info.path is not None else None,
    }
