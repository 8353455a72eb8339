"""Evaluate models on images with annotated keypoints: COCO's AP, the mean OKS, and PCK.

    python scripts/evaluate.py IMAGES_FOLDER ANNOTATIONS.json [--models NAMES]
        [--effort fast|best] [--copies N] [--whole | --everybody | --boxes]
    python scripts/evaluate.py --scene crowd [--size 1280x720] [--models NAMES] [--one]
        [--effort fast|best] [--smooth one-euro|butterworth|none]

The annotations are COCO's (`person_keypoints_val2017.json`). AP, AP50, AP75 and AR are computed by
pycocotools, and shown in hundredths. For OKS, poses are assigned to people one to one, so that the
sum is the largest; a person without a pose has 0, and counts as found from 0.5 on, as in AP50.

PCK is the share of shoulders, elbows, wrists, hips, knees and ankles that are no farther from the
truth than 0.05, 0.1 and 0.2 of the longer side of the person's box; those of people without a pose
count too.

With `--scene` the models are compared with the truth of a built-in scene of several people:
`multipose` as it is, others with `--people all` (`--one`: with `--people 1`), one frame in flight,
smoothed as files are unless told otherwise. MOTA, IDF1 and switches are those of multiple-object
tracking (a match has an OKS of 0.5); "error" is the mean distance of keypoints from the truth;
"least found" is the share of its frames in which the person is found who is missed most. Who is
shown by less than half, or is less than 60 px tall, need not be found. "Faces" is the share of
faces that `--blur-faces` hides of people who are shown by half; "after" says how many seconds later
the first time is, as the median and for who waits longest.

"Whole image" is what livepose finds in an image: three passes with the smart crop for a model of
one person, without poses of too low a score. "Everybody" is `--people all`: a model of one person
in the places that multipose finds. "True boxes" is one pass for each annotated person's box,
enlarged by 1.25 to a square. With `--effort best`, models of one person see each crop a second
time, mirrored, the two are averaged, and multipose looks for people at two sizes.

A slightly different crop can lose a person or find one. With few images, `--copies 9` says more: it
evaluates each image as it is and eight times with black borders of different widths, and shows the
means.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass, replace
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import linear_sum_assignment

from coco_truth import AnnotatedImage, Truth, precisions, read_truth
from livepose.core.errors import LivePoseError, OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep, PoseModel, Source
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.models import load_model
from livepose.models.movenet import PEOPLE_PX
from livepose.motion import Estimator
from livepose.motion.deferred import DeferredSteps
from livepose.motion.first_pass import FirstPass
from livepose.motion.frame_by_frame import FrameByFrameEstimator
from livepose.motion.step_chain import StepChain
from livepose.motion.tracking.similarity import oks
from livepose.session.decisions import takes_two_passes
from livepose.session.estimation import create_estimator
from livepose.session.image import PASSES, estimate_image
from livepose.session.kept_models import load_at_sizes
from livepose.session.motion_steps import backward_search, motion_steps
from livepose.session.options import (
    Effort,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
    StyleOptions,
)
from livepose.session.parsing import parse_size
from livepose.sources import ImageSource
from livepose.sources.synthetic.source import SyntheticSource
from scene_truth import SceneFigures, compare

FILE_WIDTH = 160
BOX_ENLARGED = 1.25
FOUND_OKS = 0.5
MAX_BORDER_PX = 40
FEW_IMAGES = 500
PCK_SHARES = (0.05, 0.1, 0.2)
LIMBS = slice(Keypoint.LEFT_SHOULDER, Keypoint.RIGHT_ANKLE + 1)


Border = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


class Scope(Enum):
    """Which part of an image a model is given."""

    WHOLE = "whole image"
    EVERYBODY = "everybody"
    BOXES = "true boxes"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one model; all but `found` and `people` are 0..1."""

    model: str
    scope: str
    ap: float
    ap50: float
    ap75: float
    ar: float
    mean_oks: float
    """Of all people."""
    mean_oks_of_found: float
    """Of those who are found; 0 if nobody is."""
    found: float
    people: int
    pck05: float
    pck10: float
    pck20: float


