"""Datagrams: one for each frame, of a size that UDP takes."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import suppress

import orjson
import pytest

from livepose.send import open_sender
from livepose.send.address import CAPACITY
from tests.support.sending import (
    MANY,
    PATIENCE_S,
    frame_line,
    index_of,
    posed_with,
    udp_receiver,
    udp_url,
    write_many,
)
from tests.support.servers import free_port


def test_a_datagram_is_the_line_of_its_frame() -> None:
    posed = posed_with(7)
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        sender.write(posed)
        assert receiver.recv(65536) == frame_line(posed)


def test_a_line_too_long_for_a_datagram_goes_without_what_was_found() -> None:
    posed = posed_with(7, tuple(range(1, 201)))
    assert len(frame_line(posed)) > 65507
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        sender.write(posed)
        words = orjson.loads(receiver.recv(65536))
    assert words["xy"] == posed.poses.xy.tolist()
    assert words["found"] == []


def test_a_line_that_is_still_too_long_is_left_out_and_that_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    crowd = tuple(range(1, 501))
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        for index in (1, 2):
            sender.write(posed_with(index, crowd))
        sender.write(posed_with(3))
        assert index_of(receiver.recv(65536)) == 3
    assert caplog.text.count("500 people are too many for one datagram") == 1


def _drain(receiver: socket.socket) -> None:
    receiver.settimeout(0.2)
    with suppress(TimeoutError):
        while True:
            receiver.recv(65536)


def _stale_before(receiver: socket.socket, index: int) -> int:
    """Receive until a frame comes; return how many a busy machine sent late, before it."""
    receiver.settimeout(PATIENCE_S)
    count = 0
    while index_of(receiver.recv(65536)) != index:
        count += 1
    return count


def test_a_datagram_receiver_that_stopped_gets_what_is_newest_when_it_reads_again() -> None:
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        write_many(sender)
        _drain(receiver)
        write_many(sender, first=MANY)
        _drain(receiver)
        sender.write(posed_with(12345))
        assert _stale_before(receiver, 12345) <= CAPACITY


def test_a_receiver_that_comes_later_gets_what_is_newest() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with open_sender(f"udp://127.0.0.1:{port}", frame_line) as sender:
        write_many(sender)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", port))
            receiver.settimeout(0.2)
            _drain(receiver)  # the last of the many
            sender.write(posed_with(12345))
            assert _stale_before(receiver, 12345) <= CAPACITY


def test_that_nobody_listens_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with open_sender(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", frame_line) as sender:
        for index in range(20):
            sender.write(posed_with(index))
            time.sleep(0.002)
    assert [r.getMessage() for r in caplog.records if "nobody listens" in r.getMessage()]
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1
