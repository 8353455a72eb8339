"""From a network's output to keypoints in pixels, with fixed outputs."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.models.movenet import SinglePose
from tests.support.models import FixedOutput


def network_output(*points: tuple[float, float, float]) -> FloatArray:
    """Return a network's output with these first keypoints (y, x, score); the others are 0."""
    output = np.zeros((1, 1, 17, 3), np.float32)
    output[0, 0, : len(points)] = np.reshape(points, (-1, 3))
    return output


def blue_image(width_px: int, height_px: int) -> UInt8Array:
    return np.full((height_px, width_px, 3), (255, 0, 0), np.uint8)


def points_of(runtime: Runtime, bgr: UInt8Array, region: Region) -> Poses:
    with SinglePose("fixed", runtime) as model:
        return model.estimate(BgrPixels(bgr), region)


def test_y_x_score_is_converted_to_x_y_in_pixels_of_a_640x480_frame() -> None:
    runtime = FixedOutput(
        network_output((0.5, 0.5, 0.9), (0.125, 0.0, 0.3), (0.875, 1.0, 0.2), (0, 0.25, 0))
    )
    poses = points_of(runtime, blue_image(640, 480), Region.letterbox(640, 480))
    assert len(poses) == 1
    assert poses.xy[0, :4].tolist() == [[320, 240], [0, 0], [640, 480], [160, -80]]
    assert poses.score[0, :4].tolist() == pytest.approx([0.9, 0.3, 0.2, 0.0])
    assert poses.track_id.tolist() == [0]


def test_keypoints_of_a_384x496_frame_account_for_its_columns_in_the_input() -> None:
    # Columns 22 to 169 of 192 show the frame.
    runtime = FixedOutput(network_output((0, 22 / 192, 1), (1, 170 / 192, 1), (0.25, 0.5, 1)))
    poses = points_of(runtime, blue_image(384, 496), Region.letterbox(384, 496))
    expected = np.array([[0, 0], [384, 496], [192, 124]])
    assert poses.xy[0, :3] == pytest.approx(expected, abs=1e-3)


def test_keypoints_of_a_crop_are_in_pixels_of_the_whole_frame() -> None:
    runtime = FixedOutput(network_output((0, 0, 1), (1, 1, 1), (0.25, 0.75, 1)))
    poses = points_of(runtime, blue_image(640, 480), Region(100, 50, 384, 384))
    assert poses.xy[0, :3].tolist() == [[100, 50], [484, 434], [388, 146]]


def test_keypoints_of_a_crop_beyond_the_edges_may_lie_outside_of_the_frame() -> None:
    runtime = FixedOutput(network_output((0, 0, 1), (1, 1, 1), (0.5, 0.25, 1)))
    poses = points_of(runtime, blue_image(640, 480), Region(-96, 288, 384, 384))
    assert poses.xy[0, :3].tolist() == [[-96, 288], [288, 672], [0, 480]]


def test_keypoints_of_a_crop_outside_of_the_frame_are_in_its_pixels_too() -> None:
    runtime = FixedOutput(network_output((0.5, 0.5, 1)))
    poses = points_of(runtime, blue_image(640, 480), Region(1000, 1000, 100, 100))
    assert poses.xy[0, 0].tolist() == [1050, 1050]


@pytest.mark.parametrize("side", [192, 256])
def test_the_input_is_rgb_of_the_network_s_size_and_black_for_the_warm_up(side: int) -> None:
    runtime = FixedOutput(network_output(), (1, side, side, 3))
    points_of(runtime, blue_image(640, 480), Region.letterbox(640, 480))
    warm_up, seen = runtime.asked
    assert warm_up.shape == seen.shape == (1, side, side, 3)
    assert warm_up.dtype == seen.dtype == np.uint8
    assert not warm_up.any()
    assert seen[0, side // 2, side // 2].tolist() == [0, 0, 255]
    assert not seen[0, 0].any()


def test_a_preprocessed_input_keeps_its_pixels_until_it_is_inferred() -> None:
    runtime, bgr = FixedOutput(network_output((0.25, 0.5, 0.9))), blue_image(640, 480)
    with SinglePose("fixed", runtime) as model:
        asked_before = len(runtime.asked)
        model_input = model.preprocess(BgrPixels(bgr[:]), Region(10, 20, 300, 300))
        wanted = model.estimate(BgrPixels(bgr.copy()), Region(10, 20, 300, 300))
        assert len(runtime.asked) == asked_before + 1
        bgr.setflags(write=True)
        bgr[:] = 0
        found = model.infer(model_input)
    assert np.array_equal(runtime.asked[-1], runtime.asked[-2])
    assert runtime.asked[-1].any()
    assert np.array_equal(found.xy, wanted.xy)


def test_the_model_has_no_memory_between_calls() -> None:
    with SinglePose("fixed", FixedOutput(network_output((0.5, 0.5, 0.9)))) as model:
        first = model.estimate(BgrPixels(blue_image(640, 480)), Region.letterbox(640, 480))
        model.estimate(BgrPixels(blue_image(64, 48)), Region(1.5, 2.5, 20, 20))
        again = model.estimate(BgrPixels(blue_image(640, 480)), Region.letterbox(640, 480))
    assert np.array_equal(first.xy, again.xy)
    assert np.array_equal(first.score, again.score)


def test_the_box_bounds_the_keypoints_and_the_person_s_score_is_their_mean() -> None:
    output = np.full((1, 1, 17, 3), 0.5, np.float32)
    output[0, 0, 0] = (0.25, 0.125, 1.0)
    output[0, 0, 1] = (0.75, 0.625, 0.0)
    poses = points_of(FixedOutput(output), blue_image(640, 480), Region.letterbox(640, 480))
    assert poses.box.tolist() == [[80.0, 80.0, 400.0, 400.0]]
    assert poses.person_score[0] == pytest.approx((15 * 0.5 + 1) / 17)


def test_the_model_has_a_name_a_maximum_of_people_and_a_full_frame_region() -> None:
    runtime = FixedOutput(network_output())
    with SinglePose("lightning", runtime) as model:
        assert model.name == "lightning on FixedOutput"
        assert model.max_people == 1
        assert model.full_frame_region(640, 480) == Region(0, -80, 640, 640)
        assert model.full_frame_region(384, 496) == Region(-56, 0, 496, 496)
    assert runtime.times_closed == 1


@pytest.mark.parametrize(
    "input_shape",
    [(1, 192, 256, 3), (1, 192, 192, 1), (1, 3, 192, 192), (1, 1, 1, 3), (0, 0, 0, 3)],
)
def test_an_input_that_is_not_a_square_rgb_image_is_refused_in_one_line(
    input_shape: tuple[int, int, int, int],
) -> None:
    runtime = FixedOutput(network_output(), input_shape)
    with pytest.raises(
        ModelError, match=r"my\.tflite is not a single-pose MoveNet: its input"
    ) as e:
        SinglePose("my.tflite", runtime)
    assert str(input_shape) in str(e.value)
    assert len(str(e.value).splitlines()) == 1


@pytest.mark.parametrize("output_shape", [(1, 6, 56), (1, 17, 3), (1, 1001), (1, 1, 33, 3), (51,)])
def test_an_output_of_another_shape_is_refused_in_one_line(
    output_shape: tuple[int, ...],
) -> None:
    runtime = FixedOutput(np.zeros(output_shape, np.float32))
    with pytest.raises(
        ModelError, match=r"my\.tflite is not a single-pose MoveNet: its output"
    ) as e:
        SinglePose("my.tflite", runtime)
    assert str(output_shape) in str(e.value)
    assert len(str(e.value).splitlines()) == 1
