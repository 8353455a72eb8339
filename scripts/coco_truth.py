"""Read COCO's annotated keypoints, and compare poses with them by pycocotools."""

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

_HALF_PIXEL = np.float32(0.5)
"""COCO's coordinates are those of whole pixels: the middle of the first one is 0, ours is 0.5."""


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedImage:
    """An image, and the T people in it who should be found."""

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
    """The annotations of some images."""

    images: tuple[AnnotatedImage, ...]
    annotations: tuple[dict[str, Any], ...]
    """In COCO's own form; `image_id` is the index in `images`. They include those who need not be
    found: crowds, and people without keypoints."""


def read_truth(folder: Path, file: Path) -> Truth:
    """Read COCO's annotations of the images of a folder.

    Raises:
        SourceNotFound: If the folder, the file or one of the images does not exist.
        SourceError: If the file is not COCO's, or has no keypoints.
    """
    if not folder.is_dir():
        raise SourceNotFound(f"there is no folder {folder}")
    if not file.is_file():
        raise SourceNotFound(f"there is no file {file}")
    try:
        truth = _parse(folder, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SourceError(f"{file} is not a COCO file of keypoints ({reason})") from error
    if not any(len(image.xy) for image in truth.images):
        raise SourceError(f"{file} has nobody with keypoints: use COCO's person_keypoints")
    absent = [image.path for image in truth.images if not image.path.is_file()]
    if absent:
        raise SourceNotFound(
            f"{len(absent)} of the {len(truth.images)} images of {file.name} are not in "
            f"{folder}, such as {absent[0].name}: give the folder that has them"
        )
    return truth


def _parse(folder: Path, content: dict[str, Any]) -> Truth:
    index_of = {image["id"]: index for index, image in enumerate(content["images"])}
    people: list[list[dict[str, Any]]] = [[] for _ in index_of]
    annotations: list[dict[str, Any]] = []
    for person in content["annotations"]:
        if "keypoints" not in person:
            continue
        index, is_crowd = index_of[person["image_id"]], int(person.get("iscrowd", 0))
        marked = np.reshape(person["keypoints"], (len(COCO_SKELETON), 3))[:, 2] > 0
        annotation = {
            # From 1 on: pycocotools takes a match with 0 for none.
            "id": len(annotations) + 1,
            "image_id": index,
            "category_id": 1,
            "iscrowd": is_crowd,
            "num_keypoints": int(marked.sum()),
        }
        annotation |= {key: person[key] for key in ("keypoints", "area", "bbox")}
        annotations.append(annotation)
        if marked.any() and not is_crowd:
            people[index].append(annotation)
    images = [
        _annotated_image(folder / image["file_name"], of_image)
        for image, of_image in zip(content["images"], people, strict=True)
    ]
    return Truth(tuple(images), tuple(annotations))


def _annotated_image(path: Path, people: list[dict[str, Any]]) -> AnnotatedImage:
    points, area_px, box = (
        np.array([person[key] for person in people], np.float32)
        for key in ("keypoints", "area", "bbox")
    )
    points = points.reshape(-1, len(COCO_SKELETON), 3)
    return AnnotatedImage(
        path, points[..., :2] + _HALF_PIXEL, points[..., 2] > 0, area_px, box.reshape(-1, 4)
    )


def precisions(truth: Truth, found: Sequence[Poses]) -> tuple[float, float, float, float]:
    """Return AP, AP50, AP75 and AR, 0..1, as pycocotools computes them.

    Args:
        truth: The annotations of some images.
        found: The poses in each of them.

    Raises:
        RuntimeMissing: If pycocotools is not installed.
    """
    with optional_import("pycocotools", extra="evaluate"):
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    shared = {"images": [{"id": index} for index in range(len(found))], "categories": [{"id": 1}]}
    both = COCO(), COCO()
    with redirect_stdout(io.StringIO()):  # It prints each of its steps.
        for coco, annotations in zip(both, (truth.annotations, _results(found)), strict=True):
            coco.dataset = shared | {"annotations": list(annotations)}
            coco.createIndex()
        evaluation = COCOeval(*both, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    ap, ap50, ap75, ar = (float(evaluation.stats[index]) for index in (0, 1, 2, 5))
    return ap, ap50, ap75, ar


def _results(found: Sequence[Poses]) -> Iterator[dict[str, Any]]:
    number = itertools.count(1)
    for index, poses in enumerate(found):
        for xy, score in zip(poses.xy - _HALF_PIXEL, poses.person_score, strict=True):
            width_px, height_px = np.ptp(xy, axis=0).tolist()
            yield {
                "id": next(number),
                "image_id": index,
                "category_id": 1,
                "keypoints": np.column_stack((xy, np.ones(len(COCO_SKELETON)))).ravel().tolist(),
                # As pycocotools computes it when it reads results from a file.
                "area": width_px * height_px,
                "score": float(score),
            }
