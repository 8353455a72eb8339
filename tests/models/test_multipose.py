"""MultiPose: one network for each aspect ratio, turned frames, and the real network."""

from __future__ import annotations

import dataclasses
import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel, Runtime
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Skeleton
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import (
    ModelRef,
    litert_file,
    resolve,
)
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import MultiPose, SinglePose
from livepose.models.progress import no_progress
from livepose.models.runtimes.litert import LiteRT
from livepose.motion.tracking.similarity import oks
from tests.support.coco import COCO_IMAGES, largest_person
from tests.support.models import FixedOutput, multipose_output, warm_cache, white_image
from tests.support.needs import SHARED, TFHUB, needs_npm, needs_openvino, needs_shared
from tests.support.tensorflow_poses import MULTIPOSE_IMAGE, tensorflow_poses

Size = tuple[int, int]


Edges = tuple[int, int, int, int]


PLACES: dict[str, tuple[Size, Size, Edges]] = {
    "16:9": ((1280, 720), (256, 160), (0, 8, 256, 152)),
    "4:3": ((640, 480), (256, 192), (0, 0, 256, 192)),
    "384 x 496": ((384, 496), (224, 256), (13, 0, 211, 256)),
    "9:16": ((720, 1280), (160, 256), (8, 0, 152, 256)),
    "square": ((500, 500), (256, 256), (0, 0, 256, 256)),
    "10:1": ((1000, 100), (256, 32), (0, 3, 256, 29)),
    "1:10": ((100, 1000), (32, 256), (3, 0, 29, 256)),
}
"""Sizes of a frame and of the input, and the left, top, right and bottom of the frame in it."""


shapes = pytest.mark.parametrize("shape", PLACES)


turns = pytest.mark.parametrize("quarter_turns", range(4))


class FixedLoader:
    """Loads a runtime with a fixed output for each size of input, and keeps it."""

    def __init__(self, output: FloatArray) -> None:
        self.loaded: dict[Size, FixedOutput] = {}
        self._output = output

    def __call__(self, input_px: Size) -> Runtime:
        assert input_px not in self.loaded
        self.loaded[input_px] = FixedOutput(self._output, (1, input_px[1], input_px[0], 3))
        return self.loaded[input_px]


class MarkFinder(Runtime):
    """Finds the white mark in an image: all keypoints are in its middle, and the box bounds it."""

    def __init__(self, width_px: int, height_px: int, several: bool) -> None:
        self._size_px = width_px, height_px
        self._finds_several = several

    @property
    def name(self) -> str:
        return "eye"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return 1, self._size_px[1], self._size_px[0], 3

    def run(self, rgb: UInt8Array) -> FloatArray:
        assert rgb.shape == self.input_shape
        grey = rgb[0, ..., 0].astype(np.float64)
        rows, columns = np.indices(grey.shape) + 0.5
        total = max(grey.sum(), 1.0)
        y, x = (rows * grey).sum() / total, (columns * grey).sum() / total
        point = (y / rows.shape[0], x / rows.shape[1], 0.5)
        bright_rows, bright_columns = np.nonzero(grey > 127)
        if not self._finds_several or not len(bright_rows):
            points = np.array(point * 17, np.float32)
            return points.reshape(1, 1, 17, 3) if not self._finds_several else multipose_output()
        low = bright_rows.min() / rows.shape[0], bright_columns.min() / rows.shape[1]
        high = (bright_rows.max() + 1) / rows.shape[0], (bright_columns.max() + 1) / rows.shape[1]
        return multipose_output(([point] * 17, [*low, *high], 0.5))

    def close(self) -> None:
        """Nothing is held."""


