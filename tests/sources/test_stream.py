"""A network stream on the loopback: it arrives, is made anew when broken, ends when gone."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from livepose.core.errors import SourceError
from livepose.sources import stream
from livepose.sources.stream import StreamSource
from tests.support.media import make_clip, number_of
from tests.support.needs import needs_ffmpeg
from tests.support.servers import StreamServer, free_port


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
    assert numbers == list(range(numbers[0], numbers[0] + 30))
    # 30 frames last about a second, as on the clock of the one who sends them; what was sent while
    # connecting comes at once.
    assert 0.3 < frames[-1].time_s < 3


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
                assert frame.index == index + 1
                assert frame.time_s >= last_s
                index, last_s = frame.index, frame.time_s
                after.append(number_of(frame.bgr))
                if len(after) > 3 and after[-1] < after[0]:
                    break
            assert any(later < earlier for earlier, later in itertools.pairwise(after))


def test_a_stream_is_given_up_after_5_s_and_reconnected_for_at_least_4_s() -> None:
    assert stream.OPEN_TIMEOUT_S == stream.READ_TIMEOUT_S == 5.0
    assert len(stream.RECONNECT_DELAYS_S) == 5
    assert 4 < sum(stream.RECONNECT_DELAYS_S) < 5


@needs_ffmpeg
def test_a_server_that_is_gone_for_good_is_an_error_after_every_attempt(
    clip: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stream, "RECONNECT_DELAYS_S", (0.05, 0.1, 0.15))
    with StreamServer(clip) as server, server.connect() as source:
        frames = iter(source)
        list(itertools.islice(frames, 5))
        server.close()
        began_s = time.monotonic()
        with pytest.raises(SourceError, match="could not be reached again"):
            list(frames)
        assert 0.3 < time.monotonic() - began_s < 10
    assert caplog.text.count("; reconnecting") == 3


def test_a_refused_port_is_an_error_at_once() -> None:
    url = f"http://127.0.0.1:{free_port()}/live"
    began_s = time.monotonic()
    with pytest.raises(SourceError, match="refused") as caught:
        StreamSource(url)
    assert time.monotonic() - began_s < 2
    assert url in str(caught.value)


def test_a_server_that_never_answers_is_given_up_after_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "OPEN_TIMEOUT_S", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began_s = time.monotonic()
        with pytest.raises(SourceError):
            StreamSource(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live")
        assert 0.4 < time.monotonic() - began_s < 2.5


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
