"""Every rule about options, for the command line and for Python alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.errors import (
    ModelError,
    OptionError,
    RuntimeMissing,
    SinkError,
    SourceError,
    TargetExists,
)
from livepose.core.skeleton import keypoint_names
from livepose.export import open_exporter
from livepose.export.jsonl_reader import open_pose_file
from livepose.export.pose_file import PoseFile
from livepose.models.catalog import CATALOG, ModelSpec
from livepose.motion.tracking.subject import Select
from livepose.session import decisions
from livepose.session.decisions import (
    has_result,
    is_realtime,
    model_name_of,
    wants_page,
    wants_window,
)
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
    StreamingOptions,
    StyleOptions,
)
from livepose.session.run import run
from livepose.session.validation import validate
from livepose.session.validation.bounds import check_finite
from livepose.session.validation.outputs import check_outputs
from livepose.session.validation.smoothing import check_cutoff
from livepose.sinks import Quality
from livepose.system.web_address import WebAddress
from tests.support.programs import run_python
from tests.support.recordings import RECORDING
from tests.support.skeletons import UPPER_BODY_SKELETON

DEMO, CAMERA = SourceOptions(demo=True), SourceOptions(camera="0")
VIDEO, IMAGE = SourceOptions(video="a.mp4"), SourceOptions(image=Path("a.png"))
TO_FILE = OutputOptions(out=Path("x.mp4"))
SAVED = PoseFile(Path("a.jsonl"), RECORDING)
SHOWN, HIDDEN = OutputOptions(show=True), OutputOptions(show=False)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=[True, False], ids=["display", "no display"])
def has_display(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Once with a display and once without."""
    problem = "" if request.param else "there is no display"
    monkeypatch.setattr(decisions, "display_problem", lambda: problem)
    return bool(request.param)


@pytest.mark.parametrize(
    ("source", "output", "wanted"),
    [
        (CAMERA, OutputOptions(), None),
        (DEMO, OutputOptions(), None),
        (VIDEO, OutputOptions(), None),
        (IMAGE, OutputOptions(), False),
        (IMAGE, SHOWN, True),
        (CAMERA, TO_FILE, None),
        (DEMO, TO_FILE, False),
        (VIDEO, TO_FILE, False),
        (IMAGE, OutputOptions(out=Path("x.png")), False),
        (DEMO, replace(TO_FILE, show=True), True),
        (CAMERA, HIDDEN, False),
    ],
)
def test_a_window_is_shown_of_a_camera_and_of_a_video_that_no_file_is_made_of(
    source: SourceOptions, output: OutputOptions, wanted: bool | None, has_display: bool
) -> None:
    """None: if there is a display."""
    expected = has_display if wanted is None else wanted
    assert wants_window(Options(source, output)) is expected


def test_a_page_can_show_what_was_before() -> None:
    validate(Options(CAMERA, OutputOptions(show=False, web=WebAddress(), delay_s=8)))


