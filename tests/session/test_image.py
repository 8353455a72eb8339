"""One image: its keypoints, its annotated copy, and what cannot be read or written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.errors import OptionError, SinkError, SourceError, TargetExists
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep, PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.draw import paint
from livepose.models import load_model
from livepose.motion import Select
from livepose.session.image import PASSES, analyze_image, annotate, estimate_image
from livepose.session.motion_steps import motion_steps
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    SourceOptions,
    StyleOptions,
)
from tests.support.colors import LEFT_BGR, near_color
from tests.support.fakes import SlowModel
from tests.support.media import Picture, corners_of, numbered
from tests.support.models import warm_cache
from tests.support.needs import SHARED, needs_shared
from tests.support.programs import RunInProcess

COCO = SHARED / "coco"
TENNIS = "000000000785.jpg"
ROW = re.compile(r"^([a-z_]+) +(-?[\d.]+) +(-?[\d.]+) +([\d.]+)$")


@pytest.fixture
def warm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compiled Lightning, for this process and its children."""
    folder = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(folder))
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "here"
    folder.mkdir()
    yield folder


def save(path: Path, bgr: Picture) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, bgr)[1].tobytes())
    return path


def read(path: Path) -> Picture:
    bgr = cv2.imread(str(path))
    assert bgr is not None, f"{path} cannot be read"
    return bgr.astype(np.uint8, copy=False)


def slow_model(name: str) -> PoseModel:
    return SlowModel()


def forbidden(name: str) -> PoseModel:
    raise AssertionError("a model was loaded for an image that is refused")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def truth_of(name: str) -> tuple[list[float], Picture]:
    """Read COCO's answer for the largest person: the box, and (17, 3) x, y, visibility."""
    data = json.loads((COCO / "test_coco.json").read_text())
    number = next(image["id"] for image in data["images"] if image["file_name"] == name)
    people = [one for one in data["annotations"] if one["image_id"] == number]
    person = max(people, key=lambda one: float(one["area"]))
    return person["bbox"], np.array(person["keypoints"], float).reshape(17, 3)


# With the real network.


@needs_shared
@pytest.mark.parametrize("kind", ["text", "path", "array", "frame"])
def test_the_library_finds_the_same_points_as_the_command(
    kind: str, warm: Path, here: Path
) -> None:
    path = Path(shutil.copy(COCO / TENNIS, here / "tennis.jpg"))
    by_command = annotate(Options(SourceOptions(image=path)))
    images: dict[str, Any] = {
        "text": str(path),
        "path": path,
        "array": read(path),
        "frame": Frame.from_bgr(read(path)),
    }
    posed = analyze_image(images[kind], angles="knee")
    assert np.array_equal(posed.poses.xy, by_command.poses.xy)
    assert np.array_equal(posed.poses.score, by_command.poses.score)
    assert posed.angles.names == ("left_knee", "right_knee")
    assert posed.frame.bgr.shape == read(path).shape


@needs_shared
def test_many_images_share_one_model(warm: Path) -> None:
    paths = sorted(COCO.glob("*.jpg"))[:3]
    with load_model("lightning") as model:
        found = [analyze_image(path, model).poses.xy for path in paths]
        again = analyze_image(paths[0], model).poses.xy
    assert np.array_equal(again, found[0])


def test_an_image_that_is_missing_or_empty_is_refused_before_a_model_is_loaded(
    here: Path,
) -> None:
    nothing: Any = None
    with pytest.raises(SourceError, match="no file"):
        analyze_image(here / "missing.jpg", "a model that is not there")
    with pytest.raises(SourceError, match="no image"):
        analyze_image(nothing, "a model that is not there")
    with pytest.raises(OptionError, match="ankles"):
        analyze_image(np.zeros((9, 9, 3), np.uint8), angles="ankles")


