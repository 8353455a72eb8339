"""Join the two fields of interlaced frames, which show two moments, to frames of one."""

from __future__ import annotations

from typing import Any

from livepose.system.pyav import av


class Deinterlacer:
    """Deinterlaces the frames that are marked as interlaced, and passes on all others.

    From the first interlaced frame on, each frame comes when the next one is known.
    """

    def __init__(self) -> None:
        self._graph: Any = None
        self._shape: tuple[int, int, str] = (0, 0, "")

    def push(self, frame: Any) -> list[Any]:
        """Take the next `av.VideoFrame`, and return those that are ready, in order."""
        ready: list[Any] = []
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is not None and shape != self._shape:
            ready += self.flush()
        if self._graph is None:
            if not frame.interlaced_frame:
                return [*ready, frame]
            self._graph, self._shape = _build_graph(frame), shape
        self._graph.vpush(frame)
        return ready + self._pull()

    def flush(self) -> list[Any]:
        """Return the frames that are still held."""
        if self._graph is None:
            return []
        self._graph.vpush(None)
        ready = self._pull()
        self._graph = None
        return ready

    def _pull(self) -> list[Any]:
        ready: list[Any] = []
        while True:
            try:
                ready.append(self._graph.vpull())
            except (av.BlockingIOError, av.EOFError):
                return ready


def _build_graph(frame: Any) -> Any:
    graph = av.filter.Graph()
    nodes = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        ),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph
