"""What a batch tells of its progress while it goes on."""

from __future__ import annotations

from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult


class BatchMonitor:
    """Hears how a batch goes on, in the main thread. Nothing is done unless overridden."""

    def on_download(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        """Hear how much of a model is downloaded."""

    def on_plan(self, todo: list[BatchItem], kept: int) -> None:
        """Hear what is to be done, pieces of videos too, and how many files were done before."""

    def on_more(self, items: list[BatchItem]) -> None:
        """Hear that more is to be done than was planned: pieces of a video, again as one."""

    def on_one_piece(self, item: BatchItem, left_out: list[BatchItem]) -> None:
        """Hear that a video is processed in one piece after all, and which pieces are left out."""

    def on_begin(self, item: BatchItem) -> None:
        """Hear that a file is begun."""

    def on_frames(self, item: BatchItem, done: int, total: int | None) -> None:
        """Hear how many frames of a file are done, and how many it has, if that is known."""

    def on_result(self, item: BatchItem, result: ItemResult) -> None:
        """Hear what came of a file."""

    def on_note(self, text: str) -> None:
        """Hear what there is to be said besides, such as a warning."""
