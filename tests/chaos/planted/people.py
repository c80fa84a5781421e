"""Clients of the world in memory, with a ledger as the load clients of chaos runs keep it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from services.complaints.cases import model as m
from services.complaints.cases.model.state import Determination
from services.complaints.intake.checks import Notice
from shared.eventstore import Answer, Cause, Receipt
from shared.kernel.decider import Refusal
from tests.chaos.checker import Ledger, Promise, read_promises
from tests.chaos.checker.ledger import Kind
from tests.chaos.planted.market import MERCHANT
from tests.chaos.planted.world import OWNER, PLATFORM, Process, World

FIRST, SECOND = "staff-1", "staff-2"


@dataclass
class People:
    """Everybody who asks something of the platform. Each request is promised in the ledger."""

    world: World
    path: Path
    ledger: Ledger = field(init=False)
    _beside: Process | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.path)

    @property
    def process(self) -> Process:
        """The one that their requests come to."""
        return self._beside or self.world.process

    def beside(self) -> "People":
        """The same people, served by a second process on the same stores, as behind a load balancer."""
        other = People(self.world, self.path, self.world.begin())
        other._count = self._count + 1000
        return other

    def promises(self) -> Sequence[Promise]:
        return read_promises(self.path)

    async def file(self, number: int, *, right: str = "rgt-1", key: str = "", heard: bool = True) -> str:
        """Files about one listing; the case, as answered. `heard`: False where the answer is lost on its way."""
        key = key or self._key()
        url = f"https://item.taobao.com/item.htm?id={520000000000 + number}"
        notice = Notice(
            PLATFORM,
            "trademark",
            "counterfeit",
            ((url, ("title",)),),
            has_evidence=True,
            statements=frozenset({"sincere_belief", "capacity_and_right"}),
        )
        attempt = self.ledger.asking(
            "submission", key=key, by=OWNER, at=self.world.clock.now(), body=url.encode(), urls=[url]
        )
        receipt: Receipt[object] = Receipt(key, f"hash-{number}", lambda _: Answer(201, b"{}"))
        intake = self.process.intake
        try:
            done = await intake.file(OWNER, notice, right, "the logo", Cause(OWNER), receipt)  # type: ignore[arg-type]
        except Refusal as refusal:
            if heard:
                self.ledger.answered(attempt, 422, at=self.world.clock.now(), problem=refusal.code)
            return ""
        if heard:
            self.ledger.answered(attempt, 201, at=self.world.clock.now(), case_ids=done.state.case_ids)
        return done.state.case_ids[0] if done.state.case_ids else ""

    async def uphold(self, case: str) -> int:
        return await self._ask("decision", case, FIRST, m.Uphold(by=FIRST))

    async def reject(self, case: str) -> int:
        return await self._ask("decision", case, FIRST, m.Reject(by=FIRST, reason_code="insufficient_support"))

    async def review(self, case: str) -> None:
        """No promise: taking a case under review is told to nobody."""
        await self.process.cases.execute(case, m.BeginReview(by=FIRST), Cause(FIRST))

    async def down(self, number: int, *, right: str = "rgt-1") -> str:
        """Filed, reviewed and upheld, and all that follows."""
        case = await self.file(number, right=right)
        await self.review(case)
        await self.uphold(case)
        await self.world.settle()
        return case

    async def counter(self, case: str, *, takes: timedelta = timedelta()) -> int:
        """`takes`: business time between the receipt of the answer and its handling."""
        command = m.SubmitCounterNotification(by=MERCHANT, received_at=self.world.clock.now())
        return await self._ask("counter", case, MERCHANT, command, takes)

    async def dispute(self, case: str) -> int:
        received = self.world.clock.now()
        return await self._ask("response", case, OWNER, m.RejectCounterNotification(by=OWNER, received_at=received))

    async def determine(self, case: str, determination: Determination) -> int:
        return await self._ask("determination", case, SECOND, m.DecideDispute(by=SECOND, determination=determination))

    async def withdraw(self, case: str) -> int:
        return await self._ask("withdrawal", case, OWNER, m.Withdraw(by=OWNER, reason="settled"))

    async def _ask(self, kind: Kind, case: str, by: str, command: m.Command, takes: timedelta = timedelta()) -> int:
        key, now = self._key(), self.world.clock.now
        attempt = self.ledger.asking(kind, key=key, by=by, at=now(), case_id=case)
        self.world.advance(takes)
        receipt: Receipt[m.Case] = Receipt(key, key, lambda _: Answer(200, b"{}"))
        try:
            await self.process.cases.execute(case, command, Cause(by), receipt)
        except Refusal as refusal:
            self.ledger.answered(attempt, 409, at=now(), problem=refusal.code)
            return 409
        self.ledger.answered(attempt, 200, at=now(), case_ids=[case])
        return 200

    def _key(self) -> str:
        self._count += 1
        return f"key-{self._count:06d}"
