"""Threads and bounded queues, and nothing else."""

from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.live import Pipeline
from livepose.pipeline.metrics import Rate, Samples

__all__ = ["Channel", "EndOfChannel", "Pipeline", "Rate", "Samples"]
