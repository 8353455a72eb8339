"""Batches on a real S3 server: what goes in, what comes out, what is known again, what fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livepose.analysis.angle_definitions import parse_angles
from livepose.batch.inputs import find_inputs
from livepose.batch.options import (
    BatchDataOptions,
    BatchOptions,
    BatchOutputOptions,
    WorkOptions,
)
from livepose.batch.plan import BatchItem, check_targets
from livepose.batch.remote import delete, fetch, find, store
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.results import ItemResult, Status
from livepose.batch.run import run_batch
from livepose.batch.tidying import tidy_up
from livepose.core.errors import OptionError, SinkError, SourceError, SourceNotFound, TargetExists
from livepose.models import RuntimeName
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    Options,
    OutputOptions,
    SourceOptions,
)
from livepose.session.run import run
from tests.support.models import warm_cache
from tests.support.needs import needs_s3, needs_shared
from tests.support.s3 import SECRET, asking_for_rights, cutting_proxy, put_folder, running_s3

pytestmark = needs_s3

LITERT = ModelOptions("lightning", runtime=RuntimeName.LITERT)


@pytest.fixture
def warm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with a compiled Lightning."""
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """Return fsspec's view of a server with a bucket."""
    with running_s3("club") as files:
        yield files


def options_for(out_dir: Path | RemoteAddress, *, resume: bool = False) -> BatchOptions:
    results = out_dir if isinstance(out_dir, RemoteAddress) else out_dir.parent
    return BatchOptions(
        BatchOutputOptions(out_dir=out_dir, resume=resume),
        WorkOptions(jobs=1),
        LITERT,
        data=BatchDataOptions(
            save=(Path(".csv"),),
            angles=parse_angles("knee"),
            table=results / "all.csv",
            report=results / "batch.json",
        ),
    )


def names(*words: str, out_dir: str = "s3://club/out") -> list[str]:
    path = RemoteAddress(out_dir).path
    return [file.relative.as_posix() for file in find_inputs(words, (), path)]


def test_folders_patterns_and_files_in_a_bucket_are_found(s3: Any) -> None:
    for key in (
        "b.mp4",
        "a/10.MOV",
        "a/photo.jpg",
        "a/notes.txt",
        ".trash/gone.mp4",
        "b.livepose-3fa9c1.part.mp4",
        "out/b.mp4",
        "a//odd.mp4",
    ):
        s3.pipe_file(f"club/find/{key}", b"1")
    out = "s3://club/find/out"
    everything = ["a/10.MOV", "a/photo.jpg", "b.mp4"]
    assert names("s3://club/find", out_dir=out) == everything
    assert names("s3://club/find/**", out_dir=out) == everything
    assert names("s3://club/find/*.mp4", "s3://club/find/b.mp4") == ["b.mp4"]
    assert names("s3://club/find/a*", "s3://club/find/out") == [
        "a/10.MOV",
        "a/photo.jpg",
        "out/b.mp4",
    ]
    assert names("s3://club/find/a/10.MOV") == ["10.MOV"]
    with pytest.raises(SourceNotFound, match="there is no video or image at s3://club/find/x"):
        names("s3://club/find/x*.mp4")
    with pytest.raises(SourceNotFound, match="s3://club/find/x does not exist"):
        names("s3://club/find/x")
    for word in ("s3://nobody/a.mp4", "s3://nobody/*.mp4"):
        with pytest.raises(SourceError, match=r"cannot be read: The specified bucket does not"):
            names(word)
    with pytest.raises(OptionError, match="some inputs are local and some are remote"):
        names("s3://club/find", str(Path(__file__).parent.parent / "support"), __file__)


def test_a_folder_is_stored_without_what_was_there_before(s3: Any, tmp_path: Path) -> None:
    (folder := tmp_path / "walk_json" / "b").mkdir(parents=True)
    (folder / "1.json").write_text("new")
    for name in ("b/1.json", "b/2.json"):
        s3.pipe_file(f"club/store/walk_json/{name}", b"old")
    address = RemoteAddress("s3://club/store/walk_json")
    stored = store(tmp_path / "walk_json", address)
    (found,) = find(address) or []
    assert (
        found.address == address / "b/1.json" and s3.cat("club/store/walk_json/b/1.json") == b"new"
    )
    listing = RemoteListing([found])
    assert listing.is_same(address.path, stored)
    s3.pipe_file("club/store/walk_json/b/1.json", b"NEW")
    assert not RemoteListing(find(address) or []).is_same(address.path, stored)