@pytest.mark.parametrize("source", [DEMO, VIDEO])
@pytest.mark.parametrize(
    "data", [DataOptions(save=(Path("a.csv"),)), DataOptions(reports=(Path("a.html"),))]
)
def test_no_window_is_shown_of_a_file_that_any_file_is_made_of(
    source: SourceOptions, data: DataOptions, has_display: bool
) -> None:
    assert not wants_window(Options(source, data=data))
    assert wants_window(Options(source, SHOWN, data=data))
    assert wants_window(Options(CAMERA, data=data)) is has_display


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(CAMERA), True),
        (Options(VIDEO), True),
        (Options(DEMO), True),
        (Options(replace(DEMO, max_frames=5)), False),
        (Options(IMAGE), False),
        (Options(VIDEO, HIDDEN), False),
        (Options(CAMERA, TO_FILE), False),
        (Options(VIDEO, data=DataOptions(save=(Path("a.csv"),))), False),
        (Options(VIDEO, data=DataOptions(angles=("left_knee",))), False),
        (Options(CAMERA, streaming=StreamingOptions(send=("udp://x:9",))), False),
    ],
)
def test_a_page_is_served_by_itself_where_nothing_else_would_be_seen_or_written(
    options: Options, expected: bool, has_display: bool
) -> None:
    assert wants_page(options) is (expected and not has_display)
    asked = replace(options.output, web=WebAddress())
    assert wants_page(replace(options, output=asked))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(VIDEO, replace(HIDDEN, token="a" * 20)), "--token has no effect"),
        (Options(VIDEO, OutputOptions(show=False, web=WebAddress(), token="short")), "at least 12"),
        (Options(VIDEO, replace(TO_FILE, save_dir=Path("x"))), "--out-dir has no effect"),
        (Options(CAMERA, replace(HIDDEN, delay_s=8)), "--delay is for a window or a page"),
        (Options(IMAGE, OutputOptions(web=WebAddress())), "--web has no effect with --image"),
    ],
)
def test_what_is_for_a_page_needs_one(options: Options, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        validate(options)


@pytest.mark.parametrize("source", [DEMO, VIDEO])
def test_poses_are_sent_in_real_time(source: SourceOptions) -> None:
    sent = StreamingOptions(send=("osc://localhost:9000",))
    assert is_realtime(Options(source, HIDDEN, streaming=sent))
    assert is_realtime(Options(source, TO_FILE, streaming=sent))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(VIDEO, HIDDEN), False),
        (Options(VIDEO, SHOWN), True),
        (Options(VIDEO, TO_FILE), True),
        (Options(VIDEO, HIDDEN, data=DataOptions(save=(Path("a.csv"),))), True),
        (Options(VIDEO, HIDDEN, data=DataOptions(reports=(Path("a.html"),))), True),
        (Options(VIDEO, HIDDEN, data=DataOptions(angles=("left_knee",))), True),
        (Options(VIDEO, HIDDEN, streaming=StreamingOptions(send=("udp://x:9",))), True),
        (Options(VIDEO, HIDDEN, streaming=StreamingOptions(virtual_camera=True)), True),
    ],
)
def test_a_run_has_a_result_if_anything_is_shown_written_or_sent(
    options: Options, expected: bool
) -> None:
    assert has_result(options) is expected


def test_a_run_is_realtime_with_a_camera_a_window_or_a_virtual_camera(has_display: bool) -> None:
    assert is_realtime(Options(CAMERA, HIDDEN))
    assert is_realtime(Options(VIDEO, SHOWN))
    assert is_realtime(Options(VIDEO, HIDDEN, streaming=StreamingOptions(virtual_camera=True)))
    assert wants_page(Options(VIDEO)) is not has_display
    assert is_realtime(Options(VIDEO))
    assert is_realtime(Options(VIDEO, OutputOptions(show=False, web=WebAddress())))
    assert not is_realtime(Options(VIDEO, HIDDEN))
    assert not is_realtime(Options(VIDEO, TO_FILE))


def test_angles_are_measured_with_thunder_unless_frames_have_to_be_ready(has_display: bool) -> None:
    knees = DataOptions(angles=("left_knee",))
    counted = DataOptions(repetitions=(parse_repetitions("left_knee"),))
    assert model_name_of(Options(VIDEO, TO_FILE)) == "lightning"
    assert model_name_of(Options(VIDEO, TO_FILE, data=knees)) == "thunder"
    assert model_name_of(Options(VIDEO, TO_FILE, data=counted)) == "thunder"
    assert model_name_of(Options(VIDEO, TO_FILE, ModelOptions("lightning"), data=knees)) == (
        "lightning"
    )
    assert model_name_of(Options(VIDEO, SHOWN, data=knees)) == "lightning"
    assert model_name_of(Options(CAMERA, TO_FILE, data=knees)) == "lightning"
    assert model_name_of(Options(VIDEO, data=knees)) == ("lightning" if has_display else "thunder")


