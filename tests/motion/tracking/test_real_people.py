"""Several people, with the real networks: ids are not mixed up, and the subject is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pytest

from livepose import Estimator, load_model
from livepose.core.arrays import FloatArray
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.motion import default_steps
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.step_chain import StepChain
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.similarity import oks
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import TFHUB, needs_shared

pytestmark = needs_shared

SIZE_PX = (640, 480)
THIRD_CROSSING_S = 12.0
"""All three crossings of the scene are over, and both people are still there."""
BODY_SHARE = 0.53
"""The area of a body over that of its box, as it usually is in COCO."""
CLEARLY_LESS = 0.6
LEGS = [
    Keypoint.LEFT_HIP,
    Keypoint.RIGHT_HIP,
    Keypoint.LEFT_KNEE,
    Keypoint.RIGHT_KNEE,
    Keypoint.LEFT_ANKLE,
    Keypoint.RIGHT_ANKLE,
]
KNEES_AND_ANKLES = LEGS[2:]
PASSES_S, EVERY = ((3.9, 6.2), (8.1, 10.4)), 10
"""When a person walks by; one burst of swaps in so many frames."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PoseModel]]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        loaded = {
            name: stack.enter_context(load_model(name, "litert", frame_px=SIZE_PX))
            for name in ("lightning", "thunder", "multipose")
        }
        yield loaded


def frames(
    source: SyntheticSource, start_s: float, end_s: float, rate: float = 30.0
) -> Iterator[Frame]:
    """Paint a part of a scene, with the scene's own times."""
    for index in range(round((end_s - start_s) * rate)):
        time_s = start_s + index / rate
        yield Frame.from_bgr(source.paint(time_s), index, time_s)


def similarity(truth: Poses, xy: FloatArray) -> FloatArray:
    """Return the OKS of (N, 17, 2) poses over the visible keypoints of T people: (T, N)."""
    area_px = BODY_SHARE * np.prod(truth.box[:, 2:] - truth.box[:, :2], axis=1)
    return oks(truth.xy, truth.score == 1, area_px, xy)


@dataclass
class Sightings:
    """Which person each id was given to, as far as that is clear."""

    who: list[tuple[int, int]]
    """Identity and id of each pose that is clearly more similar to one person than to others."""
    oks: list[float]
    """Of all poses, with the most similar person."""

    @classmethod
    def of(cls, source: SyntheticSource, all_posed: Iterator[PosedFrame]) -> Sightings:
        found = cls([], [])
        for posed in all_posed:
            truth = source.truth(posed.frame.time_s)
            if not len(truth) or not len(posed.poses):
                continue
            similar = similarity(truth, posed.poses.xy)
            found.oks += similar.max(axis=0).tolist()
            for column, track_id in zip(similar.T, posed.poses.track_id.tolist(), strict=True):
                others = np.sort(column)[:-1]
                if not (others > CLEARLY_LESS * column.max()).any():
                    found.who.append((int(truth.track_id[column.argmax()]), track_id))
        return found

    def ids_of(self, identity: int) -> list[int]:
        return [track_id for person, track_id in self.who if person == identity]


@pytest.fixture(scope="module")
def crossing(models: dict[str, PoseModel]) -> list[PosedFrame]:
    """What the network finds in a crossing at 30 fps, before any motion step."""
    source = SyntheticSource(*SIZE_PX, scene="crossing")
    return list(
        map(Estimator(models["multipose"], steps=()), frames(source, 0.0, THIRD_CROSSING_S))
    )