def test_what_is_not_of_a_file_any_more_is_deleted(s3: Any) -> None:
    for name in ("a.trc", "a_person2.trc", "a_person3.trc", "aa_person2.trc", "b.trc", "a*.trc"):
        s3.pipe_file(f"club/tidy/{name}", b"old")
    s3.pipe_file("club/tidy/.livepose-pieces/a.mp4/0000.jsonl", b"piece")
    out = RemoteAddress("s3://club/tidy")
    data = DataOptions(save=(out.path / "a.trc",))
    source = SourceOptions(video="a.mp4")
    item = BatchItem("a.mp4", Path("a.mp4"), Options(source, data=data), 0, destination=out)
    there = RemoteListing(find(out) or [])
    with pytest.raises(TargetExists, match=r"s3://club/tidy/a\.trc exists: --overwrite"):
        check_targets(item, item.targets, there, resume=False)
    saved = (out.path / "a.trc", out.path / "a_person2.trc")
    result = ItemResult("a.mp4", Status.DONE, saved=saved)
    tidy_up(item, result, out.path, there)
    left = [file.address.path.name for file in find(out) or []]
    assert left == ["a*.trc", "a.trc", "a_person2.trc", "aa_person2.trc", "b.trc"]
    delete(out / "a*.trc")
    assert len(find(out) or []) == 4
    s3.pipe_file("club/tidy/.livepose-pieces/a.mp4/1.jsonl", b"found by this batch")
    tidy_up(item, result, out.path, there, was_cut=True)
    assert len(find(out) or []) == 4


def test_a_connection_that_is_lost_is_made_again(s3: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096
    s3.pipe_file("club/lost/a.mp4", content)
    with cutting_proxy(cuts=2) as proxy:
        fetch(RemoteAddress("s3://club/lost/a.mp4"), tmp_path / "a.mp4")
    assert proxy.cut == 2 and (tmp_path / "a.mp4").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_elsewhere_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    target = tmp_path / "out" / "a.csv"
    attempts: list[str] = []

    class Flaky(LocalFileSystem):  # type: ignore[misc,unused-ignore]
        """A disk that breaks in the middle of the first file."""

        protocol = "flaky"

        def put_file(self, lpath: str, rpath: str, **others: object) -> None:
            assert not target.exists()
            attempts.append(rpath)
            if len(attempts) == 1:
                Path(rpath).write_bytes(b"who")
                raise TimeoutError("no answer")
            super().put_file(lpath, rpath, **others)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return str(path).removeprefix("flaky:/")

    fsspec.register_implementation("flaky", Flaky, clobber=True)
    (source := tmp_path / "a.csv").write_bytes(b"whole")
    store(source, RemoteAddress(f"flaky:/{target}"))
    assert len(attempts) == 2 and target.read_bytes() == b"whole"
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]


def test_where_there_are_no_rights_it_is_said(s3: Any, tmp_path: Path) -> None:
    s3.pipe_file("club/rights/a.mp4", b"1")
    with asking_for_rights():
        with pytest.raises(SourceError, match="s3://club/rights cannot be read: access is denied"):
            names("s3://club/rights")
        with pytest.raises(SinkError, match="cannot be written: access is denied"):
            store(Path(__file__), RemoteAddress("s3://club/rights/b.csv"))


def test_what_is_no_address_of_a_file_is_refused() -> None:
    for word, message in [
        ("s3://", "s3:// is not the address of a file or folder"),
        ("zip://a.mp4::s3://club/a.zip", "is not the address of a file or folder"),
        ("nothing://me:secret@host/a", "nothing://host/a cannot be opened: Protocol not known"),
    ]:
        with pytest.raises(OptionError, match=message) as raised:
            names(word)
        assert "secret" not in str(raised.value)


@needs_shared
@pytest.mark.usefixtures("warm")
def test_a_batch_from_a_bucket_to_a_bucket(s3: Any, tmp_path: Path) -> None:
    films = tmp_path / "films"
    (films / "a").mkdir(parents=True)
    clip = films / "a" / "1.mp4"
    demo = SourceOptions(demo=True, size_px=(160, 120), max_frames=20)
    run(Options(demo, OutputOptions(out=clip, show=False), LITERT))
    (films / "2 b.mp4").write_bytes(b"no video")
    (films / "notes.txt").touch()
    put_folder(s3, films, "club/in")
    out = RemoteAddress("s3://club/in/out")
    first = run_batch(["s3://club/in"], options_for(out))
    assert {each.name: each.status.value for each in first.results} == {
        "2 b.mp4": "failed",
        "a/1.mp4": "done",
    }
    (failed,) = first.failed
    assert failed.errors[0].startswith("s3://club/in/2 b.mp4 is not a video that can be read")
    run_batch([str(films)], options_for(tmp_path / "out"))
    assert s3.cat("club/in/out/a/1.csv") == (tmp_path / "out" / "a" / "1.csv").read_bytes()
    assert s3.cat("club/in/out/all.csv") == (tmp_path / "all.csv").read_bytes()
    assert all(SECRET.encode() not in content for content in map(s3.cat, s3.find("club/in")))

    s3.rm("club/in/2 b.mp4")
    again = run_batch(["s3://club/in/**/*.mp4"], options_for(out, resume=True))
    assert [each.status.value for each in again.results] == ["kept"]
    (result,) = json.loads(s3.cat("club/in/out/batch.json"))["results"]
    assert result["saved"] == ["s3://club/in/out/a/1.csv"]
