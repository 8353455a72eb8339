"""Real-time webcam and video pose viewer on MoveNet."""

__version__ = "0.1.0"