RIGHT = {
    "the demo": Options(DEMO),
    "a camera's size": Options(replace(CAMERA, size_px=(640, 480), frame_rate=30.0)),
    "a part of a video": Options(replace(VIDEO, start_s=1.0, end_s=2.0, max_frames=9)),
    "an image": Options(IMAGE, OutputOptions(out=Path("x.png"))),
    "the smallest and the largest size": Options(
        DEMO, model=ModelOptions("multipose", people_px=128)
    ),
    "a size, and one of several": Options(
        DEMO, HIDDEN, ModelOptions(people_px=320), PeopleOptions(select=Select.LARGEST)
    ),
    "a size, and a window in which a key selects": Options(
        DEMO, SHOWN, ModelOptions(people_px=320)
    ),
    "zero lag from file to file": Options(
        VIDEO, TO_FILE, people=PeopleOptions(smooth=Smooth.BUTTERWORTH)
    ),
    "metres": Options(DEMO, data=DataOptions(save=(Path("a.trc"),), height_m=1.8)),
    "empty keypoints": Options(DEMO, data=DataOptions(save=(Path("a.csv"),), min_score=0.5)),
    "a report on what is counted": Options(
        DEMO,
        data=DataOptions(
            reports=(Path("x.html"),), repetitions=(parse_repetitions("left_knee:>90"),)
        ),
    ),
    "faces in the pictures of a report": Options(
        DEMO,
        HIDDEN,
        style=StyleOptions(blur_faces=True),
        data=DataOptions(reports=(Path("x.html"),), angles=("left_knee",)),
    ),
    "faces in an image": Options(IMAGE, style=StyleOptions(blur_faces=True)),
    "angles in a file": Options(
        DEMO, data=DataOptions(save=(Path("a.mot"),), angles=("left_knee",))
    ),
    "addresses": Options(DEMO, streaming=StreamingOptions(send=("osc://localhost:9000",))),
}


@pytest.mark.parametrize("options", RIGHT.values(), ids=RIGHT.keys())
def test_what_makes_sense_passes(options: Options, empty_folder: Path) -> None:
    validate(options)
    assert list(empty_folder.iterdir()) == []