def evaluate(
    name: str,
    model: PoseModel,
    scope: Scope,
    truth: Truth,
    detector: PoseModel | None = None,
    copies: int = 1,
) -> Row:
    """Estimate the poses in every image, and compare them with the annotations.

    Args:
        name: Of the model.
        model: Evaluated.
        scope: Which part of the images it is given.
        truth: The images.
        detector: Finds people for a model of one person, to evaluate everybody.
        copies: How often each image is evaluated, from the second time on with other borders.

    Raises:
        SourceError: If an image cannot be read.
        RuntimeMissing: If pycocotools is not installed.
    """
    console = Console(stderr=True)
    rows = []
    for border in _borders(copies):
        images = track(
            truth.images,
            f"{name}, {scope.value}",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        found = [_find(model, scope, image, detector, border) for image in images]
        rows.append(_compare(name, scope, truth, found))
    if copies == 1:
        return rows[0]
    means = np.mean([astuple(row)[2:] for row in rows], axis=0).tolist()
    return replace(Row(name, scope.value, *means), people=rows[0].people)


def _borders(copies: int) -> Iterator[Border]:
    """Yield no border, and then some of different widths."""
    generator = np.random.default_rng(0)
    yield (0, 0, 0, 0)
    for _ in range(copies - 1):
        left, top, right, bottom = generator.integers(0, MAX_BORDER_PX, 4).tolist()
        yield left, top, right, bottom


def _compare(name: str, scope: Scope, truth: Truth, found: Sequence[Poses]) -> Row:
    pairs = [_people_of(image, poses) for image, poses in zip(truth.images, found, strict=True)]
    similar = np.concatenate([oks_of_people for oks_of_people, _ in pairs])
    errors = np.concatenate([errors_of_limbs for _, errors_of_limbs in pairs])
    pck = [float((errors <= share).mean()) if len(errors) else 0.0 for share in PCK_SHARES]
    is_found = similar >= FOUND_OKS
    return Row(
        name,
        scope.value,
        *precisions(truth, found),
        mean_oks=float(similar.mean()),
        mean_oks_of_found=float(similar[is_found].mean()) if is_found.any() else 0.0,
        found=int(is_found.sum()),
        people=len(similar),
        pck05=pck[0],
        pck10=pck[1],
        pck20=pck[2],
    )


def _find(
    model: PoseModel,
    scope: Scope,
    image: AnnotatedImage,
    detector: PoseModel | None,
    border: Border,
) -> Poses:
    """Return the people in an image, where they are without its border."""
    left, top, right, bottom = border
    with ImageSource(image.path) as source:
        frame = next(iter(source))
    if any(border):
        bgr = cv2.copyMakeBorder(frame.bgr, top, bottom, left, right, cv2.BORDER_CONSTANT)
        frame = Frame.from_bgr(np.asarray(bgr, np.uint8), index=0, time_s=0.0)
    if scope is Scope.EVERYBODY:
        poses = _everybody(model, detector, frame)
    elif scope is Scope.WHOLE:
        poses = _in_whole(model, frame)
    else:
        corner_px = np.array((left, top, 0, 0))
        poses = _in_boxes(model, frame, replace(image, box=image.box + corner_px))
    return replace(poses, xy=poses.xy - np.array((left, top), np.float32))


def _in_whole(model: PoseModel, frame: Frame) -> Poses:
    people = PeopleOptions(smooth=Smooth.NONE, swap_guard=False)
    options = Options(SourceOptions(image=Path()), people=people)
    steps = motion_steps(options, model.max_people)
    estimator = Estimator(model, steps=steps.immediate)
    passes = PASSES if model.max_people == 1 else 1
    return [estimator(replace(frame, time_s=n / 30)) for n in range(passes)][-1].poses


def _everybody(model: PoseModel, detector: PoseModel | None, frame: Frame) -> Poses:
    people = PeopleOptions(max_people=None, smooth=Smooth.NONE, swap_guard=False)
    options = Options(SourceOptions(image=Path()), people=people)
    steps = motion_steps(options, model.max_people)
    return estimate_image(options, frame, model, detector, steps).poses


def _in_boxes(model: PoseModel, frame: Frame, image: AnnotatedImage) -> Poses:
    each = [Poses.empty()]
    for left, top, width, height in image.box.tolist():
        side_px = BOX_ENLARGED * max(width, height)
        region = Region.square(left + width / 2, top + height / 2, side_px)
        each.append(model.estimate(frame.pixels, region))
    return Poses.from_keypoints(
        np.concatenate([poses.xy for poses in each]),
        np.concatenate([poses.score for poses in each]),
    )


def _people_of(
    image: AnnotatedImage, poses: Poses
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the OKS of each person's pose, 0 for none, and the errors of all their limb joints.

    The errors are over the longer side of the box; infinite for a person without a pose.
    """
    similar = oks(image.xy, image.is_marked, image.area_px, poses.xy)
    own = np.zeros(len(similar))
    errors = np.full(image.is_marked.shape, np.inf)
    rows, columns = linear_sum_assignment(similar, maximize=True)
    own[rows] = similar[rows, columns]
    sides_px = image.box[rows, 2:].max(axis=1, initial=1)[:, None]
    errors[rows] = np.linalg.norm(image.xy[rows] - poses.xy[columns], axis=2) / sides_px
    return own, errors[:, LIMBS][image.is_marked[:, LIMBS]]


def rows_of(options: argparse.Namespace, truth: Truth) -> Iterator[Row]:
    """Evaluate one model after the other.

    Raises:
        LivePoseError: If a model cannot be loaded, or an image cannot be read.
    """
    with _detector(options) as detector:
        for name in options.models.split(","):
            with load_model(
                name,
                options.runtime,
                people_px=options.people_size,
                mirrored=options.effort is Effort.BEST,
            ) as model:
                for scope in options.scopes:
                    if scope is Scope.WHOLE or model.max_people == 1:
                        yield evaluate(name, model, scope, truth, detector, options.copies)


def table_of(rows: Iterable[Row]) -> Table:
    """Return a table of the figures, with AP and AR in hundredths, as they are usually quoted."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for title in ("model", "scope"):
        table.add_column(title, no_wrap=True)
    pck = [f"PCK{share:g}".replace("0.", ".") for share in PCK_SHARES]
    for title in ("AP", "AP50", "AP75", "AR", "OKS", "found", "their OKS", *pck):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        hundredths = [f"{100 * part:.1f}" for part in (row.ap, row.ap50, row.ap75, row.ar)]
        found = f"{row.found:.3g} of {row.people}"
        cells = f"{row.mean_oks:.3f}", found, f"{row.mean_oks_of_found:.3f}"
        pck = [f"{share:.3f}" for share in (row.pck05, row.pck10, row.pck20)]
        table.add_row(row.model, row.scope, *hundredths, *cells, *pck)
    return table


def scene_rows(options: argparse.Namespace) -> Iterator[tuple[str, SceneFigures]]:
    """Compare one model after the other with the truth of a scene.

    Raises:
        LivePoseError: If there is no such scene, or if a model cannot be loaded.
    """
    size_px = parse_size(options.size)
    rate = 30
    for name in options.models.split(","):
        with ExitStack() as stack:
            source = SyntheticSource(
                *size_px, scene=options.scene, frame_count=round(rate * options.seconds)
            )
            mirrored = options.effort is Effort.BEST
            model = load_model(name, options.runtime, mirrored=mirrored)
            stack.enter_context(model)
            people, detector = PeopleOptions(smooth=options.smooth or Smooth.BUTTERWORTH), None
            if model.max_people == 1 and not options.one:
                people = replace(people, max_people=None)
                detector = stack.enter_context(_detector(options))
            run_options = Options(
                SourceOptions(demo=True),
                OutputOptions(show=False),
                ModelOptions(name, effort=options.effort),
                people=people,
                style=StyleOptions(blur_faces=True),
            )
            steps = motion_steps(run_options, model.max_people, model)
            if takes_two_passes(run_options, model.max_people):
                finder = create_estimator(run_options, model, detector, ())
                first = stack.enter_context(FirstPass(backward_search(run_options, model)))
                results = _in_two_passes(source, finder, first, steps.immediate)
            else:
                estimator = create_estimator(run_options, model, detector, steps.immediate)
                results = map(estimator, source)
            yield name, compare(source, _finished(results, steps.deferred))


def _in_two_passes(
    source: Source,
    finder: FrameByFrameEstimator,
    first: FirstPass,
    steps: Sequence[MotionStep],
) -> Iterator[PosedFrame]:
    """Find everybody, decide who is who, and yield the results of a second pass."""
    for frame in source:
        first.push(finder(frame))
    first.finish()
    yield from map(StepChain(steps), map(first.recall, source))


def _finished(
    results: Iterable[PosedFrame], deferred: DeferredSteps | None
) -> Iterator[PosedFrame]:
    """Yield results as they are written, those that wait for later frames included."""
    if deferred is None:
        yield from results
        return
    for posed in results:
        yield from deferred.push(posed)
    yield from deferred.flush()


def _detector(options: argparse.Namespace) -> PoseModel:
    """Load what finds several people, at two sizes with the best effort."""

    def load_at(people_px: int) -> PoseModel:
        return load_model("multipose", options.runtime, people_px=people_px)

    model = ModelOptions(people_px=options.people_size, effort=options.effort)
    return load_at_sizes(model, "multipose", load_at)


def scene_table(rows: Iterable[tuple[str, SceneFigures]]) -> Table:
    """Return a table of the figures of a scene."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("model", no_wrap=True)
    for title in ("MOTA", "IDF1", "switches", "OKS", "error px", "least found", "faces", "after s"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, each in rows:
        shares = each.mota, each.idf1, each.mean_oks, each.worst_found
        mota, idf1, mean_oks, worst = (f"{share:.3f}" for share in shares)
        error = f"{each.mean_error_px:.2f}"
        faces = f"{each.faces.hidden:.3f}"
        after = f"{each.faces.first_hidden_s:.2f} to {each.faces.last_hidden_s:.2f}"
        table.add_row(name, mota, idf1, str(each.switches), mean_oks, error, worst, faces, after)
    return table


def describe(truth: Truth) -> str:
    """Return a sentence about how many images and people are compared."""
    images, people = len(truth.images), sum(len(image.xy) for image in truth.images)
    counts = f"{images} images, {people} people with keypoints."
    if images >= FEW_IMAGES:
        return counts
    return (
        f"{counts} That is few: these figures show whether something is broken, but not how good "
        "a model is. COCO's val2017 has 5000 images."
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="COCO's AP and the mean OKS of models")
    parser.add_argument("images", type=Path, nargs="?", help="the folder with the images")
    parser.add_argument(
        "annotations", type=Path, nargs="?", help="COCO's file of their annotations"
    )
    parser.add_argument("--scene", help="a built-in scene in place of images")
    parser.add_argument("--size", default="1280x720", help="of the scene's frames")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the scene")
    parser.add_argument("--one", action="store_true", help="find one person in the scene")
    parser.add_argument("--smooth", type=Smooth, help="the scene's poses")
    parser.add_argument("--models", default="lightning,thunder,multipose")
    parser.add_argument("--runtime", default="litert", help="litert, openvino, tensorflow or auto")
    parser.add_argument("--people-size", type=int, default=PEOPLE_PX, help="of multipose's input")
    parser.add_argument("--copies", type=int, default=1, help="evaluate each image N times")
    parser.add_argument("--effort", type=Effort, default=Effort.FAST, help="fast or best")
    group = parser.add_mutually_exclusive_group()
    for scope in Scope:
        option, only = f"--{scope.name.lower()}", f"only {scope.value}"
        group.add_argument(option, dest="scopes", action="store_const", const=(scope,), help=only)
    parser.add_argument("--json", action="store_true", help="print JSON, with all figures in 0..1")
    parser.set_defaults(scopes=tuple(Scope))
    options = parser.parse_args(arguments)
    if (options.scene is None) == (options.annotations is None):
        parser.error("give a folder of images and their annotations, or a --scene")
    return options


def print_table(table: Table) -> None:
    """Print a table, whole also where it goes to a file."""
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how many images and people there are, and the figures."""
    options = parse(arguments)
    try:
        if options.scene is not None:
            figures = list(scene_rows(options))
            if options.json:
                print(json.dumps({name: asdict(each) for name, each in figures}, indent=2))
            else:
                print_table(scene_table(figures))
            return 0
        truth = read_truth(options.images, options.annotations)
        if not options.json:
            print(describe(truth), flush=True)
        rows = list(rows_of(options, truth))
        if not rows:
            raise OptionError(
                f"--{options.scopes[0].name.lower()} gives a model one person at a time: use "
                "another one for --models"
            )
    except LivePoseError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    if options.json:
        people = sum(len(image.xy) for image in truth.images)
        counts = {"images": len(truth.images), "people": people}
        print(json.dumps(counts | {"rows": [asdict(row) for row in rows]}, indent=2))
    else:
        print_table(table_of(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
