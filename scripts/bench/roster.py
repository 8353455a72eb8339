"""Who is compared, and what each needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
CHECKOUT = SCRIPTS.parent

YARDSTICK = "plain"
_TF_HUB = ("tensorflow>=2.19,<2.22", "tensorflow-hub>=0.16.1", "setuptools<82")
_OPENCV = "opencv-python>=4.12,<6"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that annotates a clip."""

    name: str
    """What `--only` takes."""
    label: str
    """What the table says."""
    program: str
    requirements: tuple[str, ...]
    """For pip; `{checkout}` is where livepose's source is."""
    arguments: tuple[str, ...] = ()
    """`{model}` is the LiteRT file."""

    @property
    def path(self) -> Path:
        return SCRIPTS / "peers" / self.program

    @property
    def needs_model(self) -> bool:
        return "{model}" in self.arguments


PEERS = (
    Peer(
        "matplotlib",
        "a loop with TF Hub that draws with matplotlib",
        "matplotlib_loop.py",
        (*_TF_HUB, _OPENCV, "matplotlib"),
    ),
    Peer(
        YARDSTICK,
        "the plain loop: TF Hub, cv2",
        "plain_loop.py",
        (*_TF_HUB, _OPENCV),
    ),
    Peer(
        "litert",
        "the best plain loop: LiteRT, cv2",
        "litert_loop.py",
        ("ai-edge-litert>=2.1.6", _OPENCV),
        ("--model", "{model}"),
    ),
    Peer(
        "mediapipe",
        "MediaPipe Pose, cv2",
        "mediapipe_loop.py",
        # Its wheel carries the models, and still has `solutions`.
        ("mediapipe==0.10.21",),
    ),
    Peer(
        "livepose",
        "livepose, LiteRT",
        "livepose_run.py",
        ("-e", "{checkout}"),
        ("--runtime", "litert"),
    ),
    Peer(
        "livepose-openvino",
        "livepose, OpenVINO",
        "livepose_run.py",
        ("-e", "{checkout}[openvino]"),
        ("--runtime", "openvino"),
    ),
    Peer(
        "livepose-multipose",
        "livepose, MultiPose",
        "livepose_run.py",
        ("-e", "{checkout}"),
        ("--runtime", "auto", "--people", "multipose"),
    ),
    Peer(
        "livepose-people",
        "livepose `--people all`, OpenVINO",
        "livepose_run.py",
        ("-e", "{checkout}[openvino]"),
        ("--runtime", "openvino", "--people", "all"),
    ),
)
