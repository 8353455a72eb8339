"""The motion steps of a run: which there are, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.export.pose_file import PoseFile
from livepose.motion import default_steps
from livepose.session.metadata import settings_of
from livepose.session.motion_steps import motion_steps
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
    StreamingOptions,
    StyleOptions,
)
from tests.support import recordings
from tests.support.fakes import SlowModel

NETWORK = Options(SourceOptions(video="clip.mp4"))
CAMERA = Options(SourceOptions(camera="0"))
RECORDING = replace(NETWORK, poses=PoseFile(Path("poses.jsonl"), recordings.RECORDING))
STYLE = StyleOptions(blur_faces=True, trail=frozenset({"left_wrist"}))
DATA = DataOptions(angles=("left_knee",), repetitions=(parse_repetitions("left_knee:>60"),))
MEASURING = ["AngleMeter", "Repetitions", "FaceRegions", "Trails"]


def names(steps: Iterable[MotionStep]) -> list[str]:
    return [type(step).__name__ for step in steps]


def measuring(options: Options, smooth: Smooth) -> Options:
    """Ask for everything that is measured or painted of smoothed poses."""
    return replace(options, people=PeopleOptions(smooth=smooth), style=STYLE, data=DATA)


def posed(number: int, knee_deg: float, track_id: int = 1) -> PosedFrame:
    """A frame with one person whose left knee is bent by an angle."""
    xy = np.full((1, 17, 2), 50, np.float32)
    turned = np.deg2rad(180 - knee_deg)
    xy[0, Keypoint.LEFT_HIP] = (100, 100)
    xy[0, Keypoint.LEFT_KNEE] = (100, 200)
    xy[0, Keypoint.LEFT_ANKLE] = (100 + 100 * np.sin(turned), 200 - 100 * np.cos(turned))
    poses = Poses.from_keypoints(xy, np.full((1, 17), 0.9, np.float32))
    poses = replace(poses, track_id=np.array([track_id], np.int32))
    frame = Frame.from_bgr(np.zeros((240, 320, 3), np.uint8), number, number / 10)
    return PosedFrame(frame, poses, Region.letterbox(320, 240), 0.0, is_scene_start=number == 0)


def test_without_options_live_steps_are_those_of_an_estimator() -> None:
    for max_people in (1, 6):
        steps = motion_steps(CAMERA, max_people)
        assert names(steps.following) == names(default_steps(max_people))
        assert steps.deferred is None
        assert steps.following[-1] is steps.selector
        assert names(steps.measuring) == (["ColorNumbers"] if max_people > 1 else [])


@pytest.mark.parametrize(
    ("options", "max_people", "is_predicted"),
    [
        (CAMERA, 6, True),
        (NETWORK, 6, True),
        (CAMERA, 1, False),
        (replace(NETWORK, model=ModelOptions(effort=Effort.BEST)), 6, False),
        (replace(NETWORK, data=DataOptions(fill_frames=9)), 6, True),
    ],
)
def test_hidden_people_of_a_model_of_several_are_predicted_unless_with_the_best_effort(
    options: Options, max_people: int, is_predicted: bool
) -> None:
    steps = motion_steps(options, max_people)
    assert ("HiddenPeople" in names(steps.following)) == is_predicted


@pytest.mark.parametrize(
    ("options", "is_deferred"),
    [
        (replace(NETWORK, output=OutputOptions(show=False)), True),
        (replace(NETWORK, output=OutputOptions(out=Path("x.mp4"))), True),
        (replace(RECORDING, output=OutputOptions(show=False)), True),
        (replace(NETWORK, output=OutputOptions(show=True)), False),
        (CAMERA, False),
        (
            replace(
                NETWORK,
                output=OutputOptions(show=False),
                streaming=StreamingOptions(send=("osc://localhost:9000",)),
            ),
            False,
        ),
    ],
)
def test_smoothing_is_without_lag_where_nobody_waits_for_a_frame(
    options: Options, is_deferred: bool
) -> None:
    steps = motion_steps(options, 1)
    assert (steps.deferred is not None) is is_deferred
    assert ("OneEuro" in names(steps.immediate)) is not is_deferred
    assert settings_of(options)["smooth"] == ("butterworth" if is_deferred else "one-euro")


@pytest.mark.parametrize(
    ("smooth", "immediate", "is_deferred"),
    [
        (Smooth.ONE_EURO, ["Tracker", "SwapGuard", "OneEuro", "SubjectSelector"], False),
        (Smooth.NONE, ["Tracker", "SwapGuard", "SubjectSelector"], False),
        (Smooth.BUTTERWORTH, ["Tracker", "SwapGuard", "SubjectSelector"], True),
    ],
)
def test_poses_of_a_network_are_tracked_guarded_smoothed_selected_and_measured(
    smooth: Smooth, immediate: list[str], is_deferred: bool
) -> None:
    steps = motion_steps(measuring(NETWORK, smooth), 1)
    assert names(steps.immediate) == immediate + ([] if is_deferred else MEASURING)
    assert (steps.deferred is not None) is is_deferred


@pytest.mark.parametrize(
    ("smooth", "immediate", "is_deferred"),
    [
        (Smooth.KEEP, [], False),
        (Smooth.ONE_EURO, ["RestoreRaw", "OneEuro"], False),
        (Smooth.NONE, ["RestoreRaw"], False),
        (Smooth.BUTTERWORTH, ["RestoreRaw"], True),
    ],
)
def test_recorded_poses_keep_their_ids_and_are_smoothed_from_the_raw_ones(
    smooth: Smooth, immediate: list[str], is_deferred: bool
) -> None:
    steps = motion_steps(measuring(RECORDING, smooth), 6)
    last = [*MEASURING, "ColorNumbers"]
    assert names(steps.immediate) == immediate + ([] if is_deferred else last)
    assert (steps.deferred is not None) is is_deferred


def test_without_swap_guard_nothing_guards() -> None:
    options = replace(CAMERA, people=PeopleOptions(swap_guard=False))
    assert names(motion_steps(options, 1).immediate) == ["Tracker", "OneEuro", "SubjectSelector"]


def test_a_model_of_one_person_follows_somebody_and_one_of_six_shows_everybody() -> None:
    one, six = (motion_steps(NETWORK, max_people).selector for max_people in (1, 6))
    assert one(posed(0, 90)).subject_state is not SubjectState.EVERYBODY
    assert six(posed(0, 90)).subject_state is SubjectState.EVERYBODY


def test_ranges_and_counts_are_those_of_the_frames_so_far() -> None:
    steps = motion_steps(measuring(RECORDING, Smooth.KEEP), 6)
    assert (steps.rep_counts(), dict(steps.angle_ranges())) == (["left_knee 0"], {})
    for number, degrees in enumerate([0] * 8 + [90] * 8 + [10] * 8):
        result = posed(number, degrees)
        for step in steps.immediate:
            result = step(result)
    assert steps.rep_counts() == ["left_knee 1"]
    (ranges,) = steps.angle_ranges().values()
    assert list(steps.angle_ranges()) == [1]
    assert (ranges.low_deg[0], ranges.high_deg[0]) == pytest.approx((0, 90), abs=0.5)


def test_the_counts_of_two_rules_of_one_angle_are_told_apart() -> None:
    rules = tuple(map(parse_repetitions, ("left_knee:>60", "left_knee:>95", "trunk")))
    steps = motion_steps(replace(CAMERA, data=DataOptions(repetitions=rules)), 1)
    assert steps.rep_counts() == ["left_knee:>60 0", "left_knee:>95 0", "trunk 0"]


def test_what_the_panels_have_no_room_for_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    names = ("left_knee", "right_knee", "trunk", "left_hip", "left_elbow", "left_shank")
    rules = tuple(parse_repetitions(f"trunk:>{degrees}") for degrees in (10, 20, 30, 40, 50))
    motion_steps(replace(CAMERA, data=DataOptions(plot=names, repetitions=rules, counter=True)), 1)
    assert caplog.messages == [
        "--plot shows the first 4, and not: shank",
        "--counter shows the first 4, and not: trunk:>50",
    ]
    motion_steps(replace(CAMERA, data=DataOptions(plot=names[:5], repetitions=rules)), 1)
    assert len(caplog.messages) == 2


def test_without_angles_there_are_no_ranges() -> None:
    steps = motion_steps(NETWORK, 1)
    assert (steps.angle_meter, steps.repetitions) == (None, ())
    assert (steps.rep_counts(), dict(steps.angle_ranges())) == ([], {})


def test_deferred_steps_measure_the_smoothed_poses_of_every_frame() -> None:
    steps = motion_steps(measuring(RECORDING, Smooth.BUTTERWORTH), 6)
    assert steps.deferred is not None
    results = []
    for number in range(12):
        results += steps.deferred.push(posed(number, 60))
    results += steps.deferred.flush()
    assert [result.frame.index for result in results] == list(range(12))
    degrees = [float(result.angles.degrees[0, 0]) for result in results]
    assert degrees == pytest.approx([60] * 12, abs=0.5)


def test_gaps_are_filled_with_the_best_effort_only_and_before_smoothing() -> None:
    frames = [posed(number, 60) for number in range(20)]
    frames[8] = replace(frames[8], poses=frames[8].poses[:0])
    counts = {}
    for effort in Effort:
        options = replace(NETWORK, model=ModelOptions(effort=effort))
        options = replace(options, people=PeopleOptions(smooth=Smooth.BUTTERWORTH))
        deferred = motion_steps(options, 6).deferred
        assert deferred is not None
        results = [each for frame in frames for each in deferred.push(frame)]
        results += deferred.flush()
        counts[effort] = len(results[8].poses)
    assert counts == {Effort.FAST: 0, Effort.BEST: 1}


def test_the_best_effort_follows_tracks_backwards_fills_gaps_and_smooths_without_lag() -> None:
    options = replace(NETWORK, model=ModelOptions(effort=Effort.BEST))
    options = replace(options, output=OutputOptions(show=False))
    with SlowModel() as model:
        everybody = replace(options, people=PeopleOptions(max_people=None))
        piped = replace(everybody, source=SourceOptions(video="-"))
        # Everybody in a file was recognized and followed backwards in a first pass.
        for each, first in (
            (options, ["BackwardSearch"]),
            (everybody, []),
            (piped, ["ReturnedPeople", "BackwardSearch"]),
        ):
            deferred = motion_steps(each, 1, model).deferred
            assert deferred is not None
            filters = [type(each).__name__ for each in deferred._filters]
            assert filters == [*first, "GapFiller", "Butterworth"]


@pytest.mark.parametrize("smooth", [Smooth.NONE, Smooth.ONE_EURO, Smooth.BUTTERWORTH])
def test_who_comes_back_is_known_from_the_first_frame_on_in_files_however_they_are_smoothed(
    smooth: Smooth,
) -> None:
    people = PeopleOptions(max_people=None, smooth=smooth)
    deferred = motion_steps(
        replace(NETWORK, output=OutputOptions(show=False), people=people), 1
    ).deferred
    assert deferred is not None
    names_of = [type(each).__name__ for each in deferred._filters]
    assert names_of == ["ReturnedPeople"] + ["Butterworth"] * (smooth is Smooth.BUTTERWORTH)
    live = replace(people, smooth=Smooth.AUTO)
    assert motion_steps(replace(CAMERA, people=live), 1).deferred is None
