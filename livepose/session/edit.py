"""Edit saved poses: in a window, on a page, or by a list of edits."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

from livepose.core.errors import OptionError, SourceError
from livepose.export.pose_edits import EditList
from livepose.export.pose_file import PoseFile
from livepose.session.callbacks import RunCallbacks
from livepose.session.decisions import wants_page, wants_window
from livepose.session.edited_poses import (
    EditSaver,
    check_edited_target,
    check_effects,
    write_edited,
)
from livepose.session.editor import Editor
from livepose.session.lost_display import LostDisplay
from livepose.session.named_source import check_is_clip
from livepose.session.options import Options
from livepose.session.replay import (
    ReplayEstimator,
    check_source_clip,
    open_recorded_clip,
    recorded_part,
)
from livepose.session.validation.outputs import check_servers
from livepose.sinks.window import EDITOR_KEY_BINDINGS, Window
from livepose.sources import open_seekable
from livepose.system.interrupts import Interrupts

_log = logging.getLogger(__name__)


def edit_by_list(
    clip: Path, pose_file: PoseFile, edits: EditList, target: Path, *, overwrite: bool = False
) -> int:
    """Write saved poses with edits, without a window, and return how many frames were changed.

    Args:
        clip: The video.
        pose_file: The poses that were found in it.
        edits: At least one; each has to change a frame.
        target: Where the edited poses will be.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OptionError: If an edit changes nothing, if the clip is none, or if the target is the input,
            or not a `.jsonl`.
        SourceError: If the clip or the poses cannot be read, or do not belong together.
        SinkError: If the target cannot be written.
    """
    check_is_clip(clip)
    check_edited_target(target, pose_file, overwrite=overwrite)
    open_recorded_clip(clip, pose_file).close()
    check_effects(pose_file, edits)
    return write_edited(pose_file, edits, target, overwrite=overwrite)


def edit_on_screen(
    view: Options,
    pose_file: PoseFile,
    target: Path,
    callbacks: RunCallbacks | None = None,
    *,
    overwrite: bool = False,
    interrupts: Interrupts | None = None,
) -> bool:
    """Show a clip and its poses in a window or on a page, and return whether edits were saved.

    Args:
        view: The clip, and where it is shown: of the rest of a run nothing is done.
        pose_file: The poses that were found in it.
        target: Where the edited poses will be: the only file that is written.
        callbacks: They open the page.
        overwrite: Whether an existing file may be replaced.
        interrupts: Ends it; what was edited is saved.

    Raises:
        OptionError: If the clip is none, if the target is the input, or not a `.jsonl`, or if there
            is neither a window nor a page.
        SourceError: If the clip or the poses cannot be read, or do not belong together; what was
            edited before is saved, and the log says where.
        SinkError: If the window or the page cannot be shown, or if the target cannot be written.
    """
    clip = Path(view.source.video or "")
    check_is_clip(clip)
    check_edited_target(target, pose_file, overwrite=overwrite)
    check_servers(view)
    callbacks, received = callbacks or RunCallbacks(), interrupts or Interrupts()
    start_s, end_s, rate = recorded_part(clip, pose_file)
    max_frames = int(pose_file.metadata.settings.get("max_frames", 0)) or None
    replay = ReplayEstimator(pose_file)
    saver = EditSaver(pose_file, target, overwrite=overwrite)
    with ExitStack() as stack:
        source = stack.enter_context(
            open_seekable(clip, start_s, end_s, frame_rate=rate, max_frames=max_frames)
        )
        check_source_clip(clip, source.info, pose_file)
        window = page = None
        if wants_window(view):
            window = Window(f"livepose edit - {clip.name}", EDITOR_KEY_BINDINGS)
            stack.enter_context(window)
            stack.enter_context(LostDisplay(saver))
        if wants_page(view):
            page = stack.enter_context(callbacks.open_page(view, window))
        screen = page or window
        if screen is None:
            raise OptionError("poses are edited in a window or on a page: add --web PORT")
        editor = Editor(
            screen,
            source,
            lambda frame: replay.infer(frame, replay.preprocess(frame)),
            saver,
            lambda: received.received is not None,
        )
        if page is not None:
            page.attach(editor, source.info, pose_file.metadata.model)
            callbacks.on_page(page.url)
        received.defer()
        try:
            editor.run()
        except SourceError:
            if saver.saved:
                _log.warning("the edits were saved in %s", target)
            raise
    return bool(saver.saved)