WRONG = {
    "a counter that counts nothing": (
        Options(VIDEO, TO_FILE, data=DataOptions(counter=True)),
        "--counter has nothing to count: add --reps",
    ),
    "one rule twice": (
        Options(
            VIDEO,
            data=DataOptions(
                save=(Path("x.reps.csv"),),
                repetitions=tuple(map(parse_repetitions, ("trunk", "trunk:>9", "trunk:> 9.0"))),
            ),
        ),
        "--reps trunk:>9 is given twice",
    ),
    "curves that nobody sees": (
        Options(VIDEO, HIDDEN, data=DataOptions(plot=("trunk",), save=(Path("x.csv"),))),
        "--plot acts on pictures, and none is written or shown: add --out FILE",
    ),
    "faces that nobody sees": (
        Options(
            VIDEO,
            HIDDEN,
            style=StyleOptions(blur_faces=True),
            data=DataOptions(save=(Path("x.csv"),), angles=("trunk",), reports=(Path("x.png"),)),
        ),
        "--blur-faces acts on pictures, and none is written or shown: add --out FILE",
    ),
    "faces of an image that is not painted": (
        Options(IMAGE, style=StyleOptions(blur_faces=True), annotates_image=False),
        "--blur-faces acts on pictures",
    ),
    "a sound that nobody hears": (
        Options(
            VIDEO, TO_FILE, data=DataOptions(repetitions=(parse_repetitions("trunk"),), sound=True)
        ),
        "--sound is for a window or a camera",
    ),
    "repetitions that none counts": (
        Options(VIDEO, data=DataOptions(save=(Path("x.reps.csv"),), angles=("trunk",))),
        "none are counted: add --reps",
    ),
    "comments without a table": (
        Options(VIDEO, data=DataOptions(save=(Path("x.trc"),), csv_header=True)),
        "--csv-header has no effect",
    ),
    "a rate of frames": (
        Options(VIDEO, data=DataOptions(save=(Path("x.jsonl"),), resample_rate=100)),
        "--resample has no effect without a --save file of numbers over time",
    ),
    "gaps filled live": (
        Options(CAMERA, data=DataOptions(save=(Path("x.csv"),), fill_frames=5)),
        "--fill",
    ),
    "a cutoff of another filter": (
        Options(
            VIDEO,
            people=PeopleOptions(smooth=Smooth.ONE_EURO, cutoff_hz=5),
            data=DataOptions(save=(Path("x.csv"),)),
        ),
        "--cutoff has no effect with --smooth one-euro",
    ),
    "a video in an unknown container": (Options(DEMO, OutputOptions(out=Path("x.avi"))), "x.avi"),
    "a video of an image": (Options(IMAGE, TO_FILE), r"x\.mp4 must end in one of \.png"),
    "an image of a video": (Options(VIDEO, OutputOptions(out=Path("x.png"))), r"\.mp4, \.m4v"),
    "an unknown scene": (
        Options(replace(DEMO, scene="nope")),
        "there is no scene 'nope': choose dance, walk",
    ),
    "an unknown model": (
        Options(DEMO, model=ModelOptions("lightening")),
        "no model named 'lightening'; did you mean lightning",
    ),
    "a size that is no multiple of 32": (
        Options(DEMO, model=ModelOptions("multipose", people_px=300)),
        "--people-size must be a multiple of 32 from 128 on, got 300",
    ),
    "a frame of no height": (
        Options(replace(DEMO, size_px=(640, 0))),
        "--size 640x0 is too small",
    ),
    "a frame of negative width": (Options(replace(CAMERA, size_px=(-4, 3))), "--size -4x3"),
    "saved poses of a camera": (Options(CAMERA, poses=SAVED), "not to --camera"),
    "saved poses of the demo": (Options(DEMO, poses=SAVED), "not to --demo"),
    "saved poses of an image": (Options(IMAGE, poses=SAVED), "not to --image"),
    "no source": (
        Options(SourceOptions()),
        "exactly one source: FILE, --camera, --video, --image or --demo",
    ),
    "two sources": (Options(replace(DEMO, camera="0")), "give exactly one source"),
    "a rate that is nan": (
        Options(replace(DEMO, frame_rate=float("nan"))),
        "--fps nan is not a finite",
    ),
    "an endless start": (
        Options(replace(VIDEO, start_s=float("inf"))),
        "--start inf is not a finite",
    ),
    "a threshold that is nan": (
        Options(DEMO, style=StyleOptions(min_score=float("nan"))),
        "--threshold",
    ),
    "a saved threshold that is nan": (
        Options(DEMO, data=DataOptions(save=(Path("a.csv"),), min_score=float("nan"))),
        "--save-threshold",
    ),
    "a threshold above 1": (
        Options(DEMO, style=StyleOptions(min_score=1.5)),
        "--threshold 1.5 is too large",
    ),
    "no frames": (
        Options(replace(DEMO, max_frames=0)),
        "--max-frames 0 is too small: the minimum is 1",
    ),
    "a rate of nothing": (Options(replace(DEMO, frame_rate=0.0)), "--fps 0 is too small"),
    "a size that is too large": (
        Options(DEMO, model=ModelOptions("multipose", people_px=2048)),
        "--people-size 2048 is too large",
    ),
    "an end at the start": (
        Options(replace(VIDEO, start_s=2.0, end_s=2.0)),
        r"--end \(2\) must be after --start \(2\)",
    ),
    "a frame rate of a video": (
        Options(replace(VIDEO, frame_rate=25.0)),
        "--fps has no effect with a.mp4",
    ),
    "a start for a camera": (
        Options(replace(CAMERA, start_s=1.0)),
        "--start has no effect with --camera",
    ),
    "a size for a video": (
        Options(replace(VIDEO, size_px=(9, 9))),
        "--size has no effect with --video: .* --camera and --demo",
    ),
    "a scene for a video": (Options(replace(VIDEO, scene="walk")), "--scene .* is for --demo"),
    "frames of an image": (
        Options(replace(IMAGE, max_frames=3)),
        "--max-frames has no effect with --image",
    ),
    "a quality of an image": (Options(IMAGE, OutputOptions(quality=Quality.SMALL)), "--quality"),
    "trails in an image": (
        Options(IMAGE, style=StyleOptions(trail=frozenset({"left_wrist"}))),
        "--trail",
    ),
    "an image that is sent": (
        Options(IMAGE, streaming=StreamingOptions(send=("osc://localhost:9000",))),
        "--send",
    ),
    "an image as a camera": (
        Options(IMAGE, streaming=StreamingOptions(virtual_camera=True)),
        "--virtual-camera",
    ),
    "a report on an image": (
        Options(IMAGE, data=DataOptions(reports=(Path("x.html"),), angles=("left_knee",))),
        "--report",
    ),
    "who moves in an image": (
        Options(IMAGE, people=PeopleOptions(select=Select.MOVING)),
        "--select moving",
    ),
    "zero lag for an image": (
        Options(IMAGE, people=PeopleOptions(smooth=Smooth.BUTTERWORTH)),
        "--smooth butterworth does not work with --image",
    ),
    "keep for an image": (
        Options(IMAGE, people=PeopleOptions(smooth=Smooth.KEEP)),
        "--smooth keep",
    ),
    "keep without saved poses": (
        Options(VIDEO, people=PeopleOptions(smooth=Smooth.KEEP)),
        "livepose render",
    ),
    "zero lag in a window": (
        Options(VIDEO, SHOWN, people=PeopleOptions(smooth=Smooth.BUTTERWORTH)),
        "--no-show",
    ),
    "zero lag for a camera": (
        Options(CAMERA, HIDDEN, people=PeopleOptions(smooth=Smooth.BUTTERWORTH)),
        "for files",
    ),
    "zero lag for a virtual camera": (
        Options(
            VIDEO,
            HIDDEN,
            people=PeopleOptions(smooth=Smooth.BUTTERWORTH),
            streaming=StreamingOptions(virtual_camera=True),
        ),
        "or --virtual-camera",
    ),
    "the best effort in a window": (
        Options(VIDEO, SHOWN, ModelOptions(effort=Effort.BEST)),
        "--effort best takes its time: it works for files only, without a window",
    ),
    "the best effort for other programs": (
        Options(
            VIDEO,
            HIDDEN,
            ModelOptions(effort=Effort.BEST),
            streaming=StreamingOptions(send=("udp://localhost:9000",)),
        ),
        "--send",
    ),
    "the best effort for a camera": (
        Options(CAMERA, HIDDEN, ModelOptions(effort=Effort.BEST)),
        "--effort has no effect with --camera: it is for --video, --image and --demo",
    ),
    "a size for one person": (
        Options(DEMO, HIDDEN, ModelOptions(people_px=320)),
        "--people-size has no effect",
    ),
    "a size for one person in a file": (
        Options(VIDEO, TO_FILE, ModelOptions(people_px=320)),
        "--people-size has no effect",
    ),
    "a size for one person in an image": (
        Options(IMAGE, SHOWN, ModelOptions(people_px=320)),
        "--people-size has no effect",
    ),
    "a height of nothing": (
        Options(DEMO, data=DataOptions(save=(Path("a.trc"),), height_m=0.0)),
        "--height 0 is not the height of a person in metres",
    ),
    "a height in centimetres": (
        Options(DEMO, data=DataOptions(save=(Path("a.trc"),), height_m=175.0)),
        r"from 0\.5 to 2\.5: did you mean 1\.75\?",
    ),
    "a height without a .trc": (Options(DEMO, data=DataOptions(height_m=1.8)), r"--save NAME\.trc"),
    "a threshold without a file": (
        Options(DEMO, data=DataOptions(min_score=0.5)),
        "--save-threshold has no effect",
    ),
    "a threshold for what keeps all": (
        Options(DEMO, data=DataOptions(save=(Path("a.jsonl"),), min_score=0.5)),
        "--save-threshold has no effect",
    ),
    "extremes of no angles": (
        Options(DEMO, style=StyleOptions(extremes=True)),
        "--extremes needs angles",
    ),
    "a report of no angles": (
        Options(DEMO, data=DataOptions(reports=(Path("x.html"),))),
        "--angles knee,hip",
    ),
    "an unknown format": (Options(DEMO, data=DataOptions(save=(Path("a.xyz"),))), "wide.csv"),
    "a file of no angles": (Options(DEMO, data=DataOptions(save=(Path("a.mot"),))), "--angles"),
    "one file twice": (
        Options(DEMO, data=DataOptions(save=(Path("a.csv"), Path("./a.csv")))),
        "given twice",
    ),
    "an unknown address": (
        Options(DEMO, streaming=StreamingOptions(send=("http://x",))),
        "osc://HOST:PORT",
    ),
}