@dataclasses.dataclass(frozen=True)
class Mark:
    """A Gaussian spot, twice as wide as high: it has no edges that interpolation would blur."""

    x_px: float
    y_px: float
    sigma_px: float
    """Along y."""

    @classmethod
    def within(cls, width_px: int, height_px: int) -> Mark:
        """Return a mark to the left of the middle and above it."""
        return cls(0.37 * width_px, 0.39 * height_px, min(width_px, height_px) / 18)

    def on(self, width_px: int, height_px: int) -> Pixels:
        rows, columns = np.indices((height_px, width_px)) + 0.5
        across, down = (
            (columns - self.x_px) / (2 * self.sigma_px),
            (rows - self.y_px) / self.sigma_px,
        )
        grey = np.rint(255 * np.exp(-(across**2 + down**2) / 2)).astype(np.uint8)
        return BgrPixels(np.repeat(grey[..., None], 3, axis=2))

    @property
    def box(self) -> list[float]:
        """Left, top, right, bottom of where it is brighter than half."""
        reach_px = self.sigma_px * math.sqrt(2 * math.log(2))
        left, top = self.x_px - 2 * reach_px, self.y_px - reach_px
        return [left, top, self.x_px + 2 * reach_px, self.y_px + reach_px]


def turned(region: Region, quarter_turns: int) -> Region:
    return dataclasses.replace(region, quarter_turns=quarter_turns)


@shapes
def test_the_input_has_the_aspect_ratio_of_the_frame_and_the_region_contains_all_of_it(
    shape: str,
) -> None:
    (width_px, height_px), input_px, edges = PLACES[shape]
    loader = FixedLoader(multipose_output())
    model = MultiPose("fixed", loader)
    region = model.full_frame_region(width_px, height_px)
    assert region.width_px / region.height_px == pytest.approx(input_px[0] / input_px[1])
    assert region.left_px == pytest.approx((width_px - region.width_px) / 2)
    assert region.top_px == pytest.approx((height_px - region.height_px) / 2)
    assert region.left_px <= 1e-9 and region.top_px <= 1e-9
    model.estimate(BgrPixels(white_image(width_px, height_px)), region)
    assert list(loader.loaded) == [input_px]
    warm_up, seen = loader.loaded[input_px].asked
    assert not warm_up.any()
    assert warm_up.shape == seen.shape == (1, input_px[1], input_px[0], 3)
    left, top, right, bottom = edges
    expected = np.zeros_like(seen)
    expected[0, top:bottom, left:right] = 255
    assert np.array_equal(seen, expected)


@shapes
def test_keypoints_and_boxes_are_in_pixels_of_the_frame_without_padding(shape: str) -> None:
    (width_px, height_px), (across_px, down_px), (left, top, right, bottom) = PLACES[shape]
    low = top / down_px, left / across_px
    high = bottom / down_px, right / across_px
    middle = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    points = [(*low, 0.9), (*high, 0.8), (*middle, 0.7), (high[0], low[1], 0.6), (0.0, 0.0, 0.1)]
    output = multipose_output((points, [*low, *high], 0.75), (points[2:3], [*middle, *high], 0.5))
    model = MultiPose("fixed", FixedLoader(output))
    poses = model.estimate(
        BgrPixels(white_image(width_px, height_px)), model.full_frame_region(width_px, height_px)
    )
    assert len(poses) == model.max_people == 6
    expected = [[0, 0], [width_px, height_px], [width_px / 2, height_px / 2], [0, height_px]]
    assert poses.xy[0, :4] == pytest.approx(np.array(expected), abs=1e-3)
    scale = width_px / (right - left), height_px / (bottom - top)
    assert poses.xy[0, 4] == pytest.approx((-left * scale[0], -top * scale[1]), abs=1e-3)
    assert poses.box[0] == pytest.approx((0, 0, width_px, height_px), abs=1e-3)
    assert poses.box[1] == pytest.approx(
        (width_px / 2, height_px / 2, width_px, height_px), abs=1e-3
    )
    assert poses.score[0, :5].tolist() == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.1])
    assert poses.person_score.tolist() == pytest.approx([0.75, 0.5, 0, 0, 0, 0])


