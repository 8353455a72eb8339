"""A model with 33 keypoints goes all the way: from frames to windows, files and other programs.

What each step makes of other skeletons is tested with that step. Here one recording of two people
with hands and feet goes through all of them, as a run of the program would send it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import orjson
import pandas
import pytest
from pythonosc.osc_bundle import OscBundle
from websockets.sync.client import connect

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.arrays import FloatArray
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import MotionStep, Source
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Side, Skeleton
from livepose.draw import Background, ByPerson, OneColor, Style, paint
from livepose.export import FORMATS, RecordingMetadata, open_exporter
from livepose.export.jsonl import frame_line
from livepose.export.jsonl_reader import open_pose_file, read_jsonl
from livepose.export.trc import marker_names
from livepose.motion import Estimator, Select, SubjectSelector, SwapGuard, Tracker
from livepose.motion.deferred import DeferredSteps
from livepose.motion.face_regions import FaceRegions
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.trails import Trails
from livepose.pipeline import Pipeline
from livepose.send import open_sender
from livepose.session.replay import ReplayEstimator
from tests.support.fakes import PictureModel
from tests.support.painting import SIDE_COLORS, color_at
from tests.support.sending import udp_receiver, udp_url
from tests.support.servers import free_port
from tests.support.skeletons import FULL_BODY_SKELETON, standing_person

WIDTH_PX, HEIGHT_PX, RATE, COUNT = 640, 480, 30, 30
NOSES_PX = (160.0, 480.0)
SWAPPED_FRAMES = range(15, 18)
LEGS = ("hip", "knee", "ankle", "heel", "foot_index")
ANGLES = ("left_knee", "right_elbow")
LEFT_TOE = FULL_BODY_SKELETON.index("left_foot_index")
RIGHT_TOE = FULL_BODY_SKELETON.index("right_foot_index")
TOES = ("left_foot_index", "right_foot_index")


class Walkers(Source):
    """Grey frames; the first pixel is the number of the frame."""

    @property
    def info(self) -> StreamInfo:
        rate = Fraction(RATE)
        return StreamInfo(
            "walk.mp4", WIDTH_PX, HEIGHT_PX, False, rate, COUNT, path=Path("walk.mp4")
        )

    def __iter__(self) -> Iterator[Frame]:
        for number in range(COUNT):
            bgr = np.full((HEIGHT_PX, WIDTH_PX, 3), 90, np.uint8)
            bgr[0, 0] = number
            yield Frame.from_bgr(bgr, number, number / RATE)

    def close(self) -> None:
        """Nothing is held."""


def truth(number: int) -> FloatArray:
    """Return where the keypoints of both people are in a frame: (2, 33, 2)."""
    people = [standing_person(FULL_BODY_SKELETON, x + 2 * number) for x in NOSES_PX]
    return np.concatenate([person.xy for person in people])


class FullBodyModel(PictureModel):
    """Finds both people, in turns in another order; confuses the legs of one in a few frames."""

    name = "full-body"
    max_people = 2

    @property
    def skeleton(self) -> Skeleton:
        return FULL_BODY_SKELETON

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        number = int(pixels.bgr()[0, 0, 0])
        xy = truth(number)
        if number in SWAPPED_FRAMES:
            for joint in LEGS:
                pair = [self.skeleton.index(f"{side}_{joint}") for side in ("left", "right")]
                xy[0, pair] = xy[0, pair[::-1]]
        score = np.full(xy.shape[:2], 0.9, np.float32)
        found = Poses.from_keypoints(xy, score, self.skeleton)
        return found[np.array((1, 0))] if number % 2 else found

    def close(self) -> None:
        """Nothing is held."""


def all_steps() -> list[MotionStep]:
    steps: list[MotionStep] = [Tracker(), SwapGuard(), OneEuro(), SubjectSelector()]
    return [*steps, AngleMeter(ANGLES, labels=True), FaceRegions(), Trails(TOES)]


def run(steps: Sequence[MotionStep]) -> list[PosedFrame]:
    with Pipeline(Walkers(), Estimator(FullBodyModel(), steps=steps)) as pipeline:
        return list(pipeline)


@pytest.fixture(scope="module")
def results() -> list[PosedFrame]:
    """The two people in all frames, through every motion step."""
    return run(all_steps())


def by_id(poses: Poses) -> Poses:
    return poses[np.argsort(poses.track_id)]


def row_of(name: str) -> int:
    return FULL_BODY_SKELETON.index(name)


RECORDING = RecordingMetadata(
    Walkers().info, "full-body", angle_names=ANGLES, skeleton=FULL_BODY_SKELETON
)


def test_both_people_keep_their_ids_and_places_through_every_motion_step(
    results: list[PosedFrame],
) -> None:
    assert [posed.frame.index for posed in results] == list(range(COUNT))
    for number, posed in enumerate(results):
        assert posed.poses.skeleton is FULL_BODY_SKELETON
        assert posed.detections.skeleton is FULL_BODY_SKELETON
        assert sorted(posed.poses.track_id.tolist()) == [1, 2]
        # The smoothing lags behind 60 px/s by a few pixels.
        assert np.abs(by_id(posed.poses).xy - truth(number)).max() < 8


def test_legs_that_the_model_confuses_are_put_right_down_to_the_toes(
    results: list[PosedFrame],
) -> None:
    for number, posed in enumerate(results):
        swapped = by_id(posed.poses).swapped
        names = {FULL_BODY_SKELETON.names[k] for k in np.flatnonzero(swapped[0])}
        is_confused = number in SWAPPED_FRAMES
        assert names >= ({"left_knee", "right_ankle", "left_foot_index"} if is_confused else set())
        assert not swapped[1].any()


def test_angles_faces_and_trails_are_those_of_the_skeleton(results: list[PosedFrame]) -> None:
    last = results[-1]
    assert last.angles.names == ANGLES
    assert last.angles.degrees.shape == (2, 2)
    assert np.isfinite(last.angles.degrees).all()
    faces = last.overlays.faces
    assert len(faces) == 2
    for person in last.poses.xy:
        for name in ("nose", "left_eye_outer", "mouth_right", "left_ear"):
            x, y = person[row_of(name)]
            assert (np.hypot(faces[:, 0] - x, faces[:, 1] - y) < faces[:, 2]).sum() == 1
    trails = {(trail.track_id, trail.keypoint): trail for trail in last.overlays.trails}
    assert trails.keys() == {(p, k) for p in (1, 2) for k in (LEFT_TOE, RIGHT_TOE)}
    assert len(trails[2, LEFT_TOE].xy) == COUNT


def test_one_of_them_can_be_followed() -> None:
    steps = (Tracker(), SubjectSelector(Select.RIGHTMOST))
    last = run(steps)[-1]
    assert len(last.poses) == 1
    assert last.poses.xy[0] == pytest.approx(truth(COUNT - 1)[1])


def test_smoothing_without_lag_takes_all_keypoints() -> None:
    deferred = DeferredSteps(
        Butterworth(), [AngleMeter(ANGLES), FaceRegions(), Trails(["left_foot_index"])]
    )
    smooth = [ready for posed in run([Tracker(), SwapGuard()]) for ready in deferred.push(posed)]
    smooth += deferred.flush()
    assert len(smooth) == COUNT
    for number, posed in enumerate(smooth):
        assert posed.poses.skeleton is FULL_BODY_SKELETON
        assert np.abs(by_id(posed.poses).xy - truth(number)).max() < 1
    assert len(smooth[-1].overlays.faces) == 2


@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
def test_each_keypoint_is_drawn_where_it_is_in_the_colour_of_its_side(
    results: list[PosedFrame], mirror: bool
) -> None:
    bare = PosedFrame(results[0].frame, results[0].poses, results[0].region, 0.0)
    after = paint(bare, Style(mirror=mirror)).pixels
    for name in ("nose", "left_wrist", "right_knee", "left_foot_index", "right_foot_index"):
        x, y = bare.poses.xy[0, row_of(name)].tolist()
        side = FULL_BODY_SKELETON.side_of_keypoint(row_of(name))
        assert color_at(after, WIDTH_PX - x if mirror else x, y) == SIDE_COLORS[side]
    for start, end in (("left_knee", "left_ankle"), ("left_hip", "right_hip")):
        x, y = bare.poses.xy[0, [row_of(start), row_of(end)]].mean(axis=0).tolist()
        side = FULL_BODY_SKELETON.side_of_bone((row_of(start), row_of(end)))
        assert side is (Side.LEFT if start == "left_knee" else Side.MIDDLE)
        assert color_at(after, WIDTH_PX - x if mirror else x, y) == SIDE_COLORS[side]


@pytest.mark.parametrize("colors", [ByPerson(), OneColor((0, 0, 255))], ids=["people", "red"])
def test_everything_is_painted_in_every_style(results: list[PosedFrame], colors: ByPerson) -> None:
    last = results[-1]
    for background in Background:
        style = Style(colors=colors, boxes=True, background=background)
        painted = paint(last, style).bgr
        x, y = last.poses.xy[0, LEFT_TOE].astype(int).tolist()
        wanted = colors.keypoints(FULL_BODY_SKELETON, int(last.poses.track_id[0]))[LEFT_TOE]
        assert tuple(painted[y, x].tolist()) == wanted
    hidden = paint(last, Style(hidden=["feet"])).bgr
    shown = paint(last, Style()).bgr
    heel_px = last.poses.xy[0, row_of("left_heel")].astype(int)
    assert not np.array_equal(hidden[tuple(heel_px[::-1])], shown[tuple(heel_px[::-1])])


def written(results: list[PosedFrame], path: Path) -> Path:
    with open_exporter(path, RECORDING) as exporter:
        for posed in results:
            exporter.write(posed)
    return path


def tidy(table: pandas.DataFrame, column: str) -> tuple[list[str], int]:
    names = table[column].tolist()
    return names[: names.index(names[0], 1)], len(table)


def names_and_count(path: Path, ending: str) -> tuple[list[str], int]:
    """Return the names in a file, of keypoints or of angles, and how often there is a person."""
    text = "" if path.is_dir() or ending == ".parquet" else path.read_text("utf-8")
    if ending == ".csv":
        names, count = tidy(pandas.read_csv(path), "keypoint")
        return names, count // len(names)
    if ending == ".parquet":
        names, count = tidy(pandas.read_parquet(path), "keypoint")
        return names, count // len(names)
    if ending == ".angles.csv":
        names, count = tidy(pandas.read_csv(path), "angle")
        return names, count // len(names)
    if ending == ".wide.csv":
        columns, *rows = (line.split(",") for line in text.splitlines())
        return [each.removesuffix("_x") for each in columns if each.endswith("_x")], len(rows)
    if ending == ".jsonl":
        header, *frames = (json.loads(line) for line in text.splitlines())
        people = [person for frame in frames for person in frame["people"]]
        assert {len(person["keypoints"]) for person in people} == {len(header["keypoints"])}
        return header["keypoints"], len(people)
    if ending == ".coco.json":
        coco = json.loads(text)
        assert {len(person["keypoints"]) for person in coco["annotations"]} == {3 * 33}
        return coco["categories"][0]["keypoints"], len(coco["annotations"])
    if ending == ".trc":
        rows = [line.split("\t") for line in text.splitlines()]
        return rows[3][2::3][: int(rows[2][3])], int(rows[2][2])
    if ending == ".mot":
        header, data = text.split("endheader\n")
        names, *rows = (line.split("\t") for line in data.splitlines())
        return names[1:], len(rows)
    people = [
        person for file in path.iterdir() for person in json.loads(file.read_text())["people"]
    ]
    assert {len(person["pose_keypoints_2d"]) for person in people} == {3 * 18}
    return [], len(people)


def files_of(path: Path, ending: str) -> list[Path]:
    """Return the files that were written: OpenSim's hold one person each."""
    each = ending in (".trc", ".mot")
    return sorted(path.parent.glob(f"walk*{ending}")) if each else [path]


