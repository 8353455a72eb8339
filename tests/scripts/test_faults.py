"""The suite of faults: how it counts, and a short version of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fault_sections.kills import kill
from fault_sections.program import Finished
from fault_sections.section import Outcome, Section
from faults import rows_in, rows_of, table
from tests.support.models import warm_cache

KILLS = Section("kills", "killed runs")


def test_the_table_counts_what_failed_and_what_was_lost() -> None:
    outcome = Outcome(KILLS, seconds=12.3)
    outcome.add("one")
    outcome.add("two", failure="exit code 1 without a word", loss="the old file is gone")
    outcome.note("at most 0.4 s")
    assert table(rows_of([outcome])).splitlines()[2:] == [
        "| **kills**: killed runs; at most 0.4 s | 2 | 1 | 1 | 12 |",
        "| together | 2 | 1 | 1 | 12 |",
    ]
    assert not outcome.is_good
    assert outcome.problems == ["two: exit code 1 without a word", "two: the old file is gone"]


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (Finished(0, "", ""), ""),
        (Finished(1, "", "livepose: there is no file x.mp4"), ""),
        (Finished(1, "", ""), "exit code 1 without a word"),
        (Finished(-11, "", ""), "ended by SIGSEGV: nothing on stderr"),
        (Finished(1, "", "livepose: Unexpected error: x"), "'Unexpected' on stderr: livepose: Un"),
        (Finished(-9, "", "", is_hung=True), "did not end within 120 s"),
    ],
)
def test_misbehaviour_is_said_in_a_sentence(finished: Finished, expected: str) -> None:
    assert finished.misbehaviour().startswith(expected)
    assert bool(finished.misbehaviour()) == bool(expected)


def test_a_section_that_runs_again_replaces_its_row_of_the_table() -> None:
    disks, before = Outcome(Section("disks", "full disks")), Outcome(KILLS)
    before.add("one", loss="a file")
    text = table(rows_of([disks, before]))
    after = Outcome(KILLS)
    after.add("one")
    after.add("two")
    assert table(rows_in(text) | rows_of([after])) == table(rows_of([after, disks]))
    assert "| together | 2 | 0 | 0 | 0 |" in table(rows_in(text) | rows_of([after]))


def test_another_exit_code_than_the_right_ones_is_misbehaviour() -> None:
    assert Finished(3, "", "words").misbehaviour(0, 1) == "exit code 3: words"
    assert Finished(-15, "", "words").misbehaviour(-15) == ""


def test_a_killed_recording_keeps_the_old_files_and_all_but_a_second(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    names = ["film.mkv", "lines.jsonl", "coordinates.mot"]
    remains = kill(tmp_path, names, clip=None, quality="small", after_s=3.0)
    assert [each.suffix for each in remains] == [".mkv", ".jsonl", ".mot"]
    assert [each.loss for each in remains] == ["", "", ""]
