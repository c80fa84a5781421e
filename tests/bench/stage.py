"""A broker, a store and the complaints service as processes, with verified filers whose tokens and rights it knows."""

import asyncio
import json
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil

from deploy.local.child import Child, spawn
from deploy.local.ports import free_ports
from deploy.local.stack import LocalStack
from services.complaints.intake.model import case_number, submission_number
from shared.access import Role
from tests.bench.load_client import request, write_requests
from tests.support.complaints import Filer, taobao
from tests.support.eventually import eventually
from tests.support.world import World, world_of

FILERS = 40
_PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Load:
    """What a load client saw. `cpu`: seconds of each process that took part, by name."""

    seconds: float
    statuses: Mapping[str, int]
    ms: Mapping[str, float]
    cpu: Mapping[str, float]

    def per_second(self, status: str = "201", each: int = 1) -> float:
        """Requests that were answered by `status` a second, times `each`. Raises where any was answered otherwise."""
        if set(self.statuses) != {status}:
            raise AssertionError(f"not every request was answered by {status}: {dict(self.statuses)}")
        return self.statuses[status] * each / self.seconds

    def as_detail(self) -> dict[str, Any]:
        cpu = {name: round(seconds, 3) for name, seconds in self.cpu.items()}
        return {"seconds": round(self.seconds, 3), "requests": sum(self.statuses.values()), "ms": self.ms, "cpu_s": cpu}


@dataclass
class Stage:
    """`filers` are known to complaints once `introduce` has returned; `items` gives fresh listing numbers."""

    world: World
    folder: Path
    children: dict[str, Child] = field(default_factory=dict)
    filers: list[Filer] = field(default_factory=list)
    items: Iterator[int] = field(default_factory=lambda: iter(range(600_000_000_000, 700_000_000_000)))

    async def start(self, name: str, *command: str, port: int = 0, env: Mapping[str, str] | None = None) -> Child:
        """A process of the stage, until it is stopped or the stage ends; returns when it is ready."""
        child = spawn(name, (sys.executable, *command), self.folder / f"{name}.log", env=env, cwd=_PROJECT)
        self.children[name] = child
        if port:
            await self._ready(child, port)
        return child

    async def start_complaints(self, *roles: str, name: str = "complaints", port: int = 0) -> Child:
        """`port` 0 is the world's."""
        port = port or self.world.port
        env = {**self.world.env, "IPP_COMPLAINTS_PORT": str(port), "IPP_INSTANCE": name, "IPP_LOG_LEVEL": "INFO"}
        return await self.start(name, "-m", "services.complaints", *roles, port=port, env=env)

    async def stop(self, name: str) -> None:
        await self.children.pop(name).stop()

    async def introduce(self, count: int = FILERS) -> None:
        """Tells complaints' reactions of accounts and rights by their topics; returns when all are in its replicas."""
        [port] = free_ports(1)
        await self.start_complaints("reactions", name="introducing", port=port)
        self.filers = [Filer(self.world) for _ in range(count)]
        await asyncio.gather(*(filer.known() for filer in self.filers))
        await self.quiet(port)
        await self.stop("introducing")

    def submissions(self, count: int, listings: int = 1) -> list[bytes]:
        """Requests that file, each with its own key and with listings that nobody named before."""
        return [self._submission(self.filers[i % len(self.filers)], listings)[0] for i in range(count)]

    def complaints(self, count: int) -> tuple[list[bytes], list[str]]:
        """Requests that file a listing each, and the cases that they make."""
        both = [self._submission(self.filers[i % len(self.filers)], 1) for i in range(count)]
        return [sent for sent, _ in both], [case_number(number, 1) for _, number in both]

    def _submission(self, filer: Filer, listings: int) -> tuple[bytes, str]:
        """The request, and the number that it will be given."""
        body = filer.body(*(taobao(next(self.items)) for _ in range(listings)))
        key = uuid.uuid4().hex
        sent = self.post("/v1/submissions", filer.token, body, key)
        return sent, submission_number(filer.account, key)

    def post(self, path: str, token: str, body: object, key: str = "") -> bytes:
        """A request as the load client sends it."""
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key or uuid.uuid4().hex,
            "Content-Type": "application/json",
        }
        return request("POST", path, headers, orjson.dumps(body))

    async def load(self, port: int, requests: Sequence[bytes], connections: int) -> Load:
        """Sends them from a process of its own; returns when all are answered."""
        file = self.folder / "requests"
        write_requests(file, requests)
        before = self.cpu()
        command = (sys.executable, "-m", "tests.bench.load_client", str(port), str(connections), str(file))
        client = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=_PROJECT)
        output, _ = await client.communicate()
        if client.returncode != 0:
            raise AssertionError(f"the load client ended with {client.returncode}: {output.decode()}")
        after = self.cpu()
        said = json.loads(output)
        cpu = {name: after[name] - before[name] for name in after} | {"client": said["client_cpu_s"]}
        return Load(said["seconds"], said["statuses"], said["ms"], cpu)

    async def quiet(self, port: int, within: float = 60.0) -> None:
        """Returns when the service at the port has nothing left to do, twice in a row."""
        calm = 0

        async def nothing_left() -> bool:
            nonlocal calm
            async with self.world.http.get(f"http://127.0.0.1:{port}/backlog") as answer:
                counts = await answer.json(content_type=None)
            calm = 0 if any(counts.values()) else calm + 1
            return calm >= 2

        await eventually(nothing_left, within=within)

    @cached_property
    def reviewer_token(self) -> str:
        return self.world.token("staff-1", Role.REVIEWER)

    def cpu(self) -> dict[str, float]:
        """CPU seconds of every process of the stage so far."""
        times = {name: process.cpu_times() for name, process in self.processes().items()}
        return {name: each.user + each.system for name, each in times.items()}

    def processes(self) -> dict[str, psutil.Process]:
        """What runs on the stage; store and broker only where they were not given."""
        stack = self.world.stack
        pids = {name: child.pid for name, child in self.children.items()}
        pids |= {name: part.child.pid for name, part in (("store", stack.mongo), ("broker", stack.kafka)) if part}
        return {name: psutil.Process(pid) for name, pid in pids.items()}

    async def _ready(self, child: Child, port: int) -> None:
        async def answers() -> bool:
            if not child.running:
                raise child.failed("ended while it started")
            try:
                async with self.world.http.get(f"http://127.0.0.1:{port}/health/ready") as answer:
                    return answer.ok
            except aiohttp.ClientError:
                return False

        await eventually(answers, within=90)


@asynccontextmanager
async def complaints_stage() -> AsyncIterator[Stage]:
    """The topics are there and no service runs yet."""
    async with AsyncExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="ipp-bench-")))
        stack = await cleanup.enter_async_context(LocalStack())
        world = await cleanup.enter_async_context(world_of("complaints", stack, folder))
        stage = Stage(world, folder)
        try:
            yield stage
        finally:
            await asyncio.gather(*(child.stop(5.0) for child in stage.children.values()))