@needs_shared
def test_a_picture_gives_17_lines_and_an_annotated_copy_beside_it(
    warm: Path, here: Path, run_in_process: RunInProcess
) -> None:
    shutil.copy(COCO / TENNIS, here / "tennis.jpg")
    run = run_in_process("--image", "tennis.jpg", cwd=here)
    assert run.returncode == 0, run.stderr
    assert "wrote tennis_pose.png" in run.stderr
    header, *lines = run.stdout.splitlines()
    assert header.split() == ["keypoint", "x", "y", "score"]
    rows = [match.groups() for line in lines if (match := ROW.match(line))]
    assert [row[0] for row in rows] == list(COCO_SKELETON.names)
    assert len(lines) == 17
    xy = np.array([row[1:3] for row in rows], float)
    score = np.array([row[3] for row in rows], float)
    (left, top, width, height), keypoints = truth_of(TENNIS)
    is_marked = keypoints[:, 2] > 0
    away_px = np.linalg.norm(xy - keypoints[:, :2], axis=1)[is_marked]
    assert np.median(away_px) < 0.03 * height
    assert score.mean() > 0.4 and score.max() <= 1
    assert (xy > (left - 30, top - 30)).all() and (
        xy < (left + width + 30, top + height + 30)
    ).all()
    before, after = (read(here / name) for name in ("tennis.jpg", "tennis_pose.png"))
    assert before.shape == after.shape
    changed = np.abs(before.astype(int) - after).max(axis=2) > 40
    assert changed.sum() > 1000
    ys, xs = np.nonzero(changed)
    assert left - 20 < xs.min() and xs.max() < left + width + 20
    assert top - 20 < ys.min() and ys.max() < top + height + 20
    assert near_color(after, LEFT_BGR, by=20).sum() > 100


@needs_shared
def test_a_second_run_is_refused_unless_it_may_overwrite(
    warm: Path, here: Path, run_in_process: RunInProcess
) -> None:
    shutil.copy(COCO / TENNIS, here / "tennis.jpg")
    assert run_in_process("--image", "tennis.jpg", cwd=here).returncode == 0
    content = (here / "tennis_pose.png").read_bytes()
    refused = run_in_process("--image", "tennis.jpg", "--mirror", cwd=here)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "--overwrite" in refused.stderr
    assert (here / "tennis_pose.png").read_bytes() == content
    replaced = run_in_process("--image", "tennis.jpg", "--mirror", "--overwrite", cwd=here)
    assert replaced.returncode == 0
    assert (here / "tennis_pose.png").read_bytes() != content
    assert names(here) == ["tennis.jpg", "tennis_pose.png"]


@needs_shared
def test_at_threshold_1_the_copy_is_the_picture(
    warm: Path, here: Path, run_in_process: RunInProcess
) -> None:
    shutil.copy(COCO / TENNIS, here / "tennis.jpg")
    run = run_in_process("--image", "tennis.jpg", "--threshold", "1", "--out", "copy.png", cwd=here)
    assert run.returncode == 0, run.stderr
    assert np.array_equal(read(here / "tennis.jpg"), read(here / "copy.png"))


@needs_shared
def test_where_nobody_is_nothing_is_listed_or_drawn(
    warm: Path, here: Path, run_in_process: RunInProcess
) -> None:
    save(here / "grey.png", np.full((200, 300, 3), 128, np.uint8))
    run = run_in_process("--image", "grey.png", cwd=here)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert "nobody" in run.stderr
    assert np.array_equal(read(here / "grey.png"), read(here / "grey_pose.png"))


def image_options(
    image: Path, out: Path | None = None, *, overwrite: bool = False, crop: bool = True
) -> Options:
    return Options(
        SourceOptions(image=image),
        OutputOptions(out=out, overwrite=overwrite),
        ModelOptions(crop=crop),
    )


@needs_shared
def test_closer_passes_find_the_same_person_at_least_as_well(warm: Path, here: Path) -> None:
    _, keypoints = truth_of(TENNIS)
    is_marked = keypoints[:, 2] > 0
    errors_px = {}
    for crop in (False, True):
        result = annotate(image_options(COCO / TENNIS, here / f"{crop}.png", crop=crop), load_model)
        away_px = np.linalg.norm(result.poses.xy[0] - keypoints[:, :2], axis=1)[is_marked]
        errors_px[crop] = float(np.median(away_px))
    assert errors_px[True] <= errors_px[False] + 1


# With any network.


def test_one_photo_has_one_value_of_each_angle(here: Path) -> None:
    options = image_options(save(here / "a.png", numbered(5, 640, 480)))
    options = replace(options, data=DataOptions(angles=("left_knee", "right_knee")))

    class MovingModel(SlowModel):
        """Finds a knee that is bent more in each pass."""

        def find(self, pixels: Pixels, region: Region) -> Poses:
            poses = super().find(pixels, region)
            xy = poses.xy.copy()
            xy[0, Keypoint.LEFT_HIP] += (0, -50)
            xy[0, Keypoint.LEFT_ANKLE] += (20 * len(self.asked), 50)
            return replace(poses, xy=xy)

    result = annotate(options, lambda name: MovingModel())
    degrees = result.posed.angles.degrees[0, 0].item()
    assert degrees > 40  # that of the last pass
    label = result.posed.overlays.labels[0]
    assert (label.text, label.note) == (f"{round(degrees)}°", "")