@pytest.mark.parametrize("rate", [30, 10])
def test_two_people_who_cross_three_times_keep_their_ids(
    crossing: list[PosedFrame], rate: int
) -> None:
    source = SyntheticSource(*SIZE_PX, scene="crossing")
    steps = StepChain(default_steps(max_people=6))
    found = Sightings.of(source, map(steps, crossing[:: 30 // rate]))
    ids = [set(found.ids_of(identity)) for identity in (1, 2)]
    assert sorted(map(len, ids)) == [1, 1], ids
    assert ids[0] != ids[1]
    assert min(len(found.ids_of(identity)) for identity in (1, 2)) > 0.85 * THIRD_CROSSING_S * rate
    assert np.mean(found.oks) > 0.7


def test_three_people_who_come_and_go_keep_their_ids(models: dict[str, PoseModel]) -> None:
    source = SyntheticSource(*SIZE_PX, scene="visitors")
    # In this part nobody is away for so long that they come back as another person.
    shown = frames(source, 17.0, 25.5, 15.0)
    found = Sightings.of(source, map(Estimator(models["multipose"]), shown))
    ids = [set(found.ids_of(identity)) for identity in (1, 2, 3)]
    assert [len(each) for each in ids] == [1, 1, 1], ids
    assert len(set.union(*ids)) == 3


@pytest.mark.parametrize("name", ["lightning", "thunder"])
def test_a_passer_by_does_not_become_the_subject(models: dict[str, PoseModel], name: str) -> None:
    source = SyntheticSource(*SIZE_PX, scene="passer-by")
    ids, off_px, count = set(), [], 0
    for posed in map(Estimator(models[name]), frames(source, 0.0, 12.0, 15.0)):
        count += 1
        truth = source.truth(posed.frame.time_s)
        for xy, track_id in zip(posed.poses.xy, posed.poses.track_id.tolist(), strict=True):
            ids.add(track_id)
            off_px.append(np.hypot(*(xy - truth.xy[0]).T).mean())
    assert truth.track_id[0] == 1
    assert len(ids) == 1
    assert np.mean(off_px) < 12
    assert len(off_px) > 0.93 * count


# At the start the person in front is on the left, larger and faster.
@pytest.mark.parametrize(
    ("select", "identity"),
    [(Select.LEFTMOST, 1), (Select.RIGHTMOST, 2), (Select.LARGEST, 1), (Select.MOVING, 1)],
)
def test_the_subject_is_followed_through_a_crossing(
    models: dict[str, PoseModel], select: Select, identity: int
) -> None:
    source = SyntheticSource(*SIZE_PX, scene="crossing")
    steps = Tracker(), SwapGuard(), OneEuro(), SubjectSelector(select)
    estimator = Estimator(models["thunder"], steps=steps, detector=models["multipose"])
    found = Sightings.of(source, map(estimator, frames(source, 0.0, 3.0, 20.0)))
    followed = [person for person, _ in found.who]
    assert set(followed[-10:]) == {identity}
    assert followed.count(identity) >= max(20, 0.9 * len(followed))


class SwappingModel(PoseModel):
    """A model that sometimes swaps left and right legs, where it was right about them."""

    def __init__(self, model: PoseModel) -> None:
        self._model = model
        self.begin(np.zeros((17, 2), np.float32), False)

    def begin(self, truth_xy: FloatArray, is_wanted: bool) -> None:
        """Set what the next picture shows, and whether its legs are to be swapped."""
        self._truth_xy, self._is_wanted = truth_xy, is_wanted
        self.was_right = self.is_swapped = False

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return self._model.full_frame_region(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return self._model.preprocess(pixels, region)

    def infer(self, model_input: ModelInput) -> Poses:
        poses = self._model.infer(model_input)
        self.was_right = is_right(poses.xy[0], self._truth_xy)
        self.is_swapped = self._is_wanted and self.was_right
        if not self.is_swapped:
            return poses
        xy, score = poses.xy.copy(), poses.score.copy()
        other_legs = COCO_SKELETON.mirrored_order()[LEGS]
        xy[:, LEGS], score[:, LEGS] = xy[:, other_legs], score[:, other_legs]
        return replace(poses, xy=xy, raw_xy=xy, score=score)

    def close(self) -> None:
        """Leave the model open: the fixture closes it."""


def is_right(xy: FloatArray, truth_xy: FloatArray) -> bool:
    """Return whether knees and ankles are closer to their own true places than exchanged."""
    off, off_exchanged = (
        np.hypot(*(xy[points] - truth_xy[KNEES_AND_ANKLES]).T).sum()
        for points in (KNEES_AND_ANKLES, COCO_SKELETON.mirrored_order()[KNEES_AND_ANKLES])
    )
    return bool(off < off_exchanged)


def legs_apart(truth_xy: FloatArray) -> float:
    """Return how far apart knees or ankles are, over the height of the body."""
    left, right = KNEES_AND_ANKLES[::2], KNEES_AND_ANKLES[1::2]
    ways = truth_xy[left] - truth_xy[right]
    return float(np.hypot(*ways.T).max() / np.ptp(truth_xy[:, 1]))


@pytest.mark.parametrize("name", ["lightning", "thunder"])
def test_legs_that_a_network_swaps_are_corrected(models: dict[str, PoseModel], name: str) -> None:
    """The swaps are bursts of 1 to 3 frames, while a walker is completely in the picture."""
    source = SyntheticSource(*SIZE_PX, scene="walk", camera_noise=4.0)
    model = SwappingModel(models[name])
    estimator = Estimator(model)
    corrected, spoilt, in_view = [], [], 0
    for frame in chain(*(frames(source, *each) for each in PASSES_S)):
        truth = source.truth(frame.time_s)
        in_view = in_view + 1 if (truth.score > 0).all() else 0
        burst = in_view // EVERY % 3 + 1
        model.begin(truth.xy[0], in_view > EVERY and in_view % EVERY < burst)
        posed = estimator(frame)
        if not model.was_right or not len(posed.poses):
            continue
        is_good = is_right(posed.poses.raw_xy[0], truth.xy[0])
        if not model.is_swapped:
            spoilt.append(not is_good)
        elif legs_apart(truth.xy[0]) > 0.1:
            corrected.append(is_good)
    assert len(corrected) >= 8
    assert np.mean(corrected) >= 0.95
    assert len(spoilt) > 40
    assert sum(spoilt) == 0
