"""Capture thread, inference thread, and the results for whoever iterates."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import Closing, Source
from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.meter import Samples

_log = logging.getLogger(__name__)

_FILE_AHEAD = 4
"""How many decoded frames of a file may wait: enough to even out slow ones."""
_RESULTS_AHEAD = 2
JOIN_LIMIT_S = 2.0
_THREAD_PREFIX = "livepose-"


class Pipeline(Closing):
    """Source -> frames channel -> estimator -> results channel.

    A live source is never made to wait: the frames channel holds the newest frame alone, and the
    inference thread takes one only when its result will be wanted, so lag cannot grow. A file
    waits, and loses nothing. Errors of the source and of the estimator come out of the iteration,
    behind the results before them.

        with Pipeline(source, estimator) as posed_frames:
            for posed in posed_frames:
                ...
    """

    def __init__(
        self,
        source: Source,
        estimator: Callable[[Frame], PosedFrame],
        *,
        drop_late: bool | None = None,
    ) -> None:
        """Join a source to an estimator; nothing runs before `with`.

        Args:
            source: iterated in the capture thread; the caller closes it, after this pipeline.
            estimator: called in the inference thread.
            drop_late: drop frames that come while the network is busy; as the source is live,
                unless given.
        """
        self._source = source
        self._estimator = estimator
        is_live = source.info.is_live if drop_late is None else drop_late
        self._frames: Channel[Frame] = Channel(1 if is_live else _FILE_AHEAD, drop_oldest=is_live)
        self._results: Channel[PosedFrame] = Channel(1 if is_live else _RESULTS_AHEAD)
        self.capture_s = Samples()
        """Seconds to get each frame from the source; a live one is also waited for."""
        self._threads = [
            # Daemons, because a camera driver can block in read() for as long as it likes.
            threading.Thread(target=self._capture, name=f"{_THREAD_PREFIX}capture", daemon=True),
            threading.Thread(target=self._infer, name=f"{_THREAD_PREFIX}inference", daemon=True),
        ]

    def __enter__(self) -> Pipeline:
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Stop and join the threads; one that does not return in time is left behind, and named."""
        self._frames.cancel()
        self._results.cancel()
        deadline_s = time.monotonic() + JOIN_LIMIT_S
        for thread in self._threads:
            if thread.ident is None:
                continue  # never started
            thread.join(max(0.0, deadline_s - time.monotonic()))
            if thread.is_alive():
                _log.warning(
                    "%s is left behind: %s does not return", thread.name, self._source.info.name
                )

    def __iter__(self) -> Iterator[PosedFrame]:
        return iter(self._results)

    def get(self, timeout_s: float | None = None) -> PosedFrame:
        """Take the next result.

        Raises:
            TimeoutError: none came in time.
            EndOfChannel: the source has ended.
            LivePoseError: the source or the estimator failed.
        """
        return self._results.get(timeout_s)

    def _capture(self) -> None:
        try:
            frames = iter(self._source)
            while True:
                started_s = time.perf_counter()
                frame = next(frames, None)
                if frame is None:
                    break
                self.capture_s.add(time.perf_counter() - started_s)
                if not self._frames.put(frame):
                    break
        except BaseException as error:
            self._frames.end(error)
        finally:
            self._frames.end()

    def _infer(self) -> None:
        try:
            # Room first, frame second: a frame taken early would grow old waiting for its turn.
            while self._results.wait_for_room():
                frame = self._frames.get()
                self._results.put(self._estimator(frame))
        except EndOfChannel:
            pass
        except BaseException as error:
            self._results.end(error)
        finally:
            self._results.end()
            self._frames.cancel()