def test_each_of_six_people_has_17_keypoints_in_order() -> None:
    rows = [
        ([(n / 32, person / 8, (n + person) / 32) for n in range(17)], [0.0, 0.0, 1.0, 1.0], 0.5)
        for person in range(6)
    ]
    model = MultiPose("fixed", FixedLoader(multipose_output(*rows)))
    poses = model.estimate(BgrPixels(white_image(256, 256)), model.full_frame_region(256, 256))
    person, point = np.indices((6, 17))
    assert np.array_equal(poses.xy[..., 0], 32 * person)
    assert np.array_equal(poses.xy[..., 1], 8 * point)
    assert np.array_equal(poses.score, (person + point) / 32)
    assert np.array_equal(poses.raw_xy, poses.xy)
    assert poses.track_id.tolist() == [0] * 6 and not poses.swapped.any()


def test_the_shapes_follow_from_the_skeleton() -> None:
    arm = Skeleton(
        names=("left_shoulder", "left_elbow", "left_wrist"),
        bones=((0, 1), (1, 2)),
        oks_sigmas=(0.079, 0.072, 0.062),
    )
    output = np.zeros((1, 6, 3 * 3 + 5), np.float32)
    output[0, 0] = (*(0.0, 0.25, 0.9), *(0.5, 0.5, 0.8), *(1.0, 0.75, 0.7), *(0, 0, 1, 1), 0.6)
    model = MultiPose("arms", FixedLoader(output), skeleton=arm)
    poses = model.estimate(BgrPixels(white_image(256, 256)), model.full_frame_region(256, 256))
    assert model.skeleton is poses.skeleton is arm
    assert poses.xy[0].tolist() == [[64, 0], [128, 128], [192, 256]]
    assert poses.score[0].tolist() == pytest.approx([0.9, 0.8, 0.7])
    assert poses.box[0].tolist() == [0, 0, 256, 256]
    assert poses.person_score[0] == pytest.approx(0.6)
    other = MultiPose("people", FixedLoader(output))
    with pytest.raises(ModelError, match=r"its output is \(1, 6, 14\), \(1, 6, 56\) was expected"):
        other.warm_up(256, 256)


@pytest.mark.parametrize("people_px", [128, 256, 320, 512])
def test_the_sides_of_the_input_are_multiples_of_32_for_every_frame_size(people_px: int) -> None:
    random = np.random.default_rng(0)
    loader = FixedLoader(multipose_output())
    model = MultiPose("fixed", loader, people_px)
    for width_px, height_px in random.integers(8, 4000, (300, 2)).tolist():
        region = model.full_frame_region(width_px, height_px)
        assert region.left_px < 1e-6 and region.left_px + region.width_px > width_px - 1e-6
        assert region.top_px < 1e-6 and region.top_px + region.height_px > height_px - 1e-6
        # No more of it is black than a row of blocks, and a hair's breadth.
        used = width_px * height_px / (region.width_px * region.height_px)
        short_px = people_px * min(width_px, height_px) / max(width_px, height_px)
        assert used > min(1.0, short_px / (short_px + 32)) * 0.99
        model.warm_up(width_px, height_px)
    assert {size % 32 for input_px in loader.loaded for size in input_px} == {0}
    assert {max(input_px) for input_px in loader.loaded} == {people_px}
    assert len(loader.loaded) == 2 * people_px / 32 - 1


def test_a_network_is_loaded_once_for_each_aspect_ratio_and_closed_once() -> None:
    loader = FixedLoader(multipose_output())
    with MultiPose("several", loader) as model:
        assert (model.name, model.sha256(), loader.loaded) == ("several", "", {})
        model.warm_up(1280, 720)
        assert model.name == "several on FixedOutput"
        for width_px, height_px in ((1920, 1080), (640, 480), (640, 360), (320, 240)):
            model.estimate(
                BgrPixels(white_image(width_px, height_px)),
                model.full_frame_region(width_px, height_px),
            )
        assert list(loader.loaded) == [(256, 160), (256, 192)]
    model.close()
    assert [runtime.times_closed for runtime in loader.loaded.values()] == [1, 1]