@pytest.mark.parametrize(("options", "text"), WRONG.values(), ids=WRONG.keys())
def test_what_makes_no_sense_is_refused_and_nothing_is_touched(
    options: Options, text: str, empty_folder: Path
) -> None:
    with pytest.raises(OptionError, match=text):
        validate(options)
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["no source", "no frames", "keep without saved poses"])
def test_a_run_from_python_is_checked_too(name: str) -> None:
    options, text = WRONG[name]
    with pytest.raises(OptionError, match=text):
        run(options)


def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(empty_folder: Path) -> None:
    Path("a.csv").write_text("precious")
    options = Options(DEMO, data=DataOptions(save=(Path("a.csv"),)))
    with pytest.raises(TargetExists, match=r"a\.csv exists: --overwrite"):
        validate(options)
    validate(replace(options, output=OutputOptions(overwrite=True)))
    assert Path("a.csv").read_text() == "precious"


@pytest.mark.parametrize(
    ("source", "poses"),
    [(VIDEO, None), (SourceOptions(video="b.mp4"), PoseFile(Path("a.mp4"), RECORDING))],
)
def test_an_input_is_not_written(source: SourceOptions, poses: PoseFile | None) -> None:
    Path("a.mp4").touch()
    Path("a.csv").symlink_to("a.mp4")
    data = DataOptions(save=(Path("a.csv"),))
    with pytest.raises(OptionError, match="is the input"):
        validate(Options(source, OutputOptions(overwrite=True), data=data, poses=poses))


