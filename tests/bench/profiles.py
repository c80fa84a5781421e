"""`python -m tests.bench.profiles [PATH ...]`: where the time of a hot path goes, as a table for docs/performance.

py-spy looks at the complaints process 500 times a second while it is under load. A look counts where a thread holds
the interpreter, for the innermost of our rooms, or of the clients that we call, on its stack; what the standard library
does counts for whoever called it. What the kernel does for a thread meanwhile (sockets, mostly) holds no interpreter
and is not seen. Beside it stands what store and broker needed.
"""

import asyncio
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from tests.bench.marketplace import listening
from tests.bench.measures import intake, scale_out_reactions, takedown
from tests.bench.stage import Stage, complaints_stage

_LOOKS_A_SECOND = 500
PARTS: Mapping[str, tuple[str, ...]] = {
    "calls to the store": ("shared/mongo/", "motor/", "pymongo/", "bson/"),
    "broker client": ("aiokafka/", "shared/kafka/"),
    "relay of records": ("shared/eventstore/relay",),
    "commits: events, hashes, documents": ("shared/eventstore/",),
    "HTTP: server, middleware, problems": ("shared/httpkit/", "aiohttp/", "yarl/", "multidict/"),
    "tokens": ("shared/access/", "joserfc/"),
    "sealing of texts": ("shared/vault/",),
    "reading and positions of reactions": ("shared/reactions/",),
    "contracts: reading and making events": ("shared/contracts/", "pydantic/"),
    "policies and calendars": ("shared/policies/",),
    "deciding: checks, models, public records": ("services/", "shared/kernel/"),
    "log lines": ("structlog/", "shared/runtime/", "logging/"),
    "counting for metrics": ("prometheus_client/",),
}
OTHER = "event loop and what is left"


@dataclass(frozen=True)
class Profile:
    """shares: of the looks at who held the interpreter, by part; cpu_ms: of each process for one unit of work."""

    path: str
    looks: int
    shares: Mapping[str, float]
    cpu_ms: Mapping[str, float]

    def __str__(self) -> str:
        rows = [f"| {part} | {share:.0%} |" for part, share in self.shares.items() if share >= 0.005]
        costs = ", ".join(f"{name} {ms:.2f} ms" for name, ms in self.cpu_ms.items())
        head = f"{self.path}: {self.looks} looks; CPU for each: {costs}"
        return "\n".join([head, "", "| part | share of the interpreter |", "|---|---|", *rows])


def shares(stacks: Iterable[str]) -> tuple[int, dict[str, float]]:
    """From lines as py-spy writes them: the frames from the outermost on, divided by `;`, then how often they were
    seen. Returns the number of looks and the share of each part, the greatest first."""
    found: Counter[str] = Counter()
    for line in stacks:
        frames, _, times = line.rstrip().rpartition(" ")
        found[part_of(frames.split(";"))] += int(times)
    looks = found.total()
    return looks, {part: count / looks for part, count in found.most_common()}


def part_of(frames: Iterable[str]) -> str:
    """The part to which the innermost frame belongs that belongs to any."""
    for frame in reversed(list(frames)):
        for part, places in PARTS.items():
            if any(place in frame for place in places):
                return part
    return OTHER


Work = Callable[[], Awaitable[int]]
"""The load; returns how many units it was."""


@asynccontextmanager
async def _single(stage: Stage, listings: int = 1) -> AsyncIterator[Work]:
    count = intake.SINGLES * 4 if listings == 1 else intake.BULKS * 4
    await stage.introduce()
    await stage.start_complaints("api")
    await stage.load(stage.world.port, stage.submissions(300, listings), intake.CONNECTIONS)

    async def work() -> int:
        requests = stage.submissions(count, listings)
        await stage.load(stage.world.port, requests, intake.CONNECTIONS)
        return count * listings

    yield work


@asynccontextmanager
async def _bulk(stage: Stage) -> AsyncIterator[Work]:
    async with _single(stage, intake.LISTINGS) as work:
        yield work


@asynccontextmanager
async def _takedown(stage: Stage) -> AsyncIterator[Work]:
    await stage.introduce()
    await stage.start_complaints("api", "reactions")
    async with listening(stage.world.stack.kafka_bootstrap, takedown.COMMANDS) as commands:
        await takedown.drained(stage, await takedown.under_review(stage, takedown.FOR_LOAD), commands)
        cases = await takedown.under_review(stage, takedown.FOR_LOAD * 4)

        async def work() -> int:
            await takedown.drained(stage, cases, commands)
            return len(cases)

        yield work


@asynccontextmanager
async def _holds(stage: Stage) -> AsyncIterator[Work]:
    port = stage.world.port
    await stage.start_complaints("reactions")
    async with listening(stage.world.stack.kafka_bootstrap, scale_out_reactions.COMMANDS) as commands:
        await scale_out_reactions.holds(stage, [port], commands, 400)

        async def work() -> int:
            return (await scale_out_reactions.holds(stage, [port], commands, scale_out_reactions.CASES * 3)).holds

        yield work


PATHS = {"intake": _single, "bulk": _bulk, "takedown": _takedown, "holds": _holds}


async def profile(path: str) -> Profile:
    async with complaints_stage() as stage, PATHS[path](stage) as work:
        with tempfile.NamedTemporaryFile(prefix="ipp-profile-") as stacks:
            command = ("-p", str(stage.children["complaints"].pid), "-r", str(_LOOKS_A_SECOND), "-f", "raw", "--gil")
            looking = await asyncio.create_subprocess_exec(
                *(str(Path(sys.executable).with_name("py-spy")), "record", "-d", "unlimited", *command),
                *("-o", stacks.name),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            before = stage.cpu()
            count = await work()
            after = stage.cpu()
            looking.send_signal(signal.SIGINT)
            _, said = await looking.communicate()
            looks, parts = shares(Path(stacks.name).read_text().splitlines())
            if not looks:
                raise RuntimeError(f"py-spy saw nothing: {said.decode()}")
    return Profile(path, looks, parts, {name: (after[name] - before[name]) * 1000 / count for name in before})


def main(paths: Iterable[str]) -> None:
    for path in paths or PATHS:
        print(uvloop.run(profile(path)), end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
