"""An event loop that ends: its tasks are cancelled, and have cleaned up before it is closed."""

from __future__ import annotations

import asyncio

from livepose.system.event_loops import cancel_all


def test_every_other_task_is_cancelled_and_has_cleaned_up() -> None:
    cleaned: list[str] = []

    async def wait_forever(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(name)
            if name == "fails":
                raise RuntimeError(name)

    async def start_and_end() -> bool:
        tasks = [asyncio.create_task(wait_forever(name)) for name in ("ends", "fails")]
        await asyncio.sleep(0)
        await cancel_all()
        return all(task.done() for task in tasks)

    assert asyncio.run(start_and_end())
    assert sorted(cleaned) == ["ends", "fails"]
