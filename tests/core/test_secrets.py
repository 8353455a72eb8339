"""Passwords and tokens in addresses of many shapes."""

from __future__ import annotations

import pytest

from livepose.core.errors import LivePoseError, OptionError, SourceNotFound
from livepose.core.frame import StreamInfo
from livepose.core.secrets import hide_secrets
from tests.support.secrets import SECRET, SECRET_ADDRESSES


@pytest.mark.parametrize("address", SECRET_ADDRESSES)
@pytest.mark.parametrize("sentence", ["{}", "'{}' is gone", "HTTP 404: {}, tried (twice)\n<{}>"])
def test_no_secret_is_left_in_any_text(address: str, sentence: str) -> None:
    assert SECRET not in hide_secrets(sentence.format(address, address))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clip.mp4",
        "give osc://HOST:PORT, udp://HOST:PORT or ws://HOST:PORT",
        "http://[::1 is not an address",
        "rtsp://camera.local:554/live/main",
        "rtsp://[fe80::1]:554/live",
        "http://10.0.0.7:8080: connection refused; mail somebody@example.org",
        "http://example.org/@user/film.mp4",
        "https://tfhub.dev/google/movenet/singlepose/lightning/4?tf-hub-format=compressed",
        "rtsp://10.0.0.7/cam/realmonitor?channel=1&subtype=0",
        "data/12:30@gym.mp4 exists: --overwrite replaces it",
        "/films/12:30@gym.mp4 exists: --overwrite replaces it",
        r"C:\films\a@b.mp4 is not a video",
        "img_%04d.png, 'img*.png' and what?",
        "give --height 1.75",
        "rate=30 is not a rate",
    ],
)
def test_what_is_not_a_secret_stays_as_it_is(text: str) -> None:
    assert hide_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://u:p@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("RTSP://u:p@10.0.0.7/live", "RTSP://10.0.0.7/live"),
        ("rtps:/u:p@10.0.0.7/live", "rtps:/10.0.0.7/live"),
        ("u:p@10.0.0.7/live", "10.0.0.7/live"),
        ("'//u:p@10.0.0.7/live'", "'10.0.0.7/live'"),
        ("nonnumeric port: 'p@10.0.0.7:9'", "nonnumeric port: '***'"),
        ("rtsp://u:p/q#r@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("'http://h/v?token=abc' is gone", "'http://h/v?token=***' is gone"),
        ("http://h/v?fps=10&sig=a;b#c", "http://h/v?fps=10&sig=***;***#***"),
        ("rtsp://h/user=me&password=x&channel=1", "rtsp://h/user=***&password=***&channel=1"),
    ],
)
def test_what_is_hidden_and_what_is_kept(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown
    assert hide_secrets(shown) == shown


@pytest.mark.parametrize("kind", [LivePoseError, OptionError, SourceNotFound])
def test_errors_hide_secrets(kind: type[LivePoseError]) -> None:
    assert str(kind("http://h/v?token=abc is gone")) == "http://h/v?token=*** is gone"


def test_the_name_of_a_source_hides_secrets() -> None:
    assert StreamInfo("rtsp://u:p@h/v", 4, 4, is_live=True).name == "rtsp://h/v"
