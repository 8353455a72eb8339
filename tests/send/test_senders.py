"""What every sender promises: OSC, UDP and WebSocket."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import PosedFrame
from livepose.send import open_sender
from tests.support.sending import frame_line, posed_with, write_many, write_until_it_fails
from tests.support.servers import free_port


@pytest.fixture(params=["osc", "udp", "ws"])
def url(request: pytest.FixtureRequest) -> str:
    kind = socket.SOCK_STREAM if request.param == "ws" else socket.SOCK_DGRAM
    return f"{request.param}://127.0.0.1:{free_port(kind)}"


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(OptionError, match="give osc://HOST:PORT"):
        open_sender("localhost:9000", frame_line)


@pytest.mark.parametrize("scheme", ["osc", "udp", "ws"])
def test_a_host_that_does_not_exist_is_told_at_once(scheme: str) -> None:
    with pytest.raises(SinkError, match=r"there is no host nowhere\.invalid"):
        open_sender(f"{scheme}://nowhere.invalid:9000", frame_line)


def test_nobody_has_to_listen(url: str) -> None:
    with open_sender(url, frame_line) as sender:
        write_many(sender)


def test_close_can_be_called_twice_and_nothing_can_be_written_afterwards(url: str) -> None:
    sender = open_sender(url, frame_line)
    sender.close()
    sender.close()
    with pytest.raises(SinkError, match="is closed"):
        sender.write(posed_with(0))


@pytest.mark.parametrize("scheme", ["udp", "ws"])
def test_a_fault_of_the_encoder_reaches_the_writer(scheme: str) -> None:
    def broken(posed: PosedFrame) -> bytes:
        raise ZeroDivisionError("no such number")

    kind = socket.SOCK_STREAM if scheme == "ws" else socket.SOCK_DGRAM
    url = f"{scheme}://127.0.0.1:{free_port(kind)}"
    with open_sender(url, broken) as sender, ExitStack() as stack:
        if scheme == "ws":  # which encodes nothing without a client
            stack.enter_context(connect(url))
        with pytest.raises(SinkError, match="gets no more poses: no such number") as caught:
            write_until_it_fails(sender)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
