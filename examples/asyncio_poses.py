"""Receive poses in an asyncio program, whose event loop is never blocked.

python examples/asyncio_poses.py CAMERA OR FILE
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from livepose import EndOfChannel, Estimator, Pipeline, PosedFrame, load_model, open_source


async def posed_frames(pipeline: Pipeline) -> AsyncIterator[PosedFrame]:
    while True:
        try:
            yield await asyncio.to_thread(pipeline.get)
        except EndOfChannel:
            return


async def tick() -> None:
    while True:
        await asyncio.sleep(0.5)
        print("the event loop is free")


async def main(what: str) -> None:
    ticking = asyncio.create_task(tick())
    with (
        open_source(what) as source,
        load_model("lightning") as model,
        Pipeline(source, Estimator(model)) as pipeline,
    ):
        count = 0
        async for posed in posed_frames(pipeline):
            count += len(posed.poses)
    ticking.cancel()
    print(f"{count} poses")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