@pytest.mark.parametrize(
    "ending", [ending for ending, each in FORMATS.items() if not each.has_repetitions]
)
def test_every_format_has_all_names_for_each_person_in_each_frame(
    ending: str, results: list[PosedFrame], tmp_path: Path
) -> None:
    path = written(results, tmp_path / f"walk{ending}")
    found = [names_and_count(file, ending) for file in files_of(path, ending)]
    names = list(FULL_BODY_SKELETON.names)
    if ending in (".mot", ".angles.csv"):
        names = list(ANGLES)
    elif ending == ".trc":
        names = [*marker_names(FULL_BODY_SKELETON), "Neck", "Hip"]
    elif FORMATS[ending].is_folder:
        names = []  # OpenPose's files have 18 points without names
    assert found[0][0] == names
    assert sum(count for _, count in found) == 2 * COUNT


def test_a_recording_is_replayed_with_its_skeleton(
    results: list[PosedFrame], tmp_path: Path
) -> None:
    path = written(results, tmp_path / "walk.jsonl")
    metadata, _ = read_jsonl(path)
    assert metadata.skeleton == FULL_BODY_SKELETON
    steps = [FaceRegions(), Trails(TOES)]
    with Pipeline(Walkers(), ReplayEstimator(open_pose_file(path), steps)) as pipeline:
        replayed = list(pipeline)
    assert len(replayed) == COUNT
    for before, after in zip(results, replayed, strict=True):
        assert after.poses.skeleton == FULL_BODY_SKELETON
        assert np.array_equal(after.poses.xy, before.poses.xy)
        assert np.array_equal(after.poses.track_id, before.poses.track_id)
        assert np.array_equal(after.angles.degrees, before.angles.degrees)
    before = replace(results[-1], overlays=replace(results[-1].overlays, labels=()))
    assert np.array_equal(paint(replayed[-1]).bgr, paint(before).bgr)


