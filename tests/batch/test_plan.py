"""Names and folders are kept, no two files write the same one, and images get what suits them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.batch.inputs import InputFile
from livepose.batch.options import (
    BatchDataOptions,
    BatchOptions,
    BatchOutputOptions,
    WorkOptions,
    check_batch,
)
from livepose.batch.plan import BatchItem, check_targets, make_plan
from livepose.batch.remote_listing import RemoteListing
from livepose.core.errors import OptionError, TargetExists
from livepose.models import RuntimeName
from livepose.motion import Select
from livepose.session.option_fields import option_fields
from livepose.session.options import (
    Effort,
    ModelOptions,
    PeopleOptions,
    Smooth,
    StyleOptions,
)
from livepose.session.validation.source import check_source_options
from livepose.sinks import Quality

NOTHING = RemoteListing([])


def plan(
    tmp_path: Path, *names: str, data: BatchDataOptions | None = None, annotate: bool | None = None
) -> list[BatchItem]:
    """Plan a batch of empty files, which writes to `out`."""
    files = []
    for name in names:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        files.append(InputFile(path, PurePath(name)))
    output = BatchOutputOptions(out_dir=tmp_path / "out", annotate=annotate)
    options = BatchOptions(output, data=data or BatchDataOptions())
    return make_plan(files, options, RuntimeName.LITERT)


def targets(tmp_path: Path, items: list[BatchItem]) -> list[list[str]]:
    out = tmp_path / "out"
    return [[path.relative_to(out).as_posix() for path in item.targets] for item in items]


def test_annotated_copies_keep_names_and_folders(tmp_path: Path) -> None:
    items = plan(tmp_path, "a/x.mov", "a/b/y.avi", "z.JPG", "w.heic")
    assert targets(tmp_path, items) == [["a/x.mov"], ["a/b/y.mp4"], ["z.JPG"], ["w.png"]]


def test_data_files_are_named_after_their_input(tmp_path: Path) -> None:
    endings = (".csv", ".coco.json", "_json", "openpose")
    data = BatchDataOptions(save=tuple(map(Path, endings)))
    assert targets(tmp_path, plan(tmp_path, "a/x.mp4", data=data)) == [
        ["a/x.csv", "a/x.coco.json", "a/x_json", "a/x_openpose"]
    ]
    both = plan(tmp_path, "a/x.mp4", data=BatchDataOptions(save=(Path(".csv"),)), annotate=True)
    assert targets(tmp_path, both) == [["a/x.mp4", "a/x.csv"]]


def test_two_files_that_would_write_the_same_one_are_refused(tmp_path: Path) -> None:
    data = BatchDataOptions(save=(Path(".csv"),))
    with pytest.raises(OptionError, match=r"x\.mp4 and .*x\.mov would both write .*x\.csv"):
        plan(tmp_path, "x.mp4", "x.mov", data=data)


def test_a_file_in_the_place_of_a_further_person_is_refused(tmp_path: Path) -> None:
    names = ("a.mkv", "A_person2.mp4")
    with pytest.raises(OptionError, match=r"A_person2\.trc, .* further person of .*a\.mkv"):
        plan(tmp_path, *names, data=BatchDataOptions(save=(Path(".trc"),)))
    assert len(plan(tmp_path, *names, data=BatchDataOptions(save=(Path(".csv"),)))) == 2
    alone = plan(tmp_path, "A_person2.mp4", data=BatchDataOptions(save=(Path(".trc"),)))
    assert targets(tmp_path, alone) == [["A_person2.trc"]]


@pytest.mark.parametrize(
    ("name", "ending", "purpose"),
    [
        ("livepose-batch.mkv", ".jsonl", "the batch keeps what it has done"),
        (".livepose-pieces/a.mkv", ".csv", "the batch keeps pieces"),
        ("A.mkv", ".csv", "--table is written"),
        ("b.mkv", ".coco.json", "--report is written"),
    ],
)
def test_an_output_in_the_place_of_a_file_of_the_batch_is_refused(
    tmp_path: Path, name: str, ending: str, purpose: str
) -> None:
    out = tmp_path / "out"
    data = BatchDataOptions((Path(ending),), table=out / "a.csv", report=out / "b.coco.json")
    with pytest.raises(OptionError, match=purpose):
        plan(tmp_path, name, data=data)


def test_a_copy_in_the_place_of_an_input_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out" / "x.mp4"
    path.parent.mkdir()
    path.touch()
    options = BatchOptions(BatchOutputOptions(out_dir=tmp_path / "out"))
    with pytest.raises(OptionError, match=r"x\.mp4 is an input"):
        make_plan([InputFile(path, PurePath("x.mp4"))], options, RuntimeName.LITERT)


def test_every_option_of_the_data_reaches_each_video(tmp_path: Path) -> None:
    names = {field.name for field in option_fields(BatchDataOptions)} - {"save", "table", "report"}
    assert {"resample_rate", "fill_frames", "counter", "plot"} <= names and "sound" not in names
    values: dict[str, Any] = {name: ("a value",) for name in names}
    values["repetitions"] = (parse_repetitions("right_knee"),)
    (item,) = plan(tmp_path, "x.mp4", data=BatchDataOptions(**values))
    assert {name: getattr(item.options.data, name) for name in names} == values


def test_a_batch_has_no_options_of_a_window() -> None:
    assert {field.name for field in option_fields(BatchOutputOptions)} == {
        "overwrite", "quality", "out_dir", "annotate", "resume",
    }  # fmt: skip


def test_options_of_motion_are_left_out_for_images(tmp_path: Path) -> None:
    data = BatchDataOptions(
        save=(Path(".csv"), Path(".reps.csv")), repetitions=(parse_repetitions("right_knee"),)
    )
    video, image = plan(tmp_path, "x.mp4", "y.png", data=data)
    assert len(video.options.data.save) == 2 and len(image.options.data.save) == 1
    assert len(video.options.data.repetitions) == 1 and image.options.data.repetitions == ()
    assert image.options.people.smooth is Smooth.NONE
    assert not image.options.annotates_image


def test_paths_that_workers_elsewhere_read_are_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("own.tflite", "x.mp4"):
        (tmp_path / name).touch()
    options = BatchOptions(
        BatchOutputOptions(out_dir=Path("out")),
        model=ModelOptions("own.tflite"),
        style=StyleOptions(against=Path("teacher.jsonl")),
    )
    file = InputFile(tmp_path / "x.mp4", PurePath("x.mp4"))
    (item,) = make_plan([file], options, RuntimeName.LITERT)
    assert item.targets == (tmp_path / "out" / "x.mp4",)
    assert item.options.model.name == str(tmp_path / "own.tflite")
    assert item.options.style.against == tmp_path / "teacher.jsonl"


def test_no_option_of_motion_is_left_to_an_image(tmp_path: Path) -> None:
    data = BatchDataOptions(plot=("left_knee",), counter=True, resample_rate=50.0, fill_frames=9)
    options = BatchOptions(
        BatchOutputOptions(out_dir=tmp_path / "out", quality=Quality.SMALL),
        people=PeopleOptions(cutoff_hz=4.0),
        style=StyleOptions(extremes=True, trail=frozenset({"wrists"}), boxes=True),
        data=data,
    )
    (tmp_path / "y.png").touch()
    file = InputFile(tmp_path / "y.png", PurePath("y.png"))
    ((item,), style) = make_plan([file], options, RuntimeName.LITERT), options.style
    check_source_options(item.options)
    assert item.options.style == replace(style, extremes=False, trail=frozenset())
    assert item.options.data.angles == ("left_knee",)


def test_a_file_that_is_in_the_way_is_refused(tmp_path: Path) -> None:
    (item,) = plan(tmp_path, "x.mp4")
    check_targets(item, item.targets, NOTHING, resume=False)
    item.targets[0].parent.mkdir()
    item.targets[0].touch()
    with pytest.raises(TargetExists, match="--overwrite replaces it, and --resume goes on"):
        check_targets(item, item.targets, NOTHING, resume=False)
    with pytest.raises(TargetExists, match="exists, and no earlier batch has written it"):
        check_targets(item, item.targets, NOTHING, resume=True)
    check_targets(item.replacing(), item.targets, NOTHING, resume=False)


@pytest.mark.parametrize(
    ("data", "output", "message"),
    [
        (BatchDataOptions(), BatchOutputOptions(annotate=False), "nothing would be written"),
        (BatchDataOptions(table=Path("all.csv")), BatchOutputOptions(), "--table needs angles"),
        (BatchDataOptions((Path(".csv"),) * 2), BatchOutputOptions(), "--save csv is given twice"),
        (BatchDataOptions(table=Path("all.txt")), BatchOutputOptions(), "must end in .csv or"),
        (BatchDataOptions(report=Path("r.html")), BatchOutputOptions(), "must end in .json"),
        (BatchDataOptions(), BatchOutputOptions(resume=True, overwrite=True), "give only one"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(
    data: BatchDataOptions, output: BatchOutputOptions, message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        check_batch(BatchOptions(output, data=data))


def test_who_is_followed_in_all_of_a_video_is_not_looked_for_in_pieces_of_it() -> None:
    everybody, best = PeopleOptions(max_people=None), ModelOptions(effort=Effort.BEST)
    work = WorkOptions(piece_s=60.0)
    for model, people in ((best, PeopleOptions()), (ModelOptions(), everybody)):
        check_batch(BatchOptions(BatchOutputOptions(), model=model, people=people, work=work))
    check_batch(BatchOptions(BatchOutputOptions(), model=best, people=everybody))
    with pytest.raises(OptionError, match="a video: leave out --pieces or --effort best"):
        check_batch(BatchOptions(BatchOutputOptions(), model=best, people=everybody, work=work))
    one = PeopleOptions(select=Select.LARGEST)
    with pytest.raises(OptionError, match="or follow everybody with --people all"):
        check_batch(BatchOptions(BatchOutputOptions(), people=one, work=work))


def test_a_file_that_is_gone_is_planned_and_fails_when_its_turn_comes(tmp_path: Path) -> None:
    file = InputFile(tmp_path / "gone.mp4", PurePath("gone.mp4"))
    options = BatchOptions(BatchOutputOptions(out_dir=tmp_path / "out"))
    (item,) = make_plan([file], options, RuntimeName.LITERT)
    assert item.size_bytes == 0


def test_a_batch_needs_a_folder_to_write_to() -> None:
    with pytest.raises(OptionError, match="--out-dir"):
        _ = BatchOptions(BatchOutputOptions()).out_dir
