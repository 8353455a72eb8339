"""Threads and bounded channels, and nothing else."""

from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.live import Pipeline
from livepose.pipeline.metrics import Rate, Samples
from livepose.pipeline.offline import OfflinePipeline, PaintedResult, ResultConsumer

__all__ = [
    "Channel",
    "EndOfChannel",
    "OfflinePipeline",
    "PaintedResult",
    "Pipeline",
    "Rate",
    "ResultConsumer",
    "Samples",
]
