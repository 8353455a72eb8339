"""COCO images with annotated people, to compare a network with."""

from __future__ import annotations

import json
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from livepose.core.arrays import UInt8Array
from livepose.core.poses import Poses
from livepose.core.region import Region
from tests.support.needs import SHARED

Floats = npt.NDArray[np.float64]
COCO = SHARED / "coco"
COCO_IMAGES = ("000000000785", "000000040083", "000000196141", "000000197388")
OKS_SIGMAS = np.array(
    [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89], np.float64
)


@dataclass(frozen=True)
class LabelledPerson:
    """An annotated person of a COCO image, and the image."""

    bgr: UInt8Array
    xy: Floats
    is_labelled: npt.NDArray[np.bool_]
    box: tuple[float, float, float, float]
    area: float

    @property
    def side_px(self) -> float:
        return max(self.box[2:])

    @property
    def crop(self) -> Region:
        left, top, width, height = self.box
        return Region.square(left + width / 2, top + height / 2, 1.25 * self.side_px)

    def errors(self, poses: Poses) -> Floats:
        """Return the labelled points' errors, as fractions of the longer side of the box."""
        off: Floats = np.linalg.norm(poses.xy[0] - self.xy, axis=1)[self.is_labelled]
        return off / self.side_px

    def oks(self, poses: Poses) -> float:
        """Return COCO's object keypoint similarity: 1 is perfect."""
        off = self.errors(poses) * self.side_px
        sigma = OKS_SIGMAS[self.is_labelled] / 1000
        return float(np.exp(-(off**2) / (2 * self.area * (2 * sigma) ** 2)).mean())

    def count_near(self, poses: Poses) -> int:
        """Return how many points are within the box, extended by 5 % of its longer side."""
        left, top, width, height = self.box
        slack = 0.05 * self.side_px
        low = np.array([left - slack, top - slack])
        high = np.array([left + width + slack, top + height + slack])
        return int(((poses.xy[0] >= low) & (poses.xy[0] <= high)).all(axis=1).sum())


def largest_person(name: str) -> LabelledPerson:
    """Return the largest person of a COCO image, by the image's name without suffix."""
    annotated = json.loads((COCO / "test_coco.json").read_text(encoding="utf-8"))
    people = [person for person in annotated["annotations"] if person["image_id"] == int(name)]
    largest = max(people, key=lambda person: float(person["area"]))
    keypoints = np.array(largest["keypoints"], np.float64).reshape(17, 3)
    bgr = cv2.imread(str(COCO / f"{name}.jpg"))
    assert bgr is not None
    return LabelledPerson(
        bgr=bgr.astype(np.uint8, copy=False),
        xy=keypoints[:, :2],
        is_labelled=keypoints[:, 2] > 0,
        box=largest["bbox"],
        area=largest["area"],
    )
