"""The report: its numbers, its two forms, and what it refuses."""

from __future__ import annotations

import builtins
import importlib.util
import math
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetition_rules import parse_repetitions
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report import svg_plot as svg_plots
from livepose.analysis.report.plots import limits, median_curve, panels_of
from livepose.analysis.report.report import Report
from livepose.analysis.report.svg_plot import svg_plot
from livepose.analysis.report.ticks import degree_step, ticks, time_step_s
from livepose.analysis.tables import RANGE_COLUMNS, PersonSeries
from livepose.core.angles import Angles
from livepose.core.errors import OptionError, RuntimeMissing, SinkError, TargetExists
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint

NAMES = ("left_knee", "right_knee", "trunk")
SECONDS = 10.6


def posed(time_s: float, degrees: Sequence[Sequence[float]], ids: Sequence[int]) -> PosedFrame:
    people = len(ids)
    xy, score = np.zeros((people, 17, 2), np.float32), np.ones((people, 17), np.float32)
    plain = Poses.from_keypoints(xy, score) if people else Poses.empty()
    measured = np.array(degrees, np.float32).reshape(people, len(NAMES))
    return PosedFrame(
        Frame.from_bgr(np.zeros((8, 8, 3), np.uint8), 0, time_s),
        replace(plain, track_id=np.array(ids, np.int32)),
        Region.letterbox(8, 8),
        0.0,
        angles=Angles(NAMES, measured),
    )


def squats() -> list[PosedFrame]:
    """Five knee bends: the left knee from 0 to 120 degrees, the right one from 0 to 100."""
    frames = []
    for index in range(round(SECONDS * 30)):
        share = 0.5 - 0.5 * math.cos(math.pi * index / 30)
        frames.append(posed(index / 30, [(120 * share, 100 * share, 90.0)], [1]))
    return frames


def write(path: Path, frames: Sequence[PosedFrame], title: str = "squats.mp4") -> Report:
    counter = Repetitions(parse_repetitions("right_knee:>60"), NAMES)
    with Report(path, title, counters=[counter]) as report:
        for frame in frames:
            report.write(counter(frame))
    return report


def height_px(path: Path) -> int:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return int(bgr.shape[0])