def test_osc_has_a_message_for_each_keypoint(results: list[PosedFrame]) -> None:
    found: dict[str, tuple[float, ...]] = {}
    with udp_receiver() as receiver:
        url = udp_url(receiver).replace("udp://", "osc://")
        with open_sender(url, frame_line) as sender:
            sender.write(results[-1])
            while len(found) < 3 + 2 * (33 + 2):
                found |= {one.address: tuple(one.params) for one in OscBundle(receiver.recv(65536))}
    for row, track_id in enumerate(results[-1].poses.track_id.tolist()):
        for name, (x, y) in zip(
            FULL_BODY_SKELETON.names, results[-1].poses.xy[row].tolist(), strict=True
        ):
            assert found[f"/livepose/person/{track_id}/{name}"][:2] == pytest.approx((x, y))


def test_udp_and_websocket_send_all_keypoints(results: list[PosedFrame]) -> None:
    line = frame_line(results[-1])
    people = orjson.loads(line)["people"]
    assert [len(person["keypoints"]) for person in people] == [33, 33]
    assert all(math.isfinite(x) for person in people for x, _, _ in person["keypoints"])
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        sender.write(results[-1])
        assert receiver.recv(65536) == line
    url = f"ws://127.0.0.1:{free_port()}"
    with open_sender(url, frame_line) as sender, connect(url) as client:
        for _ in range(1000):
            sender.write(results[-1])  # a client is served from a moment after it has connected
            try:
                received = client.recv(timeout=0.01)
                break
            except TimeoutError:
                continue
        assert received == line.decode()
