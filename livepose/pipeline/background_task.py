"""A task that takes seconds, in a thread of its own, while its owner goes on."""

from __future__ import annotations

from collections.abc import Callable

from livepose.pipeline.worker_threads import WorkerThreads


class BackgroundTask:
    """Calls a function once, in a thread.

    >>> done: list[str] = []
    >>> task = BackgroundTask("list", lambda: done.append("it"))
    >>> task.join()
    >>> task.is_done, done
    (True, ['it'])
    """

    def __init__(self, name: str, function: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            name: Of the task, for the name of its thread.
            function: What it raises is raised by `join`.
        """
        self.is_done = False
        """Whether the function has returned, or has raised."""
        self._function = function
        self._error: BaseException | None = None
        self._threads = WorkerThreads({name: self._run})
        self._threads.start()

    def join(self) -> None:
        """Wait for the end of the function, and raise what it has raised."""
        self._threads.join_all()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:
            self._error = error
        finally:
            self.is_done = True