class Reader(HTMLParser):
    """Reads the tables, the text, and whatever points out of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self._is_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = ("src", "href", "xlink:href", "action", "data")
        self.links += [value or "" for name, value in attrs if name in names]
        if tag == "tr":
            self.rows.append([])
        self._is_cell = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._is_cell:
            self.rows[-1].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = False


def read(path: Path) -> Reader:
    return Reader(path.read_text(encoding="utf-8"))


def test_the_page_has_the_ranges_the_symmetry_and_the_repetitions(tmp_path: Path) -> None:
    write(tmp_path / "r.html", squats())
    page = read(tmp_path / "r.html")
    assert page.rows[:4] == [
        list(RANGE_COLUMNS),
        ["left knee", "0°", "119°", "119°", "-18 %", "318"],
        ["right knee", "0°", "99°", "99°", "318"],
        ["trunk", "90°", "90°", "0°", "318"],
    ]
    assert "Repetitions right_knee:>60: 5" in page.text
    assert [row[0] for row in page.rows[-5:]] == ["1", "2", "3", "4", "5"]
    # 50 - 50 cos(pi t) is 10 at 0.205 s.
    assert float(page.rows[-5][1].removesuffix(" s")) == pytest.approx(0.205, abs=0.04)


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "r.html", squats())
    page, text = read(tmp_path / "r.html"), (tmp_path / "r.html").read_text(encoding="utf-8")
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert not {"iframe", "img"} & set(page.tags)
    assert not re.search(r"url\((?!#)|@import|<!DOCTYPE svg|fetch\(|XMLHttpRequest|import\(", text)
    assert page.tags.count("svg") == 2, "one for the knees and one for the trunk"


def test_a_title_is_text_and_nothing_else(tmp_path: Path) -> None:
    title = "<script>alert('1')</script> & \"two\" $x_1$ 体操"
    write(tmp_path / "r.html", squats(), title)
    page = read(tmp_path / "r.html")
    assert page.tags.count("script") == 1, "that of the page"
    assert title in page.text
    write(tmp_path / "r.png", squats(), title)


def test_left_is_orange_and_right_is_blue_in_the_picture(tmp_path: Path) -> None:
    write(tmp_path / "r.png", squats())
    bgr = cv2.imread(str(tmp_path / "r.png"))
    assert bgr is not None
    assert bgr.shape[1] == 1320
    for color in ((40, 150, 255), (255, 180, 50)):
        assert (bgr == color).all(axis=-1).sum() > 500
    # The frame is white: nothing is cut off at an edge.
    for edge in (bgr[:4], bgr[-4:], bgr[:, :4], bgr[:, -4:]):
        assert (edge == 255).all()


def test_each_person_has_a_part_and_who_only_passed_by_has_none(tmp_path: Path) -> None:
    frames = [
        posed(index / 30, [(10.0, 10.0, 90.0)] * 3, [2, 1, 9 + index // 5]) for index in range(30)
    ]
    frames += [posed(1 + index / 30, [(10.0, 10.0, 90.0)], [1]) for index in range(30)]
    report = write(tmp_path / "r.html", frames)
    assert [person.track_id for person in report.people()] == [1, 2]
    page = read(tmp_path / "r.html")
    assert "Person 1: 60 frames" in page.text
    assert "Person 2: 30 frames" in page.text
    assert page.tags.count("svg") == 2 * 2


def test_a_picture_holds_four_people_and_the_page_everybody(tmp_path: Path) -> None:
    ids = list(range(1, 7))
    frames = [posed(index / 30, [(10.0, 10.0, 90.0)] * 6, ids) for index in range(12)]
    write(tmp_path / "r.html", frames)
    assert read(tmp_path / "r.html").tags.count("svg") == 6 * 2
    write(tmp_path / "six.png", frames)
    four = [posed(index / 30, [(10.0, 10.0, 90.0)] * 4, ids[:4]) for index in range(12)]
    write(tmp_path / "four.png", four)
    assert height_px(tmp_path / "six.png") == height_px(tmp_path / "four.png")


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_nobody_is_said_to_be_nobody(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"r{suffix}", [posed(index / 30, [], []) for index in range(40)])
    if suffix == ".html":
        assert "Nobody was seen" in read(tmp_path / "r.html").text


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_an_angle_that_was_never_seen_is_said_not_to_be(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"r{suffix}", [posed(i / 30, [(math.nan, 5, 90)], [1]) for i in range(40)])
    if suffix == ".html":
        rows = read(tmp_path / "r.html").rows
        assert rows[1] == ["left knee", "not seen", "not seen", "not seen", "0"]


def test_a_report_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    with Report(path, "short") as report:
        for frame in squats()[:60]:
            report.write(frame)
    assert "Person 1: 60 frames" in read(path).text
    path.unlink()
    report.close()
    assert not list(tmp_path.iterdir())


def test_of_a_run_that_broke_off_there_is_no_report_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), Report(path, "short", overwrite=True) as report:
        report.write(squats()[0])
        raise KeyboardInterrupt
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_an_existing_file_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(TargetExists, match="--overwrite"):
        Report(path, "squats")
    report = Report(path, "squats", overwrite=True)
    assert path.read_text() == "mine"
    report.close()
    assert "squats" in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.html, \.png"):
        Report(tmp_path / "r.pdf", "squats")
    with pytest.raises(SinkError, match="no folder"):
        Report(tmp_path / "nowhere" / "r.html", "squats")
    (tmp_path / "d.html").mkdir()
    with pytest.raises(SinkError, match="is a folder"):
        Report(tmp_path / "d.html", "squats", overwrite=True)


def test_a_folder_that_is_gone_at_the_end_is_an_error_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    report = Report(folder / "r.html", "squats")
    folder.rmdir()
    with pytest.raises(SinkError, match="cannot be written"):
        report.close()


def test_without_matplotlib_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "livepose.analysis.report.report.find_spec",
        lambda name: None if name == "matplotlib" else find(name),
    )
    with pytest.raises(RuntimeMissing, match="needs matplotlib: pip install matplotlib"):
        Report(tmp_path / "r.png", "squats")
    write(tmp_path / "r.html", squats()[:60])


def test_other_angles_than_before_are_refused(tmp_path: Path) -> None:
    with Report(tmp_path / "r.html", "squats") as report:
        report.write(squats()[0])
        other = replace(squats()[0], angles=Angles(("head",), np.zeros((1, 1), np.float32)))
        with pytest.raises(ValueError, match="head"):
            report.write(other)


@pytest.mark.parametrize("low_deg", [-164.3, -92.0, 0.0, 1.7, 85.2])
@pytest.mark.parametrize("range_deg", [0.0, 3.0, 18.4, 20.0, 27.0, 64.0, 77.0, 91.0, 120.0, 300.0])
def test_ticks_are_round_numbers_at_equal_steps(low_deg: float, range_deg: float) -> None:
    time_s = np.linspace(0.0, 4.0, 100)
    low, high = limits(low_deg + range_deg * np.sin(time_s) ** 2, 20.0, share=0.1)
    for start, end, step in ((low, high, degree_step(low, high)), (0.0, 4.0, time_step_s(0, 4))):
        found = ticks(start, end, step)
        assert 2 <= len(found) <= 9
        assert start <= found[0] and found[-1] <= end
        assert np.diff(found) == pytest.approx(np.full(len(found) - 1, step))
        assert found == pytest.approx(np.round(np.array(found) / step) * step)
    assert degree_step(low, high) in (1, 2, 5, 10, 15, 20, 30, 45, 60, 90)


def test_left_and_right_are_told_apart_without_colours(tmp_path: Path) -> None:
    time_s = np.arange(60) / 30
    degrees = np.stack((40 * time_s, 30 * time_s), axis=1).astype(np.float32)
    person = PersonSeries(1, ("left_knee", "right_knee"), time_s, degrees)
    (panel,) = panels_of(person.names)
    svg = svg_plot(panel, person, (), "knees")
    curves = re.findall(r'<path d="M[^"]*L[^"]*" [^>]*>', svg)
    assert ["dasharray" in curve for curve in curves] == [False, True]
    # Two marks on each curve, and one in the legend.
    assert (svg.count('linecap="round"'), svg.count('linecap="square"')) == (3, 3)


def test_a_long_clip_keeps_its_peaks_in_few_points() -> None:
    time_s = np.arange(100_000) / 30
    degrees = np.full((len(time_s), 1), 10, np.float32)
    degrees[50_000:50_010] = 170
    person = PersonSeries(1, ("trunk",), time_s, degrees)
    svg = svg_plot(panels_of(person.names)[0], person, (), "trunk")
    assert len(svg) < 100_000
    heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", svg)]
    assert len(heights) > 1000
    assert min(heights) < svg_plots.TOP + 15 < svg_plots.BOTTOM - 15 < max(heights)


@pytest.mark.parametrize(("rate", "misread"), [(8, 1), (12, 1), (25, 2), (30, 3)])
def test_a_curve_goes_no_further_at_its_ends_than_the_table(rate: int, misread: int) -> None:
    degrees = np.full((5 * rate, 1), 10, np.float32)
    degrees[-misread:] = 60
    time_s = np.arange(len(degrees)) / rate
    table = AngleRange.from_series(("trunk",), time_s, degrees)
    person = PersonSeries(1, ("trunk",), time_s, degrees)
    times_s, medians = median_curve(person, 0)
    assert (np.nanmin(medians), np.nanmax(medians)) == (table.low_deg[0], table.high_deg[0])
    assert (np.diff(times_s) > 0).all()
    assert times_s[0] < 0.2 and times_s[-1] > time_s[-1] - 0.101


def test_the_script_knows_where_the_curves_are() -> None:
    script = Path(svg_plots.__file__).with_name("zoom.js").read_text("utf-8")
    found = {name: int(value) for name, value in re.findall(r"(LEFT|RIGHT|BOTTOM) = (\d+)", script)}
    assert found == {
        "LEFT": svg_plots.LEFT,
        "RIGHT": svg_plots.RIGHT,
        "BOTTOM": svg_plots.BOTTOM,
    }
    assert f"* {svg_plots.WIDTH}" in script


def write_with_pictures(path: Path) -> list[float]:
    """Write a report with key frames, and return the times of the frames that became pictures."""
    seen: list[float] = []

    def picture(frame: PosedFrame, row: int) -> bytes:
        seen.append(frame.frame.time_s)
        return b"jpeg"

    counter = Repetitions(parse_repetitions("right_knee:>60"), NAMES)
    with Report(path, "a", counters=[counter], picture=picture) as report:
        assert report.needs_pixels
        for frame in squats():
            report.write(counter(frame))
    return seen


def test_each_extreme_and_each_repetition_has_a_picture(tmp_path: Path) -> None:
    seen = write_with_pictures(tmp_path / "r.html")
    page = read(tmp_path / "r.html")
    assert page.tags.count("img") == 2 * len(NAMES) + 5
    assert page.text.count("right_knee:>60 no.") == 5
    captions = re.findall(r"right knee greatest: (\d+)° at ([\d.]+) s", page.text)
    ((degrees, time_s),) = captions
    assert int(degrees) in (99, 100)
    assert float(time_s) % 2 == pytest.approx(1, abs=0.1)
    turns = re.findall(r"no\. \d: \d+° at ([\d.]+) s", page.text)
    assert [float(turn) for turn in turns] == pytest.approx([1, 3, 5, 7, 9], abs=0.05)
    assert len(seen) < 30, "pictures are made of what has settled"
    assert all(link.startswith(("#", "data:")) for link in page.links)


def test_the_picture_of_an_extreme_is_that_of_the_table_if_one_before_was_nearly_as_far(
    tmp_path: Path,
) -> None:
    with Report(tmp_path / "r.html", "a", picture=lambda frame, row: b"jpeg") as report:
        for index in range(90):
            degrees = 99.4 if index < 20 else 99.8 if index > 70 else 60.0
            report.write(posed(index / 30, [(0.0, degrees, 90.0)], [1]))
    page = read(tmp_path / "r.html").text
    assert re.search(r"right knee greatest: 100° at 2\.\d\d s", page)


def kicks() -> list[PosedFrame]:
    """A left knee that is bent to 100 degrees and stretched five times, as the meter labels it."""
    meter, frames = AngleMeter(["left_knee"], labels=True), []
    for index in range(150):
        bend = math.radians(50 - 50 * math.cos(2 * math.pi * index / 30))
        xy = np.zeros((1, 17, 2), np.float32)
        xy[0, [Keypoint.LEFT_HIP, Keypoint.LEFT_KNEE]] = (50, 0), (50, 40)
        xy[0, Keypoint.LEFT_ANKLE] = 50 - 40 * math.sin(bend), 40 + 40 * math.cos(bend)
        plain = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
        poses = replace(plain, track_id=np.array([1], np.int32))
        frame = Frame.from_bgr(np.zeros((8, 8, 3), np.uint8), index, index / 30)
        frames.append(meter(PosedFrame(frame, poses, Region.letterbox(8, 8), 0.0)))
    return frames


def test_a_picture_shows_the_figure_of_its_caption_in_a_movement_too(tmp_path: Path) -> None:
    def picture(frame: PosedFrame, row: int) -> bytes:
        (label,) = frame.overlays.labels
        return label.text.encode()

    path, counter = tmp_path / "r.html", Repetitions(parse_repetitions("left_knee"), ("left_knee",))
    with Report(path, "a", counters=[counter], picture=picture) as report:
        for frame in kicks():
            report.write(counter(frame))
    page = path.read_text(encoding="utf-8")
    figures = re.findall(r"base64,([^\"]+)\".*?<figcaption>.*?(\d+°) at", page, re.DOTALL)
    assert len(figures) == 2 + 4
    assert all(b64decode(shown).decode() == told for shown, told in figures)
    in_the_frame = kicks()[15].overlays.labels[0].text
    assert (figures[1][1], in_the_frame) == ("96°", "90°"), "of the 0.2 s around it, and before it"


def test_one_misread_before_a_joint_is_lost_has_no_picture(tmp_path: Path) -> None:
    with Report(tmp_path / "r.html", "a", picture=lambda frame, row: b"jpeg") as report:
        for index in range(90):
            seen = 120.0 if index == 41 else 30.0
            degrees = math.nan if 41 < index < 50 else seen
            report.write(posed(index / 30, [(0.0, degrees, 90.0)], [1]))
    page = read(tmp_path / "r.html").text
    assert "right knee greatest: 30° at" in page


def test_an_angle_of_nearly_nothing_is_0_without_a_sign(tmp_path: Path) -> None:
    with Report(tmp_path / "r.html", "a", picture=lambda frame, row: b"jpeg") as report:
        for index in range(40):
            report.write(posed(index / 30, [(-0.3, 90.0, 90.0)], [1]))
    page = read(tmp_path / "r.html").text
    assert "left knee least: 0° at" in page
    assert "-0" not in page


@pytest.mark.parametrize("rate", [2, 5, 8, 10])
def test_at_a_low_frame_rate_each_extreme_has_a_picture_too(tmp_path: Path, rate: int) -> None:
    with Report(tmp_path / "r.html", "a", picture=lambda frame, row: b"jpeg") as report:
        for index in range(40):
            misread = 170.0 if index == 0 else 30.0
            report.write(posed(index / rate, [(90.0, 50.0 + index, misread)], [1]))
    page = read(tmp_path / "r.html")
    assert page.tags.count("img") == 2 * len(NAMES)
    assert re.search(r"right knee greatest: 8[89]° at", page.text)
    assert re.search(r"right knee least: 5[012]° at", page.text)
    assert "trunk greatest: 30° at" in page.text


def test_rules_on_one_angle_share_the_pictures_of_the_same_frames(tmp_path: Path) -> None:
    rules = [parse_repetitions(rule) for rule in ("right_knee:>60", "right_knee:>90")]
    counters = [Repetitions(rule, NAMES) for rule in rules]
    path = tmp_path / "r.html"
    with Report(path, "a", counters=counters, picture=lambda frame, row: b"jpeg") as report:
        for frame in squats():
            for counter in counters:
                frame = counter(frame)
            report.write(frame)
    page = read(path)
    assert page.tags.count("img") == 2 * len(NAMES) + 5
    captions = re.findall(r"right_knee:>60 no\. (\d), right_knee:>90 no\. (\d): \d+° at", page.text)
    assert captions == [(number, number) for number in "12345"]


def test_what_was_measured_of_a_picture_is_one_line_below_what_it_is(tmp_path: Path) -> None:
    write_with_pictures(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert re.search(r"<span>left knee least: </span><span>\d+° at [\d.]+ s</span>", text)
    assert "<span>right_knee:&gt;60 no. 1: </span><span>" in text
    assert "figcaption span:last-child { white-space: nowrap;" in text


def test_a_crowd_has_no_more_pictures_than_a_page_holds(tmp_path: Path) -> None:
    ids = list(range(1, 21))
    with Report(tmp_path / "r.html", "a", picture=lambda frame, row: b"jpeg") as report:
        for index in range(40):
            report.write(posed(index / 30, [(2.0 * index, 3.0, 90.0)] * 20, ids))
    assert read(tmp_path / "r.html").tags.count("img") == 4 * 2 * len(NAMES)


def test_the_page_is_laid_out_for_a_phone_and_for_a_desktop(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    write(path, squats())
    text = path.read_text(encoding="utf-8")
    assert 'content="width=device-width, initial-scale=1"' in text
    style = text[text.index("<style>") : text.index("</style>")]
    # One column of plots, and two where there is room for them.
    wide = re.search(r"@media \(min-width: (\d+)rem\), print \{([^}]*\})", style)
    assert wide is not None and 16 * int(wide[1]) > 500
    assert "grid-template-columns: 1fr 1fr" in wide[2]
    assert style.count("grid-template-columns") == 1
    # Plots are as wide as the page; their letters of 8.5 pt are 8 px high on 328 px.
    assert re.search(r"\.plots svg \{[^}]*width: 100%", style)
    widths = [float(width) for width in re.findall(r'viewBox="0 0 ([\d.]+) ', text)]
    assert len(widths) == 2
    assert all(8.5 * 328 / width >= 8 for width in widths)
    # A table that is wider than the page is scrolled, not the page.
    assert re.search(r"\.table \{[^}]*overflow-x: auto", style)
    assert text.count('<div class="table"><table>') == text.count("<table") == 2
    assert re.search(r"h1 \{[^}]*overflow-wrap: anywhere", style)


def test_matplotlib_is_not_asked_for_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matplotlib's pyplot would choose a backend, and keep every figure."""
    imported: list[str] = []
    real = builtins.__import__

    def watch(name: str, *rest: object, **more: object) -> object:
        imported.append(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", watch)
    write(tmp_path / "r.png", squats()[:60])
    write(tmp_path / "r.html", squats()[:60])
    assert "matplotlib.pyplot" not in imported
