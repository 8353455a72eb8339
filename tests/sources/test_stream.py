"""A network stream on the loopback: it arrives, is made anew when broken, ends when gone."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.core.interfaces import Closeable
from livepose.sources import connection, stream
from livepose.sources.stream import StreamSource
from livepose.system.pyav import av
from tests.support.media import jpeg_of, make_clip, number_of, numbered
from tests.support.needs import needs_ffmpeg
from tests.support.rtsp import UdpCamera
from tests.support.servers import LoopbackServer, StreamServer, free_port, http_answer


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", pts=range(250), keyframe_every=5)


@needs_ffmpeg
def test_frames_arrive_in_order_and_as_they_come(clip: Path) -> None:
    with StreamServer(clip) as server, server.connect() as source:
        info = source.info
        frames = list(itertools.islice(source, 30))
    assert (info.width_px, info.height_px, info.is_live) == (160, 120, True)
    assert info.frame_count is None and info.path is None and info.name == server.url
    numbers = [number_of(frame.bgr) for frame in frames]
    assert numbers == sorted(set(numbers))
    # On a busy machine some are skipped, and counted.
    assert [frame.index - frames[0].index for frame in frames] == [n - numbers[0] for n in numbers]
    # 30 frames last about a second, as on the clock of the one who sends them; what was sent while
    # connecting comes at once.
    assert 0.3 < frames[-1].time_s < (numbers[-1] - numbers[0]) / 30 + 2


@needs_ffmpeg
def test_a_broken_connection_is_made_anew_and_the_index_goes_on(clip: Path) -> None:
    with StreamServer(clip) as first, first.connect() as source:
        frames = iter(source)
        before = list(itertools.islice(frames, 10))
        first.close()
        with StreamServer(clip, first.port):
            after: list[int] = []
            last_s = before[-1].time_s
            index = before[-1].index
            # What was on its way still comes; then the second server begins with small numbers.
            for frame in itertools.islice(frames, 240):
                assert frame.index > index
                assert frame.time_s > last_s
                index, last_s = frame.index, frame.time_s
                after.append(number_of(frame.bgr))
                if len(after) > 3 and after[-1] < after[0]:
                    break
            assert any(later < earlier for earlier, later in itertools.pairwise(after))


@needs_ffmpeg
def test_a_server_that_is_gone_for_good_is_an_error_when_it_is_to_be_given_up(
    clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with StreamServer(clip) as server, server.connect(give_up_s=1.5) as source:
        frames = iter(source)
        list(itertools.islice(frames, 5))
        server.close()
        with pytest.raises(
            SourceError, match=r"is gone: there was no picture for 1\.5 s"
        ) as caught:
            list(frames)
    assert "secret" not in str(caught.value)
    # Each reason is logged once, however often it is tried.
    assert 1 <= caplog.text.count("; reconnecting") <= 2


def test_a_refused_port_is_an_error_at_once() -> None:
    url = f"http://127.0.0.1:{free_port()}/live"
    began_s = time.monotonic()
    with pytest.raises(SourceError, match="refused") as caught:
        StreamSource(url)
    assert time.monotonic() - began_s < connection.OPEN_TIMEOUT_S
    assert url in str(caught.value)


def test_a_server_that_never_answers_is_given_up_after_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual_s = connection.OPEN_TIMEOUT_S
    monkeypatch.setattr(connection, "OPEN_TIMEOUT_S", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began_s = time.monotonic()
        with pytest.raises(SourceError):
            StreamSource(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live")
        assert 0.4 < time.monotonic() - began_s < usual_s


@needs_ffmpeg
def test_the_password_is_not_in_the_name(clip: Path) -> None:
    with StreamServer(clip) as server:
        url = server.url.replace("http://", "http://user:secret@")
        with server.connect(url) as source:
            name = source.info.name
    assert "secret" not in name
    assert f"127.0.0.1:{server.port}" in name


def test_the_password_is_not_in_an_error_either() -> None:
    with pytest.raises(SourceError) as caught:
        StreamSource(f"http://user:secret@127.0.0.1:{free_port()}/live")
    assert "secret" not in str(caught.value)


def test_a_web_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>Sign in</html>")
    with serving(tmp_path) as port, pytest.raises(SourceError, match="cannot be opened"):
        StreamSource(f"http://127.0.0.1:{port}/page.html")


def test_a_file_behind_a_url_ends_at_its_end(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", pts=range(20), movflags="+faststart")
    with serving(tmp_path) as port, StreamSource(f"http://127.0.0.1:{port}/clip.mp4") as source:
        numbers = [number_of(frame.bgr) for frame in source]
    # What is read to find out what it is may be lost: a live source prefers the newest.
    assert numbers == list(range(numbers[0], 20))


@pytest.mark.parametrize("broken", ["cut off", "not a picture", "empty"])
def test_a_broken_picture_is_left_out_without_reconnecting(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        wire.write(b"HTTP/1.0 200 OK\r\n")
        wire.write(b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for number in range(60):
            jpeg = jpeg_of(number)
            if number % 10 == 5:
                instead = {"cut off": jpeg[: len(jpeg) // 2], "not a picture": b"\0" * 900}
                jpeg = instead.get(broken, b"")
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            wire.write(head + jpeg + b"\r\n")
            closing.wait(0.02)

    caplog.set_level(logging.INFO, "livepose")
    with LoopbackServer() as server:
        server.answers["/video"] = send
        with StreamSource(f"{server.url}/video") as source:
            numbers = [number_of(frame.bgr) for frame in itertools.islice(source, 30)]
        assert server.asked == ["/video"]
    assert numbers == sorted(set(numbers))  # on a busy machine some are skipped
    assert not any(number % 10 == 5 for number in numbers)
    assert "reconnecting" not in caplog.text
    # Where an empty one ends, FFmpeg has to guess.
    assert caplog.text.count("broken frames are left out") in (
        (0, 1) if broken == "empty" else (1,)
    )


def test_of_pictures_that_wait_the_newest_is_returned_and_its_lag_is_true() -> None:
    burst = threading.Event()

    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        wire.write(b"HTTP/1.0 200 OK\r\n")
        wire.write(b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for number in range(200):
            jpeg = jpeg_of(number)
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            wire.write(head + jpeg + b"\r\n")
            if number == 20:
                burst.wait(10)
        wire.write(b"--frame\r\n")
        closing.wait(10)

    with LoopbackServer() as server:
        server.answers["/video"] = send
        with StreamSource(f"{server.url}/video") as source:
            frames = iter(source)
            first = next(frames)
            burst.set()
            time.sleep(1.0)  # as a network that takes its time
            asked_s = time.perf_counter()
            newest = next(frames)
    assert number_of(newest.bgr) == 199
    assert newest.index - first.index == 199 - number_of(first.bgr), "what was left out is counted"
    assert asked_s - newest.grabbed_s > 0.2, "it has waited since it arrived"
    assert newest.time_s == pytest.approx(newest.grabbed_s - first.grabbed_s)


@needs_ffmpeg
@pytest.mark.parametrize("keyframe_every", [60, 20], ids=["no key frame waits", "key frames wait"])
def test_a_stream_that_is_skipped_to_its_newest_picture_is_not_smeared(
    keyframe_every: int, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(250), keyframe_every=keyframe_every)
    with StreamServer(clip) as server, server.connect() as source:
        frames = iter(source)
        first = next(frames)
        time.sleep(1.2)
        late = next(frames)
    assert number_of(late.bgr) > number_of(first.bgr) + 20
    true = numbered(number_of(late.bgr), 160, 120).astype(int)
    assert np.abs(late.bgr - true).mean() < 12


def test_a_stream_that_is_stopped_while_it_connects_ends_at_once() -> None:
    with LoopbackServer() as server:
        server.answers["/video"] = lambda wire, closing: stall_after_a_picture(
            wire, closing, server
        )
        with StreamSource(f"{server.url}/video") as source:
            frames = iter(source)
            next(frames)
            timer = threading.Timer(0.5, source.stop)
            timer.start()
            began_s = time.monotonic()
            list(frames)
            assert time.monotonic() - began_s < connection.READ_TIMEOUT_S
            timer.join()
    join_readers()


def stall_after_a_picture(
    wire: BufferedIOBase, closing: threading.Event, server: LoopbackServer
) -> None:
    """Send a picture to the first client and hang up; answer no other."""
    if len(server.asked) == 1:
        jpeg = jpeg_of(1)
        wire.write(b"HTTP/1.0 200 OK\r\n")
        wire.write(b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for _ in range(5):
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            wire.write(head + jpeg + b"\r\n")
    else:
        closing.wait(10)


def test_a_single_picture_is_fetched_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        count = len(server.asked)
        if count % 7 == 4:  # a camera that is busy now and then
            http_answer(b"busy", status="503 Service Unavailable")(wire, closing)
        else:
            http_answer(jpeg_of(count), "Content-Type: image/jpeg")(wire, closing)

    caplog.set_level(logging.INFO, "livepose")
    with LoopbackServer() as server:
        server.answers["/snapshot.jpg"] = send
        with StreamSource(f"{server.url}/snapshot.jpg") as source:
            frames = list(itertools.islice(source, 20))
            assert source.info.is_live
        requests = len(server.asked)
    numbers = [number_of(frame.bgr) for frame in frames]
    assert numbers == [number for number in range(numbers[0], numbers[-1] + 1) if number % 7 != 4]
    assert requests == numbers[-1], "each picture is asked for once"
    assert [frame.index for frame in frames] == list(range(20))
    assert 1.8 < frames[-1].time_s < 15, "ten times a second"
    assert "is a single image" in caplog.text and "reconnecting" not in caplog.text


def test_a_single_picture_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "READ_TIMEOUT_S", 0.3)
    with LoopbackServer() as server:
        server.answers["/snapshot.jpg"] = http_answer(jpeg_of(1), "Content-Type: image/jpeg")
        with StreamSource(f"{server.url}/snapshot.jpg", give_up_s=0.8) as source:
            frames = iter(source)
            next(frames)
            del server.answers["/snapshot.jpg"]
            with pytest.raises(SourceError, match=r"no picture for 0\.8 s .*404"):
                list(frames)


def test_a_live_playlist_that_grows_in_bursts_plays_steadily(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    segments = make_segments(tmp_path, seconds=5)
    with (
        serving(tmp_path) as port,
        GrowingPlaylist(tmp_path / "live.m3u8", segments),
        StreamSource(f"http://127.0.0.1:{port}/live.m3u8") as source,
    ):
        frames = list(source)
    numbers = [number_of(frame.bgr) for frame in frames]
    assert numbers == sorted(set(numbers)), "not from its start again"
    assert (numbers[0], numbers[-1]) == (0, 149), "to the end of the broadcast"
    assert [frame.index for frame in frames] == numbers, "what a busy machine skips is counted"
    times_s = np.array([frame.time_s for frame in frames])
    assert np.diff(times_s).max() < 0.8, "no bursts of a second"
    assert times_s[-1] == pytest.approx(149 / 30, abs=1.0)
    assert "is gone" not in caplog.text


def test_a_broadcast_that_stalls_is_not_played_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_RELOADS", 1)
    segments = make_segments(tmp_path, seconds=2)
    (tmp_path / "live.m3u8").write_text(playlist(segments[:1]))
    with (
        serving(tmp_path) as port,
        StreamSource(f"http://127.0.0.1:{port}/live.m3u8", give_up_s=2) as source,
    ):
        frames = iter(source)
        numbers = [number_of(next(frames).bgr) for _ in range(30)]
        with pytest.raises(SourceError, match="nothing new is broadcast"):
            numbers += [number_of(frame.bgr) for frame in frames]
    join_readers()
    assert numbers == list(range(30))


@needs_ffmpeg
@pytest.mark.parametrize(
    "refusal", ["461 Unsupported Transport", "400 Bad Request", "hang up", "mute"]
)
def test_a_camera_without_tcp_is_watched_over_udp(
    refusal: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "OPEN_TIMEOUT_S", 2.0)
    monkeypatch.setattr(connection, "READ_TIMEOUT_S", 2.0)
    with UdpCamera(clip, refusal) as camera, StreamSource(camera.url) as source:
        numbers = [number_of(frame.bgr) for frame in itertools.islice(source, 20)]
    assert camera.transports[0].startswith("RTP/AVP/TCP")
    assert camera.transports[1].startswith("RTP/AVP/UDP")
    assert len(camera.transports) == 2
    assert numbers == sorted(set(numbers))  # on a busy machine some are skipped


def test_a_time_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(wire: BufferedIOBase, closing: threading.Event) -> None:
        closing.wait(5)

    monkeypatch.setattr(connection, "OPEN_TIMEOUT_S", 0.5)
    with LoopbackServer() as server:
        server.answers["/slow"] = never
        with pytest.raises(SourceError, match=r"no answer within 0\.5 s"):
            StreamSource(f"{server.url}/slow")


def test_a_stream_that_stalls_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "READ_TIMEOUT_S", 0.5)

    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        wire.write(b"HTTP/1.0 200 OK\r\n")
        wire.write(b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for number in range(10 if len(server.asked) == 1 else 0):
            jpeg = jpeg_of(number)
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            wire.write(head + jpeg + b"\r\n")
        closing.wait(1.5)

    with LoopbackServer() as server:
        server.answers["/video"] = send
        with (
            StreamSource(f"{server.url}/video", give_up_s=1) as source,
            pytest.raises(SourceError, match="no picture for 1 s"),
        ):
            list(source)
    assert "nothing arrived for 0.5 s; reconnecting" in caplog.text
    assert "Immediate exit" not in caplog.text


def join_readers() -> None:
    """Wait for threads that FFmpeg holds until a time limit of its own."""
    for thread in threading.enumerate():
        if thread.name == "livepose-stream":
            thread.join(30)


def make_segments(folder: Path, seconds: int) -> list[str]:
    """Write numbered frames as segments of a second each, and return their names."""
    clip = make_clip(folder / "clip.mp4", pts=range(30 * seconds), keyframe_every=30)
    options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": f"{folder}/%d.ts"}
    with (
        av.open(str(clip)) as source,
        av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as output,
    ):
        copied = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copied
                output.mux(packet)
    names = sorted(folder.glob("*.ts"), key=lambda path: int(path.stem))
    return [path.name for path in names]


class GrowingPlaylist(Closeable):
    """A playlist of three segments, which gets another one each second, and then its end."""

    def __init__(self, path: Path, segments: list[str]) -> None:
        self._path = path
        self._segments = segments
        self._closing = threading.Event()
        self._write(3)
        self._thread = threading.Thread(target=self._grow)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _grow(self) -> None:
        for count in range(4, len(self._segments) + 1):
            if self._closing.wait(1.0):
                return
            self._write(count)

    def _write(self, count: int) -> None:
        end = "#EXT-X-ENDLIST\n" if count == len(self._segments) else ""
        part = self._path.with_suffix(".part")
        part.write_text(playlist(self._segments[:count]) + end)
        part.replace(self._path)


def playlist(segments: list[str]) -> str:
    head = ("#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0")
    lines = [*head, *(f"#EXTINF:1.0,\n{name}" for name in segments)]
    return "\n".join(lines) + "\n"


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve a folder's files over HTTP; gives the port."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words, directory=str(folder))

        def log_message(self, *words: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