@pytest.mark.parametrize("output_shape", [(1, 1, 17, 3), (1, 6, 57), (6, 56), (1, 10, 56), (1, 17)])
def test_a_network_with_another_output_is_refused_in_one_line_and_closed(
    output_shape: tuple[int, ...],
) -> None:
    loader = FixedLoader(np.zeros(output_shape, np.float32))
    model = MultiPose("my network", loader)
    with pytest.raises(ModelError, match="my network is not a MultiPose MoveNet: its output") as e:
        model.estimate(BgrPixels(white_image(640, 480)), model.full_frame_region(640, 480))
    assert str(output_shape) in str(e.value)
    assert len(str(e.value).splitlines()) == 1
    assert loader.loaded[256, 192].times_closed == 1
    model.close()
    assert loader.loaded[256, 192].times_closed == 1


def test_if_two_threads_load_a_network_at_once_one_of_them_is_closed() -> None:
    loaded: list[FixedOutput] = []
    both_load = threading.Barrier(2, timeout=30)
    answer = multipose_output(([(0.5, 0.25, 0.9)] * 17, [0.0, 0.0, 1.0, 1.0], 0.9))

    def load(input_px: Size) -> Runtime:
        runtime = FixedOutput(answer, (1, input_px[1], input_px[0], 3))
        both_load.wait()
        loaded.append(runtime)
        return runtime

    model = MultiPose("fixed", load)
    found: list[Poses] = []

    def estimate() -> None:
        pixels = BgrPixels(white_image(640, 480))
        found.extend(model.estimate(pixels, model.full_frame_region(640, 480)) for _ in range(3))

    threads = [threading.Thread(target=estimate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [poses.xy[0, 0].tolist() for poses in found] == [[160, 240]] * 6
    assert sorted(runtime.times_closed for runtime in loaded) == [0, 1]
    model.close()
    assert [runtime.times_closed for runtime in loaded] == [1, 1]


@turns
@shapes
def test_keypoints_and_boxes_are_at_the_mark_in_a_turned_frame_of_any_aspect_ratio(
    shape: str, quarter_turns: int
) -> None:
    (width_px, height_px), input_px, _ = PLACES[shape]
    asked: list[Size] = []

    def load(size_px: Size) -> Runtime:
        asked.append(size_px)
        return MarkFinder(*size_px, several=True)

    mark = Mark.within(width_px, height_px)
    with MultiPose("eye", load) as model:
        region = turned(model.full_frame_region(width_px, height_px), quarter_turns)
        poses = model.estimate(mark.on(width_px, height_px), region)
    assert asked == [input_px[::-1] if quarter_turns % 2 else input_px]
    pixel_px = max(region.width_px, region.height_px) / 256
    assert np.abs(poses.xy[0] - (mark.x_px, mark.y_px)).max() < 0.1 * pixel_px
    assert np.abs(poses.box[0] - mark.box).max() < 1.01 * pixel_px
    assert (poses.box[0, 2:] > poses.box[0, :2]).all()


@turns
@shapes
def test_the_keypoints_of_a_single_person_are_at_the_mark_too(
    shape: str, quarter_turns: int
) -> None:
    (width_px, height_px), _, _ = PLACES[shape]
    mark = Mark.within(width_px, height_px)
    close = Region.square(mark.x_px + 3, mark.y_px - 2, 16 * mark.sigma_px)
    with SinglePose("eye", MarkFinder(192, 192, several=False)) as model:
        for region in (model.full_frame_region(width_px, height_px), close):
            poses = model.estimate(mark.on(width_px, height_px), turned(region, quarter_turns))
            off_px = np.abs(poses.xy[0] - (mark.x_px, mark.y_px)).max()
            assert off_px < 0.1 * region.width_px / 192, region


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm_cache(tmp_path_factory.getbasetemp(), "multipose")


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache with the compiled networks, and that of TF Hub."""
    monkeypatch.setenv("LIVEPOSE_CACHE", str(cache))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))


@pytest.fixture(scope="module")
def multipose(cache: Path) -> Iterator[PoseModel]:
    """MultiPose on LiteRT, for images of 640 x 425 and 640 x 392."""
    with pytest.MonkeyPatch.context() as patch, load_model("multipose", "litert") as model:
        patch.setenv("LIVEPOSE_CACHE", str(cache))
        for width_px, height_px in ((640, 425), (640, 392)):
            model.warm_up(width_px, height_px)
        yield model


def coco_people(name: str) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the points, which of them are marked, the areas and the boxes of an image's people."""
    content = json.loads((SHARED / "coco" / "test_coco.json").read_text(encoding="utf-8"))
    those = [
        person
        for person in content["annotations"]
        if person["image_id"] == int(name) and person["num_keypoints"]
    ]
    points = np.array([person["keypoints"] for person in those], np.float32).reshape(-1, 17, 3)
    area_px = np.array([person["area"] for person in those], np.float32)
    box = np.array([person["bbox"] for person in those], np.float32)
    box[:, 2:] += box[:, :2]
    return points[..., :2], points[..., 2], area_px, box


def found_in(model: PoseModel, bgr: UInt8Array, quarter_turns: int = 0) -> Poses:
    height_px, width_px = bgr.shape[:2]
    region = turned(model.full_frame_region(width_px, height_px), quarter_turns)
    poses = model.estimate(BgrPixels(bgr), region)
    return poses[poses.person_score >= 0.25]


@needs_shared
@pytest.mark.parametrize(
    ("name", "people_found", "similar"),
    [
        # Measured: OKS 0.96; 0.70, 0.76; 0.91, 0.62, 0.94, 0; 0.67, 0, 0.71, 0.64, 0.62.
        (COCO_IMAGES[0], 1, [0.93]),
        (COCO_IMAGES[1], 2, [0.63, 0.70]),
        (COCO_IMAGES[2], 3, [0.87, 0.55, 0.90, 0]),
        (COCO_IMAGES[3], 4, [0.61, 0, 0.65, 0.58, 0.55]),
    ],
)
def test_the_people_of_a_coco_image_are_found_as_accurately_as_measured(
    name: str, people_found: int, similar: list[float], multipose: PoseModel
) -> None:
    poses = found_in(multipose, largest_person(name).bgr)
    xy, is_marked, area_px, box = coco_people(name)
    likeness = oks(xy, is_marked > 0, area_px, poses.xy)
    assert len(poses) == people_found
    assert (likeness.max(axis=1) >= similar).all(), likeness.max(axis=1)
    # The network's own boxes, of those who are found clearly: within a tenth of a side.
    is_clear = likeness.max(axis=1) > 0.9
    side_px = (box[:, 2:] - box[:, :2]).max(axis=1)
    off = np.abs(poses.box[likeness.argmax(axis=1)] - box).max(axis=1) / side_px
    assert (off[is_clear] < 0.1).all()


@needs_shared
@turns
def test_a_person_in_a_turned_image_is_found_at_the_right_place(
    quarter_turns: int, multipose: PoseModel
) -> None:
    truth = largest_person(COCO_IMAGES[0])
    height_px, width_px = truth.bgr.shape[:2]
    # Turned clockwise by as many quarters as the network's input is turned back.
    lying = np.ascontiguousarray(np.rot90(truth.bgr, -quarter_turns))
    poses = found_in(multipose, lying, quarter_turns)
    x, y = poses.xy[0, :, 0], poses.xy[0, :, 1]
    back = [(x, y), (y, height_px - x), (width_px - x, height_px - y), (width_px - y, x)]
    xy = np.stack(back[quarter_turns], axis=1)
    assert len(poses) == 1
    # Measured: 0.2 to 0.4 px; of an odd size another row or column is left out.
    assert np.median(np.abs(xy - found_in(multipose, truth.bgr).xy[0])) < 1.0
    expected_xy, is_marked, area_px, _ = coco_people(COCO_IMAGES[0])
    assert oks(expected_xy, is_marked > 0, area_px, xy[None])[0, 0] > 0.93


@needs_shared
def test_a_network_is_compiled_for_each_size_of_input(
    multipose: PoseModel, cache: Path, hub: None
) -> None:
    assert multipose.name == "multipose on LiteRT"
    assert len(multipose.sha256()) == 64
    keys = {entry.key for entry in ModelCache(cache).entries() if "multi" in entry.key}
    assert keys >= {"multipose-256x192", "multipose-256x160"}
    with RuntimeLoader(resolve("multipose"), threads=1).load((256, 160)) as runtime:
        assert (runtime.name, runtime.input_shape) == ("LiteRT", (1, 160, 256, 3))
        assert runtime.run(np.zeros((1, 160, 256, 3), np.uint8)).shape == (1, 6, 56)


@needs_shared
@pytest.mark.parametrize("callers", [2, 3])
def test_several_threads_at_once_get_the_same_as_one_alone(
    callers: int, multipose: PoseModel
) -> None:
    images = [largest_person(name).bgr for name in COCO_IMAGES]
    alone = [found_in(multipose, bgr) for bgr in images]
    starting = threading.Barrier(callers, timeout=30)
    at_once: dict[int, list[Poses]] = {}

    def estimate(caller: int) -> None:
        starting.wait()
        order = [(caller + n) % 4 for n in range(8)]
        at_once[caller] = [found_in(multipose, images[place]) for place in order]

    threads = [threading.Thread(target=estimate, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(at_once) == list(range(callers))
    for caller, found in at_once.items():
        for n, poses in enumerate(found):
            assert np.array_equal(poses.xy, alone[(caller + n) % 4].xy)
            assert np.array_equal(poses.box, alone[(caller + n) % 4].box)


@needs_shared
@needs_openvino
def test_openvino_finds_the_same_keypoints_in_float32(multipose: PoseModel, hub: None) -> None:
    bgr = largest_person(COCO_IMAGES[3]).bgr
    with load_model("multipose", "openvino", threads=1, frame_px=bgr.shape[1::-1]) as other:
        assert other.name == "multipose on OpenVINO"
        assert_same(found_in(other, bgr), found_in(multipose, bgr))


def assert_same(found: Poses, expected: Poses) -> None:
    assert len(found) == len(expected) > 0
    assert np.abs(found.xy - expected.xy).max() < 0.5
    assert np.abs(found.box - expected.box).max() < 0.5
    assert found.score == pytest.approx(expected.score, abs=0.01)


@needs_shared
def test_tensorflow_finds_the_same_keypoints(
    multipose: PoseModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = tensorflow_poses(tmp_path_factory.getbasetemp())
    assert found["multipose name"] == "multipose on TensorFlow"
    xy, box, person_score = (
        found[f"multipose {MULTIPOSE_IMAGE} {part}"] for part in ("xy", "box", "person_score")
    )
    expected = found_in(multipose, largest_person(Path(MULTIPOSE_IMAGE).stem).bgr)
    kept = person_score >= 0.25
    assert np.abs(xy[kept] - expected.xy).max() < 0.5
    assert np.abs(box[kept] - expected.box).max() < 0.5


@needs_shared
@needs_npm
def test_the_graph_from_npm_finds_the_same_keypoints_as_that_from_tf_hub(
    multipose: PoseModel, closed_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "empty"))
    store = ModelCache(tmp_path / "npm")
    spec = dataclasses.replace(MULTIPOSE, hub_url=f"{closed_url}/multipose")
    path = litert_file(ModelRef("multipose", spec=spec, input_px=(256, 160)), store, no_progress)
    assert path.name.startswith("multipose-256x160.npm.")
    kept = store.folder / "npm" / "multipose"
    assert sorted(file.suffix for file in kept.iterdir()) == [".bin", ".json"]
    with MultiPose("npm", lambda input_px: LiteRT(path, threads=1)) as other:
        for bgr in (
            largest_person(COCO_IMAGES[3]).bgr,
            largest_person(COCO_IMAGES[3]).bgr[:, ::-1].copy(),
        ):
            assert_same(found_in(other, bgr), found_in(multipose, bgr))
