"""Images behind an address: downloaded once, or one sentence."""

from __future__ import annotations

import threading
from io import BufferedIOBase
from pathlib import Path

import cv2
import pytest

from livepose.core.errors import SourceError, SourceNotFound
from livepose.sources import download, open_image, open_source
from tests.support.media import make_clip, number_of, numbered
from tests.support.servers import LoopbackServer, free_port, http_answer


def encoded(number: int) -> bytes:
    is_encoded, data = cv2.imencode(".png", numbered(number, 160, 120))
    assert is_encoded
    return data.tobytes()


def test_an_image_behind_an_address_is_one_frame() -> None:
    with LoopbackServer() as server:
        server.answers["/photos/a%20dance.png?size=large"] = http_answer(encoded(7))
        url = f"{server.url}/photos/a%20dance.png?size=large"
        with open_image(url) as source:
            numbers = [number_of(frame.bgr) for frame in source]
            assert (source.info.name, source.info.is_live) == ("a dance.png", False)
    assert numbers == [7]


def test_what_cannot_be_downloaded_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIME_LIMIT_S", 0.4)

    def never(wire: BufferedIOBase, closing: threading.Event) -> None:
        closing.wait(5)

    with LoopbackServer() as server:
        server.answers |= {
            "/page.png": http_answer(b"<html>Sign in</html>"),
            "/short.png": http_answer(encoded(1)[:200], length=5000),
            "/slow.png": never,
            "/busy.png": http_answer(b"", status="503 Service Unavailable"),
        }
        url = server.url.replace("http://", "http://user:secret@")
        with pytest.raises(SourceNotFound, match="the server answers 404"):
            open_image(f"{server.url}/gone.png")
        for name, reason in (
            ("page.png", f"{server.url}/page.png is not an image"),
            ("short.png", "cannot be downloaded|not an image|broken|cut"),
            ("slow.png", r"no answer within 0\.4 s"),
            ("busy.png", "the server answers 503"),
        ):
            with pytest.raises(SourceError, match=reason):
                open_image(f"{server.url}/{name}")
        with pytest.raises(SourceError) as caught:
            open_image(f"{url}/gone.png")
        assert "secret" not in str(caught.value)
    with pytest.raises(SourceError, match="refused"):
        open_image(f"http://127.0.0.1:{free_port()}/photo.png")


def test_an_address_of_a_file_is_the_file(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a dance.mp4", pts=range(5))
    image = tmp_path / "photo 100%.png"
    image.write_bytes(encoded(3))
    with open_source(clip.as_uri()) as source:
        assert [number_of(frame.bgr) for frame in source] == [0, 1, 2, 3, 4]
    for address in (image.as_uri(), f"file://localhost{image}", f"FILE://{image}"):
        with open_source(address) as source, open_image(address) as same:
            assert [number_of(frame.bgr) for frame in source] == [3]
            assert [number_of(frame.bgr) for frame in same] == [3]
