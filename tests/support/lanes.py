"""One partition's lanes on an inbox in memory, with what they applied, parked and gave up."""

from shared.kernel.failures import Transient
from shared.reactions.inbox import Record
from shared.reactions.lanes import Lanes
from tests.support.jar_records import GROUP, Counting
from tests.support.jars import JARS
from tests.support.memory_inbox import MemoryInbox


class Bench:
    """Lanes on an inbox; `restart` is what a new process has: the inbox and nothing else."""

    def __init__(self, inbox: MemoryInbox | None = None, *, ordering: str = "sequenced") -> None:
        self.inbox = inbox or MemoryInbox()
        self.reaction = Counting()
        self.dead: list[tuple[int, str]] = []
        self.dead_letters_fail = 0
        counting = self.reaction
        self._subscription = counting.subscription() if ordering == "sequenced" else counting.idempotent()
        self.lanes = self._new()

    def _new(self) -> Lanes:
        return Lanes(self._subscription, JARS.name, 0, self.inbox, self._dead_letter, first_delay_seconds=0.001)

    async def restart(self) -> None:
        self.lanes = self._new()
        await self.lanes.open()

    async def process(self, *records: Record) -> None:
        await self.lanes.process(records)

    async def _dead_letter(self, record: Record, error: str) -> None:
        if self.dead_letters_fail:
            self.dead_letters_fail -= 1
            raise Transient("broker away")
        self.dead.append((record.offset, error))

    async def parked(self) -> list[tuple[int, str]]:
        return [(p.record.offset, p.reason) for p in await self.inbox.parked(GROUP, JARS.name, 0)]

    async def decide(self, offset: int, verdict: str) -> None:
        assert verdict in ("retry", "discard")
        assert await self.inbox.decide(f"{GROUP}|{JARS.name}|0|{offset}", verdict)  # type: ignore[arg-type]

    async def position(self, subject: str) -> int:
        source = f"{JARS.name}|{subject}"
        return (await self.inbox.positions(GROUP, [source])).get(source, 0)