@pytest.mark.parametrize(
    "options",
    [
        Options(DEMO, data=DataOptions(save=(Path("gone/a.csv"),))),
        Options(DEMO, OutputOptions(out=Path("gone/a.mp4"))),
        Options(IMAGE, OutputOptions(out=Path("gone/a.png"))),
    ],
    ids=["poses", "video", "image"],
)
def test_a_folder_that_is_missing_is_named(options: Options) -> None:
    with pytest.raises(SinkError, match="there is no folder gone"):
        validate(options)


@pytest.mark.parametrize(
    ("source", "output", "name"),
    [
        (DEMO, TO_FILE, "x.mp4"),
        (IMAGE, OutputOptions(out=Path("x.png")), "x.png"),
        (IMAGE, OutputOptions(), "a_pose.png"),
    ],
)
def test_a_video_or_an_image_that_exists_is_kept_unless_it_may_be_replaced(
    source: SourceOptions, output: OutputOptions, name: str
) -> None:
    Path(name).write_text("precious")
    with pytest.raises(TargetExists, match=f"{name} exists: --overwrite"):
        validate(Options(source, output))
    validate(Options(source, replace(output, overwrite=True)))
    assert Path(name).read_text() == "precious"


def test_a_video_is_not_written_onto_the_one_that_is_read() -> None:
    Path("x.mp4").touch()
    source = SourceOptions(video="x.mp4")
    with pytest.raises(OptionError, match="is the input"):
        validate(Options(source, replace(TO_FILE, overwrite=True)))


