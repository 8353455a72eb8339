"""Several frames in flight: the same results, in order, on every run."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.pipeline import OfflinePipeline, Pipeline
from tests.support.fakes import CropDependentModel, Marked, Numbered, Sizes, number_in
from tests.support.pipelines import (
    Collector,
    FailingEstimator,
    crop_only_estimator,
    exact_results,
    pipeline_threads,
    random_delay_s,
    run_offline,
    run_sequentially,
)

PATIENCE_S = 60.0


class NotingModel(CropDependentModel):
    """Notes the region in which each frame was seen first."""

    def __init__(self) -> None:
        super().__init__()
        self.first_regions: dict[int, Region] = {}

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self.first_regions.setdefault(number_in(pixels), region)
        return super().find(pixels, region)


def first_regions(source: Numbered, in_flight: int) -> dict[int, Region]:
    """Return where each frame was looked at first, by its number."""
    model = NotingModel()
    run_sequentially(source, in_flight, model)
    return model.first_regions


def side_by_side(source: Numbered, in_flight: int) -> list[PosedFrame]:
    return run_offline(source, crop_only_estimator(CropDependentModel(random_delay_s), in_flight))


def one_by_one(source: Numbered, in_flight: int) -> list[PosedFrame]:
    """Return the results of the pipeline that has a single inference thread."""
    estimator = crop_only_estimator(CropDependentModel(random_delay_s), in_flight)
    with Pipeline(source, estimator) as posed_frames:
        running = sorted(pipeline_threads())
        results = list(posed_frames)
    assert running == ["livepose-capture", "livepose-inference"]
    return results


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_a_frame_is_cropped_by_what_was_found_so_many_frames_before_it(in_flight: int) -> None:
    regions = first_regions(Marked(12), in_flight)
    whole = Region.letterbox(*Marked.SIZE_PX)
    assert [number for number in range(12) if regions[number] == whole] == [0]
    results = run_sequentially(Marked(12), in_flight)
    assert all(posed.region.width_px < whole.width_px for posed in results)
    for number, after in enumerate(results[1:], 1):
        before = results[max(number - in_flight, 0)]
        # 1.9 times the 40 px from the hips up to the shoulders, around the hips of that frame.
        hips = before.poses.xy[0, Keypoint.LEFT_HIP]
        middle = (after.region.left_px + 76, after.region.top_px + 76)
        assert middle == pytest.approx(hips.tolist(), abs=1e-3)
        assert after.region.width_px == pytest.approx(152, abs=1e-3)


def test_called_frame_by_frame_it_crops_to_where_somebody_was_two_frames_before() -> None:
    estimator = crop_only_estimator(CropDependentModel(), 2)
    called = [estimator(frame) for frame in Marked(12)]
    assert exact_results(called) == exact_results(run_sequentially(Marked(12), 2))


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_threads_find_the_same_on_each_run_as_one_frame_after_the_other(in_flight: int) -> None:
    wanted = exact_results(run_sequentially(Marked(120), in_flight))
    for _ in range(2):
        assert exact_results(side_by_side(Marked(120), in_flight)) == wanted
    assert exact_results(one_by_one(Marked(120), in_flight)) == wanted


CHANGING: dict[str, Sizes] = {
    "each frame another": ((320, 240), (300, 240)),
    "there and back": ((320, 240), (320, 240), (320, 240), (300, 240), (320, 240)),
    "now and then": ((320, 240),) * 5 + ((240, 320),) * 4,
}


@pytest.mark.parametrize("in_flight", [1, 2, 3])
@pytest.mark.parametrize("sizes_px", CHANGING.values(), ids=CHANGING)
def test_frames_of_another_size_are_not_cropped(sizes_px: Sizes, in_flight: int) -> None:
    sizes = [sizes_px[n % len(sizes_px)] for n in range(40)]
    for number, region in first_regions(Marked(40, sizes_px), in_flight).items():
        # Back at a size that came before, nothing from before the change counts any more.
        since = sizes[max(0, number - in_flight) : number + 1]
        is_whole = number == 0 or len(set(since)) > 1
        assert (region == Region.letterbox(*sizes[number])) == is_whole, number


@pytest.mark.parametrize("in_flight", [2, 3])
@pytest.mark.parametrize("sizes_px", CHANGING.values(), ids=CHANGING)
def test_while_sizes_change_threads_find_the_same_as_one_frame_after_the_other(
    sizes_px: Sizes, in_flight: int
) -> None:
    wanted = exact_results(run_sequentially(Marked(120, sizes_px), in_flight))
    assert exact_results(side_by_side(Marked(120, sizes_px), in_flight)) == wanted


def test_preprocessing_one_frame_while_another_is_updated_loses_nothing() -> None:
    # Unless threads change this often, they hardly ever meet in the middle of a step.
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        source = Marked(1500, CHANGING["each frame another"])
        results = run_offline(source, crop_only_estimator(CropDependentModel(), 2))
    finally:
        sys.setswitchinterval(usual_s)
    assert [posed.frame.index for posed in results] == list(range(1500))


def test_after_an_inference_that_failed_the_next_frame_may_be_tried() -> None:
    class Failing(NotingModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            if number_in(pixels) == 5:
                raise ZeroDivisionError
            return super().find(pixels, region)

    for in_flight in (1, 2):
        model = Failing()
        estimator = crop_only_estimator(model, in_flight)
        whole = Region.letterbox(*Marked.SIZE_PX)
        failed = []
        for frame in Marked(12):
            try:
                estimator(frame)
            except ZeroDivisionError:
                failed.append(frame.index)
        assert failed == [5]
        not_cropped = [n for n, region in model.first_regions.items() if region == whole]
        assert not_cropped == [0, 5 + in_flight]


class CountingModel(CropDependentModel):
    """Waits until so many calls are in `find` at once, and notes the most that ever were.

    The first frame does not wait: it is alone.
    """

    def __init__(self, together: int, delay_s: Callable[[int], float] = lambda number: 0.0) -> None:
        super().__init__(delay_s)
        self.most = 0
        self._meeting = threading.Barrier(together, timeout=PATIENCE_S)
        self._inside = 0
        self._counting = threading.Lock()

    def find(self, pixels: Pixels, region: Region) -> Poses:
        with self._counting:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            if number_in(pixels):
                self._meeting.wait()
            return super().find(pixels, region)
        finally:
            with self._counting:
                self._inside -= 1


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_as_many_frames_are_in_the_network_at_once_as_are_in_flight(in_flight: int) -> None:
    model = CountingModel(together=in_flight, delay_s=lambda number: 0.002)
    results = run_offline(Marked(31), crop_only_estimator(model, in_flight))
    assert [posed.frame.index for posed in results] == list(range(31))
    assert model.most == in_flight


@pytest.mark.parametrize("in_flight", [2, 3])
def test_results_come_in_order_though_later_frames_are_ready_first(in_flight: int) -> None:
    ended: list[int] = []

    class Noting(CropDependentModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            poses = super().find(pixels, region)
            ended.append(number_in(pixels))
            return poses

    # Each n-th frame takes longer than those beside it.
    model = Noting(lambda number: 0.02 if number % in_flight == 0 else 0.001)
    results = run_offline(Marked(30), crop_only_estimator(model, in_flight))
    assert [posed.frame.index for posed in results] == list(range(30))
    assert [number_in(posed.frame.pixels) for posed in results] == list(range(30))
    assert ended != sorted(ended)
    assert sorted(set(ended)) == list(range(30))


@pytest.mark.parametrize("number", [0, 1, 2, 11])
@pytest.mark.parametrize("step", ["preprocess", "infer", "update"])
@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_an_error_comes_behind_the_results_before_it_and_nothing_comes_after(
    in_flight: int, step: str, number: int
) -> None:
    collector = Collector()
    estimator = FailingEstimator(step, number, in_flight)
    with (
        pytest.raises(ZeroDivisionError, match=f"in {step} of {number}$") as caught,
        OfflinePipeline(Marked(30), estimator, collector) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert collector.indices == list(range(number))
    assert step in [entry.name for entry in caught.traceback]
    assert not pipeline_threads()


@pytest.mark.parametrize("in_flight", [2, 3])
def test_of_two_errors_the_one_of_the_earlier_frame_comes(in_flight: int) -> None:
    class Twice(CropDependentModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            number = number_in(pixels)
            time.sleep(0.05 if number == 6 else 0.0)
            if number in (6, 7):
                raise ZeroDivisionError(f"in {number}")
            return super().find(pixels, region)

    collector = Collector()
    with (
        pytest.raises(ZeroDivisionError, match="in 6"),
        OfflinePipeline(Marked(30), crop_only_estimator(Twice(), in_flight), collector) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert collector.indices == list(range(6))


@pytest.mark.parametrize("count", [0, 1, 2, 30])
@pytest.mark.parametrize("in_flight", [2, 3])
def test_an_error_of_the_source_comes_behind_every_frame_in_flight(
    in_flight: int, count: int
) -> None:
    source = Marked(count, error=SourceCutShort("the file ends here"))
    model = CropDependentModel(lambda number: 0.03 if number >= count - 3 else 0.0)
    collector = Collector()
    with (
        pytest.raises(SourceCutShort, match="ends here"),
        OfflinePipeline(source, crop_only_estimator(model, in_flight), collector) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert collector.indices == list(range(count))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("in_flight", [2, 3])
def test_a_file_of_fewer_frames_than_threads_ends_too(in_flight: int, count: int) -> None:
    assert exact_results(side_by_side(Marked(count), in_flight)) == exact_results(
        run_sequentially(Marked(count), in_flight)
    )


# The pipeline with a single inference thread, whatever the estimator allows.


@pytest.mark.parametrize("number", [0, 1, 2, 11])
@pytest.mark.parametrize("step", ["preprocess", "infer", "update"])
@pytest.mark.parametrize("in_flight", [1, 2])
def test_in_one_thread_an_error_comes_behind_the_results_before_it(
    in_flight: int, step: str, number: int
) -> None:
    seen = []
    with (
        pytest.raises(ZeroDivisionError, match=f"in {step} of {number}$") as caught,
        Pipeline(Marked(30), FailingEstimator(step, number, in_flight)) as posed_frames,
    ):
        for posed in posed_frames:
            seen.append(posed.frame.index)
    assert seen == list(range(number))
    assert step in [entry.name for entry in caught.traceback]
    assert not pipeline_threads()


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_leaving_early_ends_all_threads(in_flight: int) -> None:
    estimator = crop_only_estimator(CropDependentModel(random_delay_s), in_flight)
    with Pipeline(Marked(None), estimator) as posed_frames:
        for posed in posed_frames:
            if posed.frame.index == 5:
                break
    assert not pipeline_threads()


def test_an_error_of_the_reader_ends_all_threads_also_one_that_is_in_the_network() -> None:
    model = CropDependentModel(lambda number: 0.3 if number == 1 else 0.0)
    with (
        pytest.raises(KeyboardInterrupt),
        Pipeline(Marked(None), crop_only_estimator(model, 2)) as posed_frames,
    ):
        assert next(iter(posed_frames)).frame.index == 0
        raise KeyboardInterrupt
    assert not pipeline_threads()


def test_a_file_whose_results_are_not_read_waits_with_a_few_frames_taken() -> None:
    source = Marked(60)
    with Pipeline(source, crop_only_estimator(CropDependentModel(), 3)) as posed_frames:
        time.sleep(0.2)
        # 2 results; 4 frames wait behind them, and one is in the source's hand.
        assert source.produced <= 8
        assert [posed.frame.index for posed in posed_frames] == list(range(60))


@pytest.mark.parametrize("in_flight", [1, 2])
def test_a_live_source_loses_frames_and_never_their_order(in_flight: int) -> None:
    source = Marked(60, is_live=True)
    model = CountingModel(together=1, delay_s=lambda number: 0.02)
    with Pipeline(source, crop_only_estimator(model, in_flight)) as posed_frames:
        got = [posed.frame.index for posed in posed_frames]
    assert source.produced == 60
    assert got == sorted(set(got))
    assert got[-1] == 59
    assert 5 < len(got) < 55
    assert model.most == 1
