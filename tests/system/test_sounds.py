"""A tone: played by the first program that can, and never waited for."""

from __future__ import annotations

import io
import sys
import time
import wave

import pytest

from livepose.system.sounds import SoundPlayer, _tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows plays by itself")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_nothing_plays_where_there_is_no_player() -> None:
    assert not SoundPlayer(players=()).play()
    assert not SoundPlayer(players=(("no-such-player-anywhere",),)).play()


def test_a_player_that_fails_is_given_up() -> None:
    player = SoundPlayer(players=(python("raise SystemExit(1)"),))
    assert player.play()
    for _ in range(200):
        if not player.play():
            break
        time.sleep(0.05)
    assert not player.play()


def test_the_tone_is_a_short_sound() -> None:
    with wave.open(io.BytesIO(_tone())) as file:
        assert 0.1 < file.getnframes() / file.getframerate() < 0.3
