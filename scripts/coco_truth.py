"""COCO's keypoints: what is known of some pictures, and what pycocotools says of poses in them."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON
from livepose.system.optional_imports import optional_import

_MIDDLE_PX = np.float32(0.5)
"""COCO's keypoints count whole pixels: the middle of the first one is 0 there, and 0.5 here."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture and the T people in it who are to be found."""

    path: Path
    xy: FloatArray
    """(T, 17, 2) pixels."""
    is_marked: BoolArray
    """(T, 17): which points are annotated."""
    area_px: FloatArray
    """(T,) square pixels of the body."""
    box: FloatArray
    """(T, 4) left, top, width, height in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known of some pictures."""

    pictures: tuple[Picture, ...]
    annotations: tuple[dict[str, Any], ...]
    """As pycocotools wants them; an image's id is its place in `pictures`. Also of those whom
    nobody is asked to find: crowds, and people without keypoints."""


def read_truth(folder: Path, file: Path) -> Truth:
    """Read what COCO tells of the pictures of a folder.

    Raises:
        SourceNotFound: there is no such folder or file, or a picture is not in the folder.
        SourceError: the file is not COCO's, or has nobody's keypoints.
    """
    if not folder.is_dir():
        raise SourceNotFound(f"there is no folder {folder}")
    if not file.is_file():
        raise SourceNotFound(f"there is no file {file}")
    try:
        truth = _understood(folder, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SourceError(f"{file} is not a COCO file of keypoints ({reason})") from error
    if not any(len(picture.xy) for picture in truth.pictures):
        raise SourceError(f"{file} has nobody with keypoints: use COCO's person_keypoints")
    absent = [picture.path for picture in truth.pictures if not picture.path.is_file()]
    if absent:
        raise SourceNotFound(
            f"{len(absent)} of the {len(truth.pictures)} pictures of {file.name} are not in "
            f"{folder}, such as {absent[0].name}: give the folder that has them"
        )
    return truth


def _understood(folder: Path, told: dict[str, Any]) -> Truth:
    place_of = {image["id"]: place for place, image in enumerate(told["images"])}
    people: list[list[dict[str, Any]]] = [[] for _ in place_of]
    annotations: list[dict[str, Any]] = []
    for person in told["annotations"]:
        if "keypoints" not in person:
            continue
        place, is_crowd = place_of[person["image_id"]], int(person.get("iscrowd", 0))
        marked = np.reshape(person["keypoints"], (len(COCO_SKELETON), 3))[:, 2] > 0
        # Numbers from 1: pycocotools takes a match with 0 for none.
        about = {"id": len(annotations) + 1, "image_id": place, "category_id": 1}
        about |= {"iscrowd": is_crowd, "num_keypoints": int(marked.sum())}
        about |= {key: person[key] for key in ("keypoints", "area", "bbox")}
        annotations.append(about)
        if marked.any() and not is_crowd:
            people[place].append(about)
    pictures = [
        _picture(folder / image["file_name"], of_image)
        for image, of_image in zip(told["images"], people, strict=True)
    ]
    return Truth(tuple(pictures), tuple(annotations))


def _picture(path: Path, people: list[dict[str, Any]]) -> Picture:
    points, area_px, box = (
        np.array([person[key] for person in people], np.float32)
        for key in ("keypoints", "area", "bbox")
    )
    points = points.reshape(-1, len(COCO_SKELETON), 3)
    return Picture(
        path, points[..., :2] + _MIDDLE_PX, points[..., 2] > 0, area_px, box.reshape(-1, 4)
    )


def precisions(truth: Truth, found: Sequence[Poses]) -> tuple[float, float, float, float]:
    """Return AP, AP50, AP75 and AR, 0..1, as pycocotools computes them.

    Args:
        truth: of the pictures.
        found: the poses in each of them.

    Raises:
        RuntimeMissing: pycocotools is not installed.
    """
    with optional_import("pycocotools", "'livepose[evaluate]'"):
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    shared = {"images": [{"id": place} for place in range(len(found))], "categories": [{"id": 1}]}
    both = COCO(), COCO()
    with redirect_stdout(io.StringIO()):  # it tells each of its steps
        for coco, annotations in zip(both, (truth.annotations, _results(found)), strict=True):
            coco.dataset = shared | {"annotations": list(annotations)}
            coco.createIndex()
        evaluation = COCOeval(*both, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    ap, ap50, ap75, ar = (float(evaluation.stats[place]) for place in (0, 1, 2, 5))
    return ap, ap50, ap75, ar


def _results(found: Sequence[Poses]) -> Iterator[dict[str, Any]]:
    number = itertools.count(1)
    for place, poses in enumerate(found):
        for xy, score in zip(poses.xy - _MIDDLE_PX, poses.person_score, strict=True):
            width_px, height_px = np.ptp(xy, axis=0).tolist()
            yield {
                "id": next(number),
                "image_id": place,
                "category_id": 1,
                "keypoints": np.column_stack((xy, np.ones(len(COCO_SKELETON)))).ravel().tolist(),
                # As pycocotools itself has it when it reads results.
                "area": width_px * height_px,
                "score": float(score),
            }
