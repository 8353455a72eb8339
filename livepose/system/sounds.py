"""A short tone, played by whatever the system has for it, without waiting for its end."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import wave
from array import array
from contextlib import suppress
from io import BytesIO

_RATE = 22050
_TONE_HZ, _TONE_S = 880.0, 0.12
_LOUDNESS = 0.5
_FADE_S = 0.01
_PLAYERS = (
    ("pw-play", "-"),
    ("paplay", "--raw", f"--rate={_RATE}", "--channels=1", "--format=s16le"),
    ("aplay", "--quiet", "-"),
)
"""Programs that play what they read, in the order in which they are tried; the first one reads
files only in newer versions, and fails then as any other."""
_MAC_SOUND = "/System/Library/Sounds/Tink.aiff"


class SoundPlayer:
    """Plays a tone, as long as that works.

    >>> SoundPlayer(players=()).play()
    False
    """

    def __init__(self, players: tuple[tuple[str, ...], ...] | None = None) -> None:
        """Find out what can play.

        Args:
            players: Commands that read a sound; those that are usual on this system unless given.
        """
        usual = (("afplay", _MAC_SOUND),) if sys.platform == "darwin" else _PLAYERS
        known = usual if players is None else players
        self._players = [command for command in known if shutil.which(command[0])]
        self._playing: subprocess.Popen[bytes] | None = None

    def play(self) -> bool:
        """Begin to play, and return whether something does.

        A tone that is still playing is left to end, and nothing new begins then.
        """
        if sys.platform == "win32":
            return _play_on_windows()
        while self._players:
            if self._playing is not None:
                code = self._playing.poll()
                if code is None:
                    return True
                self._playing = None
                if code != 0:  # there may be no sound card
                    self._players.pop(0)
                    continue
            if self._begin(self._players[0]):
                return True
            self._players.pop(0)
        return False

    def _begin(self, command: tuple[str, ...]) -> bool:
        try:
            self._playing = subprocess.Popen(  # noqa: S603  # one of our own commands
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return False
        pipe = self._playing.stdin
        if pipe is not None:
            with suppress(OSError):  # it is over already, which `play` notices
                pipe.write(_raw_tone() if "--raw" in command else _tone())
                pipe.close()
        return True


def _play_on_windows() -> bool:
    if sys.platform != "win32":
        return False
    import winsound

    try:
        winsound.MessageBeep()
    except RuntimeError:
        return False
    return True


def _raw_tone() -> bytes:
    """Return the samples of the tone: 16 bits, little endian."""
    count = round(_RATE * _TONE_S)
    fade = _RATE * _FADE_S
    samples = array(
        "h",
        [
            round(
                32767 * _LOUDNESS * min(1.0, n / fade, (count - n) / fade)
                * math.sin(2 * math.pi * _TONE_HZ * n / _RATE)
            )
            for n in range(count)
        ],
    )  # fmt: skip
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _tone() -> bytes:
    """Return the tone as a WAV file."""
    written = BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(_raw_tone())
    return written.getvalue()
