"""What killed runs have left is found, made whole, or deleted; what a run still writes is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from livepose.core.errors import OptionError, SinkError
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions
from livepose.session.recover import discard, folders_of, left_at, left_in, note_of, recover
from livepose.sinks.video import VideoSink
from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from tests.support.media import make_clip
from tests.support.video_files import FILE, frame_at, names_in, numbers_in, part_beside

RUN = "livepose-012345.part"


def killed(folder: Path, suffix: str, *, frames: int = 60, cut_bytes: int = 0) -> Path:
    """Return the part of a film with audio, as a run leaves it that is killed in the middle."""
    clip = make_clip(folder / "clip.mp4", pts=range(90), sound="aac", sound_s=3.0)
    growing = folder / "growing"
    growing.mkdir()
    left = folder / f"film.{RUN}{suffix}"
    with VideoSource(clip) as source:
        sink = VideoSink(growing / f"film{suffix}", source.info)
        for frame in list(source)[:frames]:
            sink.write(frame)
        data = part_beside(growing / f"film{suffix}").read_bytes()
        sink.close()
    left.write_bytes(data[: len(data) - cut_bytes])
    shutil.rmtree(growing)
    clip.unlink()
    return left


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("cut_bytes", [0, 500])
def test_a_video_is_made_whole_with_its_audio(suffix: str, cut_bytes: int, tmp_path: Path) -> None:
    killed(tmp_path, suffix, cut_bytes=cut_bytes)
    (left,) = left_in(tmp_path)
    made = recover(left)
    assert made is not None and made.path == tmp_path / f"film{suffix}"
    numbers = numbers_in(made.path)
    assert numbers == list(range(len(numbers))) and len(numbers) > 30
    assert made.amount.startswith(f"{len(numbers)} frames, ")
    with av.open(str(made.path)) as container:
        (audio,) = container.streams.audio
        packets = [packet for packet in container.demux(audio) if packet.size]
        last = packets[-1]
        assert float((last.pts or 0) * last.time_base) >= len(numbers) / 30 - 0.3
    assert names_in(tmp_path) == [f"film{suffix}"]
    if suffix != ".mkv":
        content = made.path.read_bytes()
        assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_a_file_in_the_targets_place_is_kept(tmp_path: Path) -> None:
    first = killed(tmp_path, ".mp4")
    shutil.copy(first, tmp_path / "film.livepose-abcdef.part.mp4")
    (tmp_path / "film.mp4").write_bytes(b"precious")
    assert [made.path.name for left in left_in(tmp_path) if (made := recover(left))] == [
        "recovered-film.mp4",
        "recovered-2-film.mp4",
    ]
    assert (tmp_path / "film.mp4").read_bytes() == b"precious"


def test_data_are_made_whole(tmp_path: Path) -> None:
    part = tmp_path / f"poses.{RUN}.csv"
    part.write_text("frame,x\n0,1.5\n1,")
    (left,) = left_at(part)
    made = recover(left)
    assert made is not None and made.amount == "1 record"
    assert (tmp_path / "poses.csv").read_text() == "frame,x\n0,1.5\n"


@pytest.mark.parametrize("name", [f"film.{RUN}.mp4", f"film.{RUN}.mkv", f"page.{RUN}.html"])
def test_a_part_of_which_nothing_can_be_made_stays_until_it_is_discarded(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / name).touch()
    (left,) = left_in(tmp_path)
    with pytest.raises(SinkError, match="--discard deletes it") as caught:
        recover(left)
    assert str(tmp_path / name) in str(caught.value)
    assert names_in(tmp_path) == [name]
    discard(left)
    assert names_in(tmp_path) == []


def test_what_a_run_still_writes_is_neither_named_nor_touched(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "film.mp4", FILE) as sink:
        sink.write(frame_at(0, 0.0))
        assert left_in(tmp_path) == []
        assert note_of([tmp_path]) == ""
        with pytest.raises(SinkError, match="is still being written"):
            left_at(part_beside(tmp_path / "film.mp4"))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "film.part.mp4").touch()
    with pytest.raises(OptionError, match="is not a part that a run has left"):
        left_at(tmp_path / "film.part.mp4")
    with pytest.raises(OptionError, match="does not exist"):
        left_at(tmp_path / "nowhere")


def test_a_note_says_what_is_left_and_how_to_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my films").mkdir()
    assert note_of([Path()]) == ""
    Path(f"film.{RUN}.mp4").touch()
    assert note_of([Path(), tmp_path]) == (
        "1 unfinished file of earlier runs (film.mp4): livepose recover makes it whole"
    )
    Path(f"my films/poses.{RUN}.csv").touch()
    options = Options(
        SourceOptions(demo=True),
        output=OutputOptions(out=Path("my films/film.mp4")),
        data=DataOptions(save=(Path("a.csv"),)),
    )
    assert note_of(folders_of(options)) == (
        "2 unfinished files of earlier runs (film.mp4, poses.csv): "
        f"livepose recover and livepose recover '{tmp_path}/my films' make them whole"
    )
