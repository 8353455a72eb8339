"""Playback: any frame by its number, with its own poses, each analysed once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livepose.core.errors import ModelError
from livepose.core.frame import PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.pose_memory import SpilledPoseMemory
from livepose.pipeline.playback import Playback
from livepose.sources import open_seekable
from tests.support.fakes import one_person
from tests.support.media import make_clip, number_of
from tests.support.playback import (
    NumberModel,
    number_estimator,
    number_of_person,
    place_of,
    with_cut_at_24,
)

FRAMES = 60
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return make_clip(path, pts=range(FRAMES), keyframe_every=15, painter=with_cut_at_24)


@contextmanager
def playback_of(clip: Path, model: NumberModel) -> Iterator[Playback]:
    with (
        open_seekable(clip) as source,
        SpilledPoseMemory(records_in_memory=10) as memory,
        Playback(source, number_estimator(model), memory) as playback,
    ):
        yield playback


def frame_of(playback: Playback, index: int) -> PosedFrame:
    """Ask for a frame, and check that pixels and poses are its own."""
    playback.ask(index)
    posed = playback.get(PATIENCE_S)
    assert posed is not None
    assert number_of(posed.frame.bgr) == posed.frame.index == index
    assert number_of_person(posed) == index
    return posed


def ids_of(playback: Playback, indices: range) -> set[int]:
    return {int(frame_of(playback, index).poses.track_id[0]) for index in indices}


def test_there_and_back_and_there_again_each_frame_is_analysed_once(clip: Path) -> None:
    model = NumberModel()
    with playback_of(clip, model) as playback:
        for index in (*range(FRAMES), *range(FRAMES - 1, -1, -1), *range(0, FRAMES, 7)):
            frame_of(playback, index)
        assert playback.analysed_frames == playback.frames_with_people == FRAMES
    assert set(model.looks.values()) == {1}


def test_after_a_leap_tracking_starts_there_and_ids_are_joined_when_the_gap_is_filled(
    clip: Path,
) -> None:
    model = NumberModel()
    with playback_of(clip, model) as playback:
        (first,) = ids_of(playback, range(4))
        (later,) = ids_of(playback, range(FRAMES - 3, FRAMES))
        assert set(model.looks) == {*range(4), *range(FRAMES - 3, FRAMES)}
        (middle,) = ids_of(playback, range(10, 13))
        assert len({first, middle}) == 2, "time ran back"
        ids_of(playback, range(24))
        assert ids_of(playback, range(24)) == {first}
        ids_of(playback, range(24, FRAMES))
        assert len(ids_of(playback, range(24, FRAMES))) == 1
        assert playback.analysed_frames == FRAMES
        assert playback.cuts == (24,), "where parts meet, there is no cut"
        assert later
    assert sum(model.looks.values()) <= FRAMES + 4, "parts overlap by a frame"


def test_random_requests_are_answered_with_the_newest(clip: Path) -> None:
    chance = random.Random(5)
    with playback_of(clip, NumberModel()) as playback:
        for _ in range(25):
            for index in chance.choices(range(FRAMES), k=chance.randint(0, 3)):
                playback.ask(index, range(index + 1, min(index + 4, FRAMES)), goes_back=True)
            frame_of(playback, chance.randrange(FRAMES))


def test_frames_ahead_are_made_ready(clip: Path) -> None:
    model = NumberModel()
    with playback_of(clip, model) as playback:
        playback.ask(10, [11, 12, 40])
        assert playback.get(PATIENCE_S) is not None
        playback.wait_until_idle(PATIENCE_S)
        assert all(map(playback.has, (10, 11, 12, 40)))
        assert set(model.looks) - {0} == {10, 11, 12, 40}
        assert playback.has_all_times and len(playback.times_s) == FRAMES


class MovableModel(NumberModel):
    """Finds a person so many pixels beside the usual place."""

    beside_px = 0.0

    def find(self, pixels: Pixels, region: Region) -> Poses:
        x, y = place_of(number_of(pixels.bgr()))
        super().find(pixels, region)
        return one_person((x + self.beside_px, y))


@pytest.mark.parametrize(
    ("beside_px", "is_answered", "known"), [(0, True, 4), (70, False, 4), (70, True, 2)]
)
def test_only_if_somebody_else_is_found_all_poses_are_forgotten(
    clip: Path, beside_px: float, is_answered: bool, known: int
) -> None:
    model = MovableModel()

    def request() -> None:
        model.beside_px = beside_px

    with playback_of(clip, model) as playback:
        ids_of(playback, range(4))
        playback.search_anew(2, request, lambda: is_answered)
        playback.wait_until_idle(PATIENCE_S)
        assert playback.analysed_frames == known
        posed = playback.get(PATIENCE_S)
        assert posed is not None
        assert (number_of_person(posed) == 3) is (known == 4)
    assert model.looks[2] == 2


def test_behind_the_end_there_is_nothing(clip: Path) -> None:
    with playback_of(clip, NumberModel()) as playback:
        frame_of(playback, FRAMES - 1)
        playback.ask(FRAMES)
        assert playback.get(0.2) is None
        assert playback.has_all_times


class BrokenModel(NumberModel):
    def find(self, pixels: Pixels, region: Region) -> Poses:
        if number_of(pixels.bgr()) == 5:
            raise ModelError("the network broke")
        return super().find(pixels, region)


def test_an_error_comes_out_where_the_frame_would(clip: Path) -> None:
    with playback_of(clip, BrokenModel()) as playback:
        frame_of(playback, 4)
        playback.ask(5)
        with pytest.raises(ModelError, match="the network broke"):
            playback.get(PATIENCE_S)
