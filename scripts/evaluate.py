"""How good a model is on pictures whose keypoints are known: COCO's AP, and the mean OKS.

    python scripts/evaluate.py PICTURES_FOLDER ANNOTATIONS.json [--models NAMES] [--whole | --boxes]

The annotations are COCO's (`person_keypoints_val2017.json`). AP, AP50, AP75 and AR are what
pycocotools makes of the poses, in hundredths. For OKS, poses are given to people one to one so that
the sum is the largest; whoever is left without a pose has 0; from 0.5 on, AP50's limit, somebody
counts as found.

"Whole picture" is what livepose finds in a photo: three looks with the smart crop for a model of
one person; poses that it takes for nobody are left out. "True boxes" is one look at each annotated
person's box, enlarged by 1.25 to a square.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import linear_sum_assignment

from coco_truth import Picture, Truth, precisions, read_truth
from livepose.core.errors import LivePoseError, OptionError
from livepose.core.frame import Frame
from livepose.core.interfaces import PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.models import load_model
from livepose.models.movenet import PEOPLE_PX
from livepose.motion import Estimator
from livepose.motion.tracking.similarity import oks
from livepose.session.image import PASSES
from livepose.session.motion_steps import motion_steps
from livepose.session.options import Options, PeopleOptions, Smooth, SourceOptions
from livepose.sources import ImageSource

BOX_ENLARGED = 1.25
FOUND_OKS = 0.5
FEW_PICTURES = 500


class Look(Enum):
    """What a model is shown."""

    WHOLE = "whole picture"
    BOXES = "true boxes"


@dataclass(frozen=True, slots=True)
class Row:
    """How good a model is; all but `found` and `people` are 0..1."""

    model: str
    look: str
    ap: float
    ap50: float
    ap75: float
    ar: float
    mean_oks: float
    """Over everybody."""
    mean_oks_of_found: float
    """Over those who are found; 0 where nobody is."""
    found: int
    people: int


def evaluate(name: str, model: PoseModel, look: Look, truth: Truth) -> Row:
    """Look at every picture, and measure what is found.

    Raises:
        SourceError: a picture cannot be read.
        RuntimeMissing: pycocotools is not installed.
    """
    console = Console(stderr=True)
    watched = track(
        truth.pictures,
        f"{name}, {look.value}",
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    found = [_find(model, look, picture) for picture in watched]
    pairs = zip(truth.pictures, found, strict=True)
    similar = np.concatenate([_own_oks(picture, poses) for picture, poses in pairs])
    is_found = similar >= FOUND_OKS
    return Row(
        name,
        look.value,
        *precisions(truth, found),
        mean_oks=float(similar.mean()),
        mean_oks_of_found=float(similar[is_found].mean()) if is_found.any() else 0.0,
        found=int(is_found.sum()),
        people=len(similar),
    )


def _find(model: PoseModel, look: Look, picture: Picture) -> Poses:
    with ImageSource(picture.path) as source:
        frame = next(iter(source))
    return _in_whole(model, frame) if look is Look.WHOLE else _in_boxes(model, frame, picture)


def _in_whole(model: PoseModel, frame: Frame) -> Poses:
    people = PeopleOptions(smooth=Smooth.NONE, swap_guard=False)
    options = Options(SourceOptions(image=Path()), people=people)
    steps = motion_steps(options, model.max_people)
    estimator = Estimator(model, steps=steps.immediate)
    passes = PASSES if model.max_people == 1 else 1
    return [estimator(replace(frame, time_s=n / 30)) for n in range(passes)][-1].poses


def _in_boxes(model: PoseModel, frame: Frame, picture: Picture) -> Poses:
    each = [Poses.empty()]
    for left, top, width, height in picture.box.tolist():
        side_px = BOX_ENLARGED * max(width, height)
        region = Region.square(left + width / 2, top + height / 2, side_px)
        each.append(model.estimate(frame.pixels, region))
    return Poses.from_keypoints(
        np.concatenate([poses.xy for poses in each]),
        np.concatenate([poses.score for poses in each]),
    )


def _own_oks(picture: Picture, poses: Poses) -> npt.NDArray[np.float64]:
    """Return (T,): the OKS of each person's pose; 0 for none."""
    similar = oks(picture.xy, picture.is_marked, picture.area_px, poses.xy)
    own = np.zeros(len(similar))
    rows, columns = linear_sum_assignment(similar, maximize=True)
    own[rows] = similar[rows, columns]
    return own


def rows_of(options: argparse.Namespace, truth: Truth) -> Iterator[Row]:
    """Evaluate one model after the other.

    Raises:
        LivePoseError: a model cannot be had, or a picture cannot be read.
    """
    for name in options.models.split(","):
        with load_model(name, options.runtime, people_px=options.people_size) as model:
            for look in options.looks:
                if look is Look.WHOLE or model.max_people == 1:
                    yield evaluate(name, model, look, truth)


def table_of(rows: Iterable[Row]) -> Table:
    """Lay the figures out for people: AP and AR in hundredths, as they are quoted."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for title in ("model", "shown"):
        table.add_column(title, no_wrap=True)
    for title in ("AP", "AP50", "AP75", "AR", "OKS", "found", "their OKS"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        hundredths = [f"{100 * part:.1f}" for part in (row.ap, row.ap50, row.ap75, row.ar)]
        found = f"{row.found} of {row.people}"
        cells = f"{row.mean_oks:.3f}", found, f"{row.mean_oks_of_found:.3f}"
        table.add_row(row.model, row.look, *hundredths, *cells)
    return table


def size_of(truth: Truth) -> str:
    """Return a sentence about how many images and people are compared."""
    pictures, people = len(truth.pictures), sum(len(picture.xy) for picture in truth.pictures)
    said = f"{pictures} pictures, {people} people with keypoints."
    if pictures >= FEW_PICTURES:
        return said
    return (
        f"{said} That is few: these figures tell whether something is broken, and not how good "
        "a model is. COCO's val2017 has 5000 pictures."
    )


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="COCO's AP and the mean OKS of models")
    parser.add_argument("pictures", type=Path, help="the folder with the pictures")
    parser.add_argument("annotations", type=Path, help="COCO's file of their keypoints")
    parser.add_argument("--models", default="lightning,thunder,multipose")
    parser.add_argument("--runtime", default="litert", help="litert, openvino, tensorflow or auto")
    parser.add_argument("--people-size", type=int, default=PEOPLE_PX, help="of multipose's input")
    shown = parser.add_mutually_exclusive_group()
    for look in Look:
        option, only = f"--{look.name.lower()}", f"only {look.value}"
        shown.add_argument(option, dest="looks", action="store_const", const=(look,), help=only)
    parser.add_argument("--json", action="store_true", help="print JSON, with all figures in 0..1")
    parser.set_defaults(looks=tuple(Look))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how much there is to go by, and the figures."""
    options = parsed(arguments)
    try:
        truth = read_truth(options.pictures, options.annotations)
        if not options.json:
            print(size_of(truth), flush=True)
        rows = list(rows_of(options, truth))
        if not rows:
            raise OptionError(
                "--boxes shows a model one person at a time: give another to --models"
            )
    except LivePoseError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    if options.json:
        people = sum(len(picture.xy) for picture in truth.pictures)
        facts = {"pictures": len(truth.pictures), "people": people}
        print(json.dumps(facts | {"rows": [asdict(row) for row in rows]}, indent=2))
    else:
        Console().print(table_of(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
