"""A page in a browser as the screen of a viewer, alone or beside a window."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import ExitStack

from livepose.analysis.angle_definitions import check_measurable, parse_angles
from livepose.analysis.angle_meter import AngleMeter
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.skeleton import Skeleton
from livepose.core.viewer_state import ViewerState
from livepose.session.options import Options
from livepose.session.page_screen import PageScreen, PageViewer
from livepose.sinks.input_events import (
    Action,
    Digit,
    FramePoint,
    FramePointer,
    InputEvent,
    PersonId,
    PointPlace,
    Position,
    Speed,
    Threshold,
)
from livepose.sinks.window import Window
from livepose.system.web_address import WebAddress
from livepose.web.commands import Command
from livepose.web.page_content import FrameContent, introduction
from livepose.web.server import WebServer
from livepose.web.viewer_page import ViewerPage

USUAL_ADDRESS = WebAddress(port=8080)
"""Where the page is if nobody has said so; any other port, if that one is in use."""
_MAX_PX = 1e6
_USUAL_ANGLES = "elbow,shoulder,hip,knee"
_WINDOW_ONLY = {Action.HUD, Action.HELP, Action.FULL_SCREEN}
"""What has no effect on a page."""


class WebScreen(PageScreen):
    """Serves the viewer to browsers, and takes their commands for keys and clicks."""

    def __init__(self, server: WebServer, page: ViewerPage, window: Window | None) -> None:
        """Connect a page with what it shows.

        Args:
            server: Has the page's routes.
            page: The page.
            window: Shows painted frames too; None if there is no window.
        """
        self._server = server
        self._page = page
        self._window = window
        self._viewer: PageViewer | None = None
        self._info: StreamInfo | None = None
        self._model = ""
        self._skeleton: Skeleton | None = None
        self._meter: AngleMeter | None = None
        page.connect(server)

    @property
    def url(self) -> str:
        return self._server.url

    def attach(self, viewer: PageViewer, info: StreamInfo, model: str) -> None:
        self._viewer, self._info, self._model = viewer, info, model

    @property
    def is_painted(self) -> bool:
        return self._window is not None

    @property
    def wants_data(self) -> bool:
        return self._page.has_clients

    @property
    def area_px(self) -> tuple[int, int] | None:
        return None if self._window is None else self._window.area_px

    def write(self, frame: Frame) -> None:
        if self._window is not None:
            self._window.write(frame)

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        if self._window is None:
            command = self._page.take_command(wait_s)
        else:
            command = self._page.take_command()
            if command is None:
                return self._window.poll(wait_s)
        return None if command is None else event_of(command, self._actions)

    def toggle_full_screen(self) -> None:
        if self._window is not None:
            self._window.toggle_full_screen()

    def show_data(self, posed: PosedFrame, picture: Frame, state: ViewerState) -> None:
        viewer = self._viewer
        if viewer is None or self._info is None:
            return
        # Nobody has any skeleton.
        if self._skeleton is None or (len(posed.poses) and posed.poses.skeleton != self._skeleton):
            self._introduce(viewer, posed)
        self._page.offer_files({path.name: path.absolute() for path in viewer.saved})
        content = FrameContent(posed, state, viewer.style, self._meter)
        # A file's frames wait until they are due; their lag begins then.
        is_live = self._info.is_live
        from_s = posed.frame.grabbed_s if is_live else time.perf_counter()
        self._page.publish(content, picture, from_s)

    def close(self) -> None:
        self._server.close()
        self._page.close()
        if self._window is not None:
            self._window.close()

    @property
    def _actions(self) -> frozenset[Action]:
        """What pages may ask for."""
        return frozenset() if self._viewer is None else self._viewer.actions - _WINDOW_ONLY

    def _introduce(self, viewer: PageViewer, posed: PosedFrame) -> None:
        """Send what depends on the skeleton, which is known with the first frame."""
        skeleton = self._skeleton = posed.poses.skeleton
        names = posed.angles.names
        self._meter = None
        if not names:
            self._meter = _usual_meter(skeleton)
            names = () if self._meter is None else self._meter.names
        actions = [each.name for each in self._actions]
        if self._info is not None:
            self._page.introduce(
                introduction(
                    *(self._info, self._model, skeleton, actions, names),
                    has_labels=self._meter is None and bool(names),
                )
            )


def _usual_meter(skeleton: Skeleton) -> AngleMeter | None:
    """Return what measures the usual angles; None where the skeleton has no such joints."""
    names = parse_angles(_USUAL_ANGLES)
    try:
        check_measurable(names, skeleton)
    except OptionError:
        return None
    return AngleMeter(names)


def event_of(command: Command, actions: Collection[Action]) -> InputEvent | None:
    """Return the event that a command of a page stands for; None if it stands for none.

    Args:
        command: Of a page, whose client may send anything.
        actions: Those that pages may ask for.

    >>> actions = {Action.PAUSE}
    >>> event_of(Command("pause"), actions), event_of(Command("threshold", (0.4,)), actions)
    (<Action.PAUSE: 2>, Threshold(min_score=0.4))
    """
    name, numbers = command.name, command.numbers
    if not numbers:
        action = Action.__members__.get(name.upper())
        return action if action in actions else None
    match name, numbers:
        case "threshold", (min_score,):
            return Threshold(min_score)
        case "position", (share,):
            return Position(share)
        case "speed", (speed,):
            return Speed(speed)
        case "press", (x_px, y_px) if _is_place(x_px, y_px):
            return FramePoint(x_px, y_px)
        case "drag" | "release" | "hover", (x_px, y_px) if _is_place(x_px, y_px):
            return FramePointer(round(x_px), round(y_px), is_pressed=name == "drag")
        case "person", (number,) if number in range(1, 10):
            return Digit(int(number))
        case "person_id", (number,) if number.is_integer() and number > 0:
            return PersonId(int(number))
        case "place", (number, x_px, y_px) if number.is_integer() and number >= 0:
            return PointPlace(int(number), x_px, y_px)
    return None


def _is_place(x_px: float, y_px: float) -> bool:
    """Return whether a place can be in a frame, or near one: lines to others take long to draw."""
    return max(abs(x_px), abs(y_px)) <= _MAX_PX


def open_web_screen(options: Options, window: Window | None) -> WebScreen:
    """Serve the page of a run.

    Args:
        options: Where, and who may use it.
        window: Shows painted frames too; None if there is no window.

    Raises:
        OptionError: If the token is unfit.
        SinkError: If the port is in use, or if the host is not an address of this machine.
    """
    page = ViewerPage()
    with ExitStack() as stack:
        stack.enter_context(page)
        server = _server_at(options, page)
        stack.pop_all()
    return WebScreen(server, page, window)


def _server_at(options: Options, page: ViewerPage) -> WebServer:
    address, token = options.output.web, options.output.token
    origins = options.streaming.allowed_origins

    def serve(at: WebAddress) -> WebServer:
        return WebServer(at, page.routes, token=token, allowed_origins=origins)

    if address is not None:
        return serve(address)
    try:
        return serve(USUAL_ADDRESS)
    except SinkError:
        return serve(WebAddress())
