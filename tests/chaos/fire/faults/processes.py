"""Faults of processes: killed, frozen, joined by others, replaced."""

import asyncio
import io
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.chaos.fire.faults.fault import Field, NotPossibleHere
from tests.chaos.fire.ground import Post

_PROJECT = Path(__file__).parents[4]


@dataclass(frozen=True)
class KillService:
    """kill -9 of all processes of a service at once."""

    kind: ClassVar[str] = "kill service"
    service: str
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.service})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        posts = [post for post in field.fleet.posts if post.service == self.service]
        pids = [field.fleet.kill(post) for post in posts]
        yield f"{self.service}: {len(pids)} processes"


@dataclass(frozen=True)
class KillRole:
    """kill -9 of the process of one role, `times` times with `apart` seconds between."""

    kind: ClassVar[str] = "kill role"
    post: Post
    times: int = 1
    apart: float = 1.0
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.post.service})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        for number in range(self.times):
            if number:
                await asyncio.sleep(self.apart)
            field.fleet.kill(self.post)
        yield f"{self.post.name}{f' {self.times} times' if self.times > 1 else ''}"


@dataclass(frozen=True)
class Freeze:
    """SIGSTOP for longer than the session lasts, then SIGCONT: it wakes up and thinks that nothing has happened."""

    kind: ClassVar[str] = "stop"
    post: Post
    lasts: float = 13.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.post.service})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        pid = field.fleet.freeze(self.post)
        try:
            yield self.post.name
        finally:
            field.fleet.thaw(pid)


@dataclass(frozen=True)
class Storm:
    """Further workers of a post come and go, some asked to and some killed, each with a rebalance of its groups."""

    kind: ClassVar[str] = "storm"
    post: Post
    workers: int = 2
    apart: float = 5.0
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.post.service})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        crews = []
        try:
            for _ in range(self.workers):
                crews.append(await field.fleet.reinforce(self.post))
                await asyncio.sleep(self.apart)
            yield f"{self.workers} more {self.post.name}"
        finally:
            for number, crew in enumerate(crews):
                await field.fleet.dismiss(crew, killed=number % 2 == 1)


@dataclass(frozen=True)
class Redeploy:
    """All posts of a service, one after the other: the new process is ready beside the old one before that is asked to
    stop. `back`: so many commits; the old code comes beside the new and is then replaced by it again. 0: the same."""

    kind: ClassVar[str] = "redeploy"
    service: str
    back: int = 0
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.service})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        posts = [post for post in field.fleet.posts if post.service == self.service]
        folder = await asyncio.to_thread(_checked_out, self.back, field.scratch) if self.back else None
        for post in posts:
            await field.fleet.replace(post, folder)
        if folder is not None:
            for post in posts:
                await field.fleet.replace(post)
        what = f"to {self.back} commits ago and forward again" if folder else "to the same version"
        yield f"{self.service}, rolling, {what}"


def _checked_out(back: int, scratch: Path) -> Path:
    """The code of so many commits ago in a folder of its own. Raises NotPossibleHere where there is no history."""
    folder = scratch / f"back-{back}"
    if folder.is_dir():
        return folder
    command = ["git", "archive", f"HEAD~{back}", "services", "shared"]
    try:
        packed = subprocess.run(command, cwd=_PROJECT, capture_output=True, check=True, timeout=60).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as problem:
        raise NotPossibleHere(f"no code of {back} commits ago: {problem}") from problem
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder
