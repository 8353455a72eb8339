"""`--camera phone`: where its page is served, and what a run makes of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from livepose.core.errors import OptionError, SinkError, SourceError
from livepose.session.callbacks import RunCallbacks
from livepose.session.decisions import has_result
from livepose.session.named_source import with_names
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions
from livepose.session.phone_camera import phone_address
from livepose.session.run import run
from livepose.session.validation import validate
from livepose.system.web_address import WebAddress
from livepose.web.phone.camera import open_phone
from livepose.web.phone.invitation import Invitation
from tests.support.media import jpeg_of
from tests.support.models import warm_cache
from tests.support.needs import needs_shared
from tests.support.phone import LIMIT_S, StandInPhone, at_host

NO_WINDOW = OutputOptions(show=False)


def inviting(invite: Callable[[Invitation], None] = lambda invitation: None) -> RunCallbacks:
    return RunCallbacks(open_phone=lambda camera, options: open_phone(camera, options, invite))


@pytest.mark.parametrize(
    ("camera", "address"),
    [
        ("phone", WebAddress("0.0.0.0", 8443)),
        ("phone:9000", WebAddress("0.0.0.0", 9000)),
        ("phone:127.0.0.1:9000", WebAddress("127.0.0.1", 9000)),
        ("phone:[::1]:9000", WebAddress("::1", 9000)),
    ],
)
def test_it_listens_for_other_machines_unless_a_host_is_named(
    camera: str, address: WebAddress
) -> None:
    assert phone_address(camera) == address


@pytest.mark.parametrize("camera", ["phone:", "phone:x", "phone:99999", "phone:a:b:c"])
def test_another_form_is_refused_before_anything_is_done(camera: str) -> None:
    options = Options(SourceOptions(camera=camera), NO_WINDOW)
    with pytest.raises(OptionError, match="write phone, phone:8444 or phone:HOST:8444"):
        validate(options)


def test_a_cache_that_is_read_only_has_no_certificate_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path / "file" / "models"))
    invitations: list[Invitation] = []
    options = Options(SourceOptions(camera="phone", give_up_s=0.01), NO_WINDOW)
    with pytest.raises(SourceError, match="no phone sent a picture"):
        open_phone("phone:127.0.0.1:0", options, invitations.append)
    assert len(invitations) == 1
    assert "phones will ask again in the next run" in caplog.text


def test_the_phone_itself_shows_something_so_no_window_and_no_file_is_needed() -> None:
    assert has_result(Options(SourceOptions(camera="phone"), NO_WINDOW))
    assert not has_result(Options(SourceOptions(camera="0"), NO_WINDOW))


def test_files_are_named_after_it() -> None:
    options = Options(SourceOptions(camera="phone:9000"), OutputOptions(out=Path("{name}.mp4")))
    assert with_names(options).output.out == Path("phone.mp4")


def test_a_port_that_is_taken_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = Options(SourceOptions(camera=f"phone:127.0.0.1:{port}"), NO_WINDOW)
        with pytest.raises(SinkError, match=rf"uses port {port}; .* \(--camera phone:{port + 1}\)"):
            run(options, inviting())


def test_nobody_who_comes_in_time_is_one_clear_error_and_no_file_is_left(tmp_path: Path) -> None:
    source = SourceOptions(camera="phone:127.0.0.1:0", give_up_s=0.1)
    data = DataOptions(save=(tmp_path / "poses.csv",))
    with pytest.raises(SourceError, match=r"no phone sent a picture for 0\.1 s"):
        run(Options(source, NO_WINDOW, data=data), inviting())
    assert list(tmp_path.iterdir()) == []


@needs_shared
def test_a_run_takes_its_frames_from_the_phone_and_sends_poses_back(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    invitations: Queue[Invitation] = Queue()
    analysed: list[int] = []

    def be_the_phone() -> None:
        url = at_host(invitations.get(timeout=LIMIT_S).url, "127.0.0.1")
        with StandInPhone(url) as phone:
            phone.send(1, 1000.0, jpeg_of(1))  # which says the size
            phone.receive("arrived")
            for number in (2, 3):
                phone.send(number, 1000.0 + 33 * number, jpeg_of(number))
                analysed.append(phone.receive("poses")["number"])

    phone = threading.Thread(target=be_the_phone, name="phone")
    phone.start()
    source = SourceOptions(camera="phone:127.0.0.1:0", max_frames=2, give_up_s=LIMIT_S)
    data = DataOptions(save=(tmp_path / "poses.jsonl",))
    callbacks = inviting(invitations.put)
    summary = run(Options(source, NO_WINDOW, data=data), callbacks)
    phone.join(LIMIT_S)
    assert (summary.name, summary.is_live, summary.frames) == ("phone", True, 2)
    assert analysed == [2, 3]
    assert summary.saved == [tmp_path / "poses.jsonl"] and not summary.errors
