"""Threads and bounded queues, and nothing else."""

from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.meter import Rate, Samples
from livepose.pipeline.pipeline import Pipeline

__all__ = ["Channel", "EndOfChannel", "Pipeline", "Rate", "Samples"]