def test_there_is_a_model_at_a_path() -> None:
    with pytest.raises(ModelError, match=r"no model at mine\.tflite"):
        validate(Options(DEMO, model=ModelOptions("mine.tflite")))
    Path("mine.tflite").touch()
    validate(Options(DEMO, model=ModelOptions("mine.tflite")))


@pytest.fixture
def other_keypoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog has a model, `bust`, whose keypoints are not COCO's."""
    spec = ModelSpec("bust", "", "https://tfhub.dev/me/bust/1", skeleton=UPPER_BODY_SKELETON)
    monkeypatch.setitem(CATALOG, "bust", spec)


BUST = Options(DEMO, HIDDEN, ModelOptions("bust"))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (replace(BUST, data=DataOptions(angles=("left_knee",))), "left_knee cannot be measured"),
        (
            replace(BUST, data=DataOptions(repetitions=(parse_repetitions("trunk:>9"),))),
            "trunk cannot be measured",
        ),
        (
            replace(BUST, style=StyleOptions(hidden=frozenset({"face"}))),
            "--hide: .*'face': choose from .*head",
        ),
        (
            replace(BUST, style=StyleOptions(trail=frozenset({"wrists"}))),
            "--trail: .*'wrists': .*left_hand",
        ),
        (
            replace(BUST, people=PeopleOptions(select=Select.LARGEST)),
            "--select is not for bust",
        ),
    ],
    ids=["angles", "repetitions", "hide", "trail", "select"],
)
@pytest.mark.usefixtures("other_keypoints")
def test_what_a_model_cannot_find_is_refused_before_it_is_loaded(
    options: Options, text: str
) -> None:
    validate(BUST)
    for check in (validate, run):
        with pytest.raises(OptionError, match=text):
            check(options)


def test_what_a_recording_does_not_have_is_refused(tmp_path: Path) -> None:
    poses = tmp_path / "a.jsonl"
    open_exporter(poses, replace(RECORDING, skeleton=UPPER_BODY_SKELETON, angle_names=())).close()
    people = PeopleOptions(smooth=Smooth.KEEP)
    options = Options(VIDEO, TO_FILE, people=people, poses=open_pose_file(poses))
    validate(options)
    with pytest.raises(OptionError, match="left_knee cannot be measured"):
        validate(replace(options, data=DataOptions(angles=("left_knee",))))
    with pytest.raises(OptionError, match="--hide"):
        validate(replace(options, style=StyleOptions(hidden=frozenset({"face"}))))
    with pytest.raises(OptionError, match=r"a\.mot stores joint angles, but none are measured"):
        validate(replace(options, data=DataOptions(save=(Path("a.mot"),))))


def test_a_package_that_a_format_needs_is_missed_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = Options(DEMO, data=DataOptions(save=(Path("a.parquet"),)))
    validate(options)
    monkeypatch.setattr("livepose.export.find_spec", lambda name: None)
    with pytest.raises(RuntimeMissing, match=r"need pyarrow: pip install"):
        validate(options)
    validate(replace(options, data=DataOptions(save=(Path("a.csv"),))))


def test_nothing_is_imported_for_the_checks_that_the_run_does_not_need(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from livepose.session.options import Options, SourceOptions\n"
        "from livepose.session.validation import validate\n"
        "validate(Options(SourceOptions(demo=True)))\n"
        "print(sorted({'av', 'pyarrow', 'matplotlib', 'onnxruntime'} & set(sys.modules)))\n"
    )
    assert run_python("-c", program, cwd=tmp_path).stdout.strip() == "[]"


@pytest.mark.parametrize("text", ["", "tail", "face,", "left", "17"])
@pytest.mark.parametrize("flag", ["--hide", "--trail"])
def test_an_unknown_keypoint_is_refused_with_those_that_are_known(text: str, flag: str) -> None:
    names = keypoint_names(text)
    style = StyleOptions(hidden=names) if flag == "--hide" else StyleOptions(trail=names)
    with pytest.raises(
        OptionError, match=rf"{flag}: .*no keypoint or body part .* hands.* left_wrist"
    ):
        validate(Options(DEMO, style=style))
    known = StyleOptions(hidden=frozenset({"hands"}), trail=frozenset({"left_wrist"}))
    validate(Options(DEMO, style=known))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_only_finite_numbers_are_numbers(number: float) -> None:
    check_finite("--rate", 1e300)
    with pytest.raises(OptionError, match="--rate"):
        check_finite("--rate", number)


