"""Who may connect to a WebSocket server."""

from __future__ import annotations

import socket

import pytest

from livepose.core.errors import OptionError
from livepose.system.origins import OriginRule, check_origin

HOST = "localhost:8765"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost",
        "http://localhost:8000",
        "https://app.localhost",
        "HTTP://LOCALHOST:8000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        f"http://{socket.gethostname()}:8000",
        "http://192.168.0.7:8000",
    ],
)
def test_programs_and_pages_of_this_machine_may_connect(origin: str | None) -> None:
    assert OriginRule("0.0.0.0").problem(HOST, origin, "192.168.0.7") == ""


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1.evil.example",
        "http://evillocalhost",
        "http://192.168.0.8:8000",
        "null",
        "",
        "file://localhost",
        "chrome-extension://localhost",
        "http://[::1",
    ],
)
def test_pages_of_others_may_not(origin: str) -> None:
    assert "a page of" in OriginRule("0.0.0.0").problem(HOST, origin, "192.168.0.7")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "[::1]:8765", "192.168.0.7:8765", "gym-pc:8765"]
)
def test_the_machine_may_be_asked_for_by_its_addresses_and_its_name(host: str) -> None:
    assert OriginRule("gym-pc").problem(host, None, "192.168.0.7") == ""


@pytest.mark.parametrize("host", ["evil.example:8765", "127.0.0.1.evil.example", "", None, "[::1"])
def test_a_name_that_another_site_has_turned_to_this_machine_is_refused(host: str | None) -> None:
    assert OriginRule("localhost").problem(host, None, "127.0.0.1") != ""


def test_origins_that_are_allowed() -> None:
    rule = OriginRule("localhost", ["https://App.example/", "null"])
    assert rule.problem(HOST, "https://app.example", "127.0.0.1") == ""
    assert rule.problem("app.example", "https://app.example", "127.0.0.1") == ""
    assert rule.problem(HOST, "null", "127.0.0.1") == ""
    assert rule.problem(HOST, "http://app.example", "127.0.0.1") != ""
    everyone = OriginRule("localhost", ["*"])
    assert everyone.problem("evil.example", "https://evil.example", "127.0.0.1") == ""


def test_what_is_refused_is_shown_in_short_and_without_control_characters() -> None:
    problem = OriginRule("localhost").problem(HOST, "http://\x1b[31m" + "x" * 9000, "127.0.0.1")
    assert len(problem) < 100 and problem.isprintable()


@pytest.mark.parametrize(
    "origin", ["", "example.org", "https://", "https://a/b", "https://u:p@a", "http://a b", "a://*"]
)
def test_what_is_no_origin(origin: str) -> None:
    if origin == "a://*":
        assert check_origin(origin) == origin
        return
    with pytest.raises(OptionError, match="is not an origin"):
        check_origin(origin)
