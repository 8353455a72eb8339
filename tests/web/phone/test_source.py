"""A phone as a source: its pictures become frames, its absence a gap, and poses find back to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.web.limits import MAX_CLIENTS
from livepose.web.phone import endpoint
from livepose.web.phone.endpoint import CameraWishes, CloseCode
from tests.support.media import encoded_jpeg, jpeg_of, number_of
from tests.support.phone import PhoneRun, StandInPhone


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PhoneRun]:
    with PhoneRun(tmp_path) as run:
        yield run


def begin(run: PhoneRun, phone: StandInPhone) -> Iterator[Frame]:
    """Send a first picture, which says the size, and return the frames after it."""
    phone.send(1, 1000.0, jpeg_of(1))
    phone.receive("arrived")
    return iter(run.source())


def send(phone: StandInPhone, frames: Iterator[Frame], number: int, captured_ms: float) -> Frame:
    """Send a picture, and return the frame that is made of it."""
    phone.send(number, captured_ms, jpeg_of(number))
    phone.receive("arrived")
    return next(frames)


def test_pictures_become_frames_with_the_phones_own_times(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        info = run.source().info
        assert (info.name, info.width_px, info.height_px, info.is_live) == ("phone", 160, 120, True)
        sent = [(2, 1033.0), (3, 1066.5), (6, 1166.0)]
        found = [send(phone, frames, *each) for each in sent]
    assert [number_of(frame.bgr) for frame in found] == [2, 3, 6]
    assert [frame.time_s for frame in found] == pytest.approx([0.0, 0.0335, 0.133])
    # Two pictures that the phone did not send, as the network was busy, count as dropped.
    assert [frame.index for frame in found] == [0, 1, 4]
    assert all(frame.utc_s is not None for frame in found)


def test_the_newest_picture_wins(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        for number in range(2, 9):
            phone.send(number, 1000.0 + 33 * number, jpeg_of(number))
            assert phone.receive("arrived")["number"] == number
        assert number_of(next(frames).bgr) == 8


def test_the_lag_counts_from_the_phones_camera(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        # The phone's clock is 5000 s ahead of this machine's.
        asked_s = phone.receive("time")["asked_s"]
        answer = f'{{"kind":"time","asked_s":{asked_s},"phone_ms":{1000 * (asked_s + 5000)}}}'
        phone.send_raw(answer)
        frames = begin(run, phone)
        doubt_s = time.perf_counter() - asked_s  # when the phone has answered
        captured_s = time.perf_counter() - 0.2
        frame = send(phone, frames, 2, 1000 * (captured_s + 5000))
    assert frame.grabbed_s == pytest.approx(captured_s, abs=max(0.05, doubt_s))


def test_a_phone_in_full_flow_is_asked_for_its_time_again_and_again(
    run: PhoneRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "_PING_S", 0.02)
    with StandInPhone(run.url) as phone:
        begin(run, phone)
        for number in range(2, 32):
            time.sleep(0.005)
            phone.send(number, 1000.0 + number, jpeg_of(1))
            phone.receive("arrived")
        assert phone.received["time"] >= 4


def test_a_phone_that_sleeps_and_comes_back_goes_on_with_a_gap_in_time(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        before = send(phone, frames, 2, 1100.0)
    time.sleep(0.3)
    with StandInPhone(run.url) as phone:  # its page was loaded again: its clock begins anew
        after = send(phone, frames, 1, 20.0)
        later = send(phone, frames, 2, 60.0)
    assert after.index == before.index + 1
    assert 0.25 < after.time_s - before.time_s < 5
    assert later.time_s - after.time_s == pytest.approx(0.04)


def test_a_phone_that_is_turned_is_fitted_into_the_first_size(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        phone.send(2, 1033.0, encoded_jpeg(np.full((160, 120, 3), 200, np.uint8)))
        frame = next(frames)
    assert frame.bgr.shape == (120, 160, 3) and frame.shape_changes == 1
    assert frame.bgr[60, 80].min() > 190 and frame.bgr[60, 10].max() == 0


def test_poses_go_back_to_the_picture_that_they_belong_to(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        phone.send(7, 1033.0, encoded_jpeg(np.full((160, 120, 3), 200, np.uint8)))
        frame = next(frames)
        # The turned picture is 90 x 120 px of the frame, from x = 35 on.
        xy = np.full((1, len(COCO_SKELETON), 2), (35 + 45, 30), np.float32)
        score = np.zeros((1, len(COCO_SKELETON)), np.float32)
        score[0, Keypoint.NOSE] = 0.9
        poses = Poses.from_keypoints(xy, score)
        posed = PosedFrame(frame, poses, Region.letterbox(160, 120), 0.0)
        run.source().feedback.write(posed)
        message = phone.receive("poses")
        run.source().feedback.write(posed)  # of a frame that is unknown nothing is sent
    (person,) = message["people"]
    assert message["number"] == 7
    assert [each / message["steps"] for each in person["xy"][Keypoint.NOSE]] == [0.5, 0.25]
    assert person["shown"] == [index == Keypoint.NOSE for index in range(len(COCO_SKELETON))]


def test_a_second_phone_is_told_and_may_take_over(run: PhoneRun) -> None:
    with StandInPhone(run.url, "one") as first:
        frames = begin(run, first)
        with StandInPhone(run.url, "two") as second:
            assert second.close_code() == CloseCode.BUSY
        send(first, frames, 2, 1033.0)
        with StandInPhone(run.url, "two", takes_over=True) as second:
            assert first.close_code() == CloseCode.REPLACED
            assert number_of(send(second, frames, 9, 5.0).bgr) == 9


def test_the_same_phone_takes_the_place_of_its_own_dead_connection(run: PhoneRun) -> None:
    with StandInPhone(run.url, "one") as first:
        frames = begin(run, first)
        with StandInPhone(run.url, "one") as again:
            assert number_of(send(again, frames, 9, 5.0).bgr) == 9


def test_a_silent_phone_makes_room(run: PhoneRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_SILENT_S", 0.05)
    with StandInPhone(run.url, "one") as first:
        frames = begin(run, first)
        time.sleep(0.1)
        with StandInPhone(run.url, "two") as second:
            assert number_of(send(second, frames, 9, 5.0).bgr) == 9


def test_the_phone_is_told_what_is_wanted_and_when_the_run_is_over(tmp_path: Path) -> None:
    wishes = CameraWishes(1280, 720, 25.0)
    with PhoneRun(tmp_path, wishes=wishes) as run, StandInPhone(run.url) as phone:
        welcome = phone.receive("welcome")
        begin(run, phone)
        run.source().close()
        assert phone.close_code() == CloseCode.ENDED
    assert [welcome[each] for each in ("width", "height", "frame_rate")] == [1280, 720, 25.0]


def test_a_phone_in_full_flow_is_told_too_that_the_run_is_over(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        begin(run, phone)
        end = threading.Timer(0.1, run.source().close)
        end.name = "end"
        end.start()
        number = 1
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                number += 1
                phone.send(number, 1000.0 + number, jpeg_of(1))
                phone.receive("arrived")
        end.join()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == CloseCode.ENDED


def test_a_page_that_sends_anything_else_is_disconnected_and_the_run_goes_on(
    run: PhoneRun, caplog: pytest.LogCaptureFixture
) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        junk: list[bytes | str] = ["{", "[]", '{"kind":"time","asked_s":"x"}', b"", bytes(100)]
        for each in 4 * junk:
            phone.send_raw(each)
        assert phone.close_code() == CloseCode.FAULTY
    with StandInPhone(run.url) as phone:
        assert number_of(send(phone, frames, 3, 1.0).bgr) == 3
    assert "what it sent were not pictures" in caplog.text


def test_a_page_that_does_not_introduce_itself_is_disconnected(
    run: PhoneRun, caplog: pytest.LogCaptureFixture
) -> None:
    with StandInPhone(run.url) as phone:
        begin(run, phone)
    for hello in (b"\0", "{"):
        with StandInPhone(run.url, hello=hello) as phone:
            assert phone.close_code() == CloseCode.FAULTY
    assert "failed" not in caplog.text


def test_only_so_many_pages_are_connected(run: PhoneRun, monkeypatch: pytest.MonkeyPatch) -> None:
    # Strangers are not to be let go of meanwhile, should one of them have to try again.
    monkeypatch.setattr(endpoint, "_HELLO_S", 60.0)
    with StandInPhone(run.url) as phone, ExitStack() as stack:
        frames = begin(run, phone)
        for _ in range(MAX_CLIENTS - 1):
            stack.enter_context(StandInPhone(run.url, hello=None))
        with pytest.raises(InvalidStatus, match="503"):
            StandInPhone(run.url)
        assert number_of(send(phone, frames, 3, 1100.0).bgr) == 3


def test_nobody_connects_without_the_token(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        begin(run, phone)
    for url in (run.url.partition("?")[0], run.url[:-1]):
        with pytest.raises(InvalidStatus, match="401"):
            StandInPhone(url)


def test_nobody_comes_in_time(tmp_path: Path) -> None:
    run = PhoneRun(tmp_path, give_up_s=0.1)
    with pytest.raises(SourceError, match=r"no phone sent a picture for 0\.1 s"):
        run.source()
    run._thread.join()


def test_a_phone_that_stays_away_is_given_up(tmp_path: Path) -> None:
    with PhoneRun(tmp_path, give_up_s=1.0) as run:
        with StandInPhone(run.url) as phone:
            frames = begin(run, phone)
            send(phone, frames, 2, 1033.0)
        with pytest.raises(SourceError, match=r"the phone is gone: no picture for 1 s"):
            next(frames)


def test_stop_ends_the_wait_for_a_phone_that_is_away(run: PhoneRun) -> None:
    with StandInPhone(run.url) as phone:
        frames = begin(run, phone)
        run.source().stop()
        assert list(frames) == []
