"""A platform that goes on running after a small demonstration, for tests of what is done to a live one.

It runs on a loop and in a thread of its own, so that tests can call commands that run loops themselves.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from deploy.simulator.demo import Result, Run, play, scene_of
from deploy.simulator.drawing import make_plan
from deploy.simulator.stage import Stage

Answer = TypeVar("Answer")
_STARTS_WITHIN = 300.0


@dataclass
class Standing:
    """stage: all that runs; result: what the demonstration came to."""

    stage: Stage
    result: Result
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Answer], within: float = 120.0) -> Answer:
        """On the loop of the stage."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within)


@contextmanager
def standing(folder: Path, complaints: int, seed: int) -> Iterator[Standing]:
    """`folder`: where the stage's files go; commands find the platform there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stage", daemon=True)
    thread.start()
    run = Run(seed=seed, complaints=complaints, folder=folder)
    plan = make_plan(seed, complaints)
    stage = Stage(scene_of(run, plan))

    async def begin() -> Result:
        await stage.__aenter__()
        return await play(stage, run, plan, lambda _: None)

    try:
        result = asyncio.run_coroutine_threadsafe(begin(), loop).result(_STARTS_WITHIN)
        yield Standing(stage, result, loop)
    finally:
        asyncio.run_coroutine_threadsafe(stage.__aexit__(None, None, None), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