def test_the_copy_is_the_painted_picture_exactly(here: Path) -> None:
    picture = save(here / "a.png", numbered(5, 160, 120))
    result = annotate(image_options(picture), slow_model)
    assert result.saved == here / "a_pose.png"
    saved = read(result.saved)
    assert np.array_equal(saved, result.painted.bgr)
    assert np.array_equal(saved, paint(result.posed).bgr)
    assert np.array_equal(read(picture), result.posed.frame.bgr)
    assert len(result.poses) == 1


def test_there_are_closer_passes_where_somebody_was_and_one_pass_without_crop(here: Path) -> None:
    picture = save(here / "a.png", numbered(5, 640, 480))
    closely, once = SlowModel(), SlowModel()
    annotate(image_options(picture, here / "1.png"), lambda name: closely)
    annotate(image_options(picture, here / "2.png", crop=False), lambda name: once)
    assert len(closely.asked) == PASSES + 1  # the first pass looks twice
    assert closely.asked[0].width_px >= 640
    assert all(region.width_px < 640 for region in closely.asked[1:])
    assert len(once.asked) == 1


def test_to_select_one_of_several_a_detector_is_loaded_and_two_passes_are_added(
    here: Path,
) -> None:
    class SlowDetector(SlowModel):
        @property
        def max_people(self) -> int:
            return 6

    models: dict[str, SlowModel] = {"lightning": SlowModel(), "multipose": SlowDetector()}
    options = image_options(save(here / "a.png", numbered(5, 640, 480)))
    options = replace(options, people=PeopleOptions(select=Select.LARGEST))
    result = annotate(options, lambda name: models[name])
    assert [len(model.asked) for model in models.values()] == [PASSES + 2, 1]
    assert len(result.poses) == 1


def test_the_passes_over_an_image_have_times_of_their_own_whether_or_not_it_has_one() -> None:
    class Times(MotionStep):
        def __call__(self, posed: PosedFrame) -> PosedFrame:
            times_s.append(round(posed.frame.time_s, 3))
            return posed

        def reset(self) -> None:
            """Nothing is remembered."""

    times_s: list[float] = []
    options = Options(SourceOptions(image=Path("a.png")))
    steps = replace(motion_steps(options, 1), following=(Times(),))
    frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    estimate_image(options, frame, SlowModel(), None, steps)
    assert times_s == [round(number / 30, 3) for number in range(PASSES)]


def test_a_style_is_followed(here: Path) -> None:
    picture = save(here / "a.png", numbered(5, 160, 120))
    style = StyleOptions(mirror=True, min_score=0.95)
    mirrored = annotate(replace(image_options(picture), style=style), slow_model)
    assert corners_of(mirrored.painted.bgr) == "grwb"
    assert np.array_equal(mirrored.painted.bgr, mirrored.posed.frame.bgr[:, ::-1])


def test_it_warns_that_the_faces_of_others_stay_visible(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = save(here / "a.png", numbered(5, 160, 120))
    annotate(replace(image_options(image), style=StyleOptions(blur_faces=True)), slow_model)
    assert "only 1 face is blurred" in caplog.text


# What is refused before a model is loaded.


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0" + bytes(99)])
def test_what_cannot_be_decoded_is_refused(content: bytes, here: Path) -> None:
    (here / "bad.jpg").write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.jpg is not an image"):
        annotate(image_options(here / "bad.jpg"), forbidden)
    assert names(here) == ["bad.jpg"]


def test_a_target_that_cannot_be_is_refused(here: Path) -> None:
    picture = save(here / "a.png", numbered(5, 160, 120))
    (here / "there.png").write_bytes(b"precious")
    with pytest.raises(OptionError, match="must end in"):
        annotate(image_options(picture, here / "x.mp4"), forbidden)
    with pytest.raises(OptionError, match="is the input"):
        annotate(image_options(picture, picture, overwrite=True), forbidden)
    with pytest.raises(SinkError, match="there is no folder"):
        annotate(image_options(picture, here / "gone" / "x.png"), forbidden)
    with pytest.raises(TargetExists, match="--overwrite"):
        annotate(image_options(picture, here / "there.png"), forbidden)
    assert names(here) == ["a.png", "there.png"]
    assert (here / "there.png").read_bytes() == b"precious"


def test_a_folder_in_the_targets_place_is_refused_and_nothing_left_beside_it(here: Path) -> None:
    picture = save(here / "a.png", numbered(5, 160, 120))
    (here / "x.png").mkdir()
    with pytest.raises(SinkError):
        annotate(image_options(picture, here / "x.png", overwrite=True), slow_model)
    assert names(here) == ["a.png", "x.png"]
