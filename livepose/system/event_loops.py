"""The end of an event loop that runs in a thread of its own."""

from __future__ import annotations

import asyncio


async def cancel_all() -> None:
    """Cancel all other tasks, so that the loop can be closed and nothing is left open."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # A transport that was aborted closes its socket in the next iteration of the loop.
    await asyncio.sleep(0)