# Where files are written: one rule for every kind.

KINDS: dict[str, Callable[[Path], Options]] = {
    "x.mp4": lambda path: Options(VIDEO, OutputOptions(out=path, overwrite=True, show=False)),
    "x.png": lambda path: Options(IMAGE, OutputOptions(out=path, overwrite=True)),
    "x.csv": lambda path: _saving(DataOptions(save=(path,))),
    "x.trc": lambda path: _saving(DataOptions(save=(path,))),
    "x.html": lambda path: _saving(DataOptions(reports=(path,), angles=("left_knee",))),
}


def _saving(data: DataOptions) -> Options:
    return Options(VIDEO, OutputOptions(overwrite=True, show=False), data=data)


def refusal(name: str, path: Path) -> str:
    with pytest.raises(SinkError) as caught:
        check_outputs(KINDS[name](path))
    return str(caught.value)


@pytest.mark.parametrize("name", KINDS)
def test_what_cannot_be_written_is_refused_alike(name: str, empty_folder: Path) -> None:
    path = Path(name)
    long = Path("x" * (246 - len(path.suffix)) + path.suffix)
    assert f"{long} cannot be written: its name has 246 bytes, and at most 2" in refusal(name, long)
    path.mkdir()
    assert refusal(name, path) == f"{path} is a folder"
    path.rmdir()
    path.symlink_to(path)
    assert refusal(name, path).startswith(f"{path} cannot be written: Too many levels")
    path.unlink()
    path.write_text("old")
    path.chmod(0o444)
    assert refusal(name, path) == f"{path} cannot be written: it is read-only"
    assert path.read_text() == "old"
    assert refusal(name, Path("/proc") / name).startswith(f"/proc/{name} cannot be written: ")
    assert [each.name for each in empty_folder.iterdir()] == [name]


@pytest.mark.parametrize("name", KINDS)
def test_links_and_devices_are_taken_alike(name: str, empty_folder: Path) -> None:
    (empty_folder / "far").mkdir()
    Path(name).symlink_to(empty_folder / "far" / "there")
    check_outputs(KINDS[name](Path(name)))
    Path(name).unlink()
    Path(name).symlink_to("/dev/null")
    check_outputs(KINDS[name](Path(name)))
    assert list((empty_folder / "far").iterdir()) == []


def test_a_file_of_another_person_that_cannot_be_replaced_is_known_before_any_work() -> None:
    other = Path("x_person7.trc")
    other.write_text("old")
    other.chmod(0o444)
    assert refusal("x.trc", Path("x.trc")) == f"{other} cannot be written: it is read-only"


def test_a_cutoff_is_below_the_nyquist_frequency() -> None:
    options = Options(VIDEO, people=PeopleOptions(cutoff_hz=14))
    check_cutoff(options, 60)
    with pytest.raises(OptionError, match=r"--cutoff 14 is too high for 30 .* highest is 13\.5 Hz"):
        check_cutoff(options, 30)
    check_cutoff(Options(VIDEO), 5)


def test_a_ghost_needs_poses_with_the_same_keypoints(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--lead has no effect without --against"):
        validate(Options(SourceOptions(demo=True), style=StyleOptions(lead_s=1.0)))
    gone = StyleOptions(against=tmp_path / "gone.jsonl")
    with pytest.raises(SourceError, match="there is no file"):
        validate(Options(SourceOptions(demo=True), style=gone))
    path = tmp_path / "upper.jsonl"
    with open_exporter(path, replace(RECORDING, skeleton=UPPER_BODY_SKELETON)):
        pass
    with pytest.raises(OptionError, match="its poses have other keypoints"):
        validate(Options(SourceOptions(demo=True), style=StyleOptions(against=path)))
