"""The platform in memory, small and deterministic: the real deciders, repositories, relays, lanes, reactions and
processors on twins, driven step by step. A part is broken by handing in another one (`Parts`)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.complaints.cases.commands import Cases
from services.complaints.cases.reactions import Expiries, ServiceOfNotices
from services.complaints.cases.store import CASES
from services.complaints.intake.commands import Intake
from services.complaints.intake.replicas import Facts
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.measures.commands import Measures
from services.complaints.measures.reactions import Acknowledgements, Holds, MeasureNews
from services.complaints.measures.store import MEASURES
from services.complaints.records.queries import Holder
from services.complaints.streams import deadlines
from services.notifications.notices.commands import Planning, Recording
from services.notifications.notices.model import Taken
from services.notifications.notices.reactions import NoticeReactions
from services.notifications.notices.store import NOTICE
from services.scoring.rules import RuleBook
from services.scoring.streams import outcomes, penalties
from shared.eventstore import AggregateType, Repository
from shared.eventstore.relay import Relay
from shared.kernel.clock import Clock, SteppedClock, wall_seconds
from shared.policies.loading import load_policy_book
from shared.reactions import Subscription
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Processor, Shape
from tests.chaos.checker import Mail
from tests.chaos.planted.market import Market
from tests.chaos.planted.streams import MemoryStream
from tests.support.memory_broker import MemoryBroker, MemoryConsumer
from tests.support.memory_inbox import MemoryInbox
from tests.support.memory_store import MemoryAggregateStore

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
OWNER, PLATFORM = "acc-intl-1", "taobao"
AGGREGATES: Mapping[str, AggregateType[Any, Any]] = {
    "complaints.submissions": SUBMISSIONS,
    "complaints.cases": CASES,
    "complaints.measures": MEASURES,
    "notifications.notices": NOTICE,
}
SHADOW = "-rebuilt"
_BOOK = load_policy_book()
RULES = RuleBook(_BOOK)
_GRACE = _BOOK.at(START).deadlines.expiry_grace


class Crash(BaseException):
    """The process is gone: nothing in it catches this."""


def _store(aggregate: AggregateType[Any, Any]) -> MemoryAggregateStore:
    return MemoryAggregateStore(aggregate.indexes)


def _penalties(shape: Shape) -> Processor:
    return penalties.PenaltyProcessor(shape, RULES.penalties)


def _deadlines(clock: Clock, seconds: Callable[[], float]) -> Processor:
    return DeadlineProcessor(deadlines.shape(), "complaints", clock, _GRACE, seconds=seconds)


@dataclass(frozen=True)
class Parts:
    """What the world is made of; each can be another one. Sound as it stands."""

    store: Callable[[AggregateType[Any, Any]], MemoryAggregateStore] = _store
    relay: type[Relay] = Relay
    consumer: type[MemoryConsumer] = MemoryConsumer
    intake: type[Intake] = Intake
    cases: type[Cases] = Cases
    measures: type[Measures] = Measures
    expiries: type[Expiries] = Expiries
    deadlines: Callable[[Clock, Callable[[], float]], Processor] = _deadlines
    outcomes: Callable[[Shape], Processor] = outcomes.OutcomeProcessor
    penalties: Callable[[Shape], Processor] = _penalties
    shadow_suffix: str = SHADOW


@dataclass
class Process:
    """What a process holds in memory: gone with a crash."""

    repositories: Mapping[str, Repository[Any, Any]]
    relays: Mapping[str, Relay]
    cases: Cases
    measures: Measures
    intake: Intake
    consumers: Sequence[MemoryConsumer]


@dataclass
class World:
    """`crash` ends the process and begins another; stores, broker, inbox and commits stay."""

    parts: Parts = field(default_factory=Parts)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(START))
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    mails: list[Mail] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.stores = {name: self.parts.store(aggregate) for name, aggregate in AGGREGATES.items()}
        self.market = Market(PLATFORM, self.broker, self.clock)
        self.streams = [
            MemoryStream(lambda: self.parts.deadlines(self.clock, lambda: self.seconds), self.broker),
            MemoryStream(lambda: self.parts.outcomes(outcomes.shape()), self.broker),
            MemoryStream(lambda: self.parts.penalties(penalties.shape()), self.broker),
        ]
        self.committed: dict[str, dict[tuple[str, int], int]] = {}
        self.process = self.begin()

    def begin(self) -> Process:
        """A process on the stores and the broker as they are."""
        relays = {name: self.parts.relay(name, store, self.broker) for name, store in self.stores.items()}
        repositories: dict[str, Repository[Any, Any]] = {
            name: Repository(aggregate, self.stores[name], self.clock, name.partition(".")[0])
            for name, aggregate in AGGREGATES.items()
        }
        cases = self.parts.cases(repositories["complaints.cases"], _BOOK, self.clock)
        measures = self.parts.measures(repositories["complaints.measures"], _BOOK, self.clock)
        intake = self.parts.intake(
            repositories["complaints.submissions"],
            cases,
            cast("Any", _Claims(self.stores["complaints.cases"])),
            cast("Any", _Accounts()),
            cast("Any", _Rights()),
            cast("Any", _Sealed()),
            _BOOK,
            self.clock,
            cast("Any", _Unfinished(self.stores["complaints.submissions"])),
            cast("Any", _NoFiles()),
        )
        planning = Planning(repositories["notifications.notices"], self.clock)
        subscriptions = (
            Holds(measures).subscription(),
            Acknowledgements(measures).subscription(),
            MeasureNews(cases).subscription(),
            ServiceOfNotices(cases).subscription(),
            self.parts.expiries(cases, measures).subscription(),
            NoticeReactions(planning).subscriptions()[0],
        )
        return Process(repositories, relays, cases, measures, intake, [self._consumer(each) for each in subscriptions])

    def _consumer(self, subscription: Subscription) -> MemoryConsumer:
        committed = self.committed.setdefault(subscription.group, {})
        return self.parts.consumer(subscription, self.broker, self.inbox, committed)

    def crash(self) -> None:
        self.process = self.begin()
        for stream in self.streams:
            stream.crash()

    async def settle(self, *, crashes: bool = False) -> None:
        """Until nothing moves any more. `crashes`: a process that crashes on the way is followed by the next one."""
        while True:
            try:
                if not await self._round():
                    return
            except Crash:
                if not crashes:
                    raise
                self.crash()

    async def _round(self) -> int:
        await self.process.intake._look(frozenset(), all_of_them=True)
        done = await self._relay()
        for consumer in self.process.consumers:
            done += await consumer.pump()
        for stream in self.streams:
            done += stream.pump()
        return done + self.market.pump() + await self._post()

    async def _relay(self) -> int:
        """What is in outboxes is sent; a broker that refuses is no movement."""
        before = sum(len(log) for log in self.broker.topics.values())
        for name, relay in self.process.relays.items():
            if ids := await self.stores[name].waiting(wall_seconds() + 1, 1000):
                await relay.send(ids)
        return sum(len(log) for log in self.broker.topics.values()) - before

    async def _post(self) -> int:
        """Each open notice is written to each of its addresses."""
        repository = self.process.repositories["notifications.notices"]
        recording = Recording(repository)
        sent = 0
        for notice_id in list(self.stores["notifications.notices"].documents):
            loaded = await repository.load(notice_id)
            if loaded is not None and loaded.state.open:
                letters = [(address, f"<{notice_id}.{address}@ipp.example>") for address in loaded.state.open]
                self.mails += [Mail(message_id, address) for address, message_id in letters]
                taken = [
                    Taken(address=address, language="en", message_id=message_id, address_mac=address)
                    for address, message_id in letters
                ]
                await recording.record(loaded.state, taken, self.clock.now())
                sent += 1
        return sent

    def advance(self, by: timedelta) -> None:
        """Business time moves on, and real time enough for every back-off to be over."""
        self.clock.advance(by)
        self.seconds += 3600


class _Accounts:
    """Every account is verified."""

    def begin_get(self, _: str) -> asyncio.Future[Facts | None]:
        return _known({"verified": True, "standing": "good"})


class _Rights:
    """Every right is an authenticated trademark of the one owner."""

    def begin_get(self, right_id: str) -> asyncio.Future[Facts | None]:
        return _known(
            {
                "account_id": OWNER,
                "principal_id": None,
                "right_type": "trademark",
                "place": "CN",
                "madrid_designations": [],
                "fingerprint": f"fp-{right_id}",
                "status": "authenticated",
                "expires_on": "2030-01-01",
            }
        )


def _known(facts: Facts) -> asyncio.Future[Facts | None]:
    answer: asyncio.Future[Facts | None] = asyncio.get_running_loop().create_future()
    answer.set_result(facts)
    return answer


class _Sealed:
    async def seal(self, subject: str, place: str, plaintext: bytes, once: str = "") -> str:
        return f"vlt-{subject}-{place}"


@dataclass
class _Claims:
    """See `CaseQueries.holders`."""

    store: MemoryAggregateStore

    async def holders(self, claims: Sequence[str]) -> Sequence[Holder | None]:
        held = {
            kept.index.get("claim"): Holder(case, kept.index["account"]) for case, kept in self.store.documents.items()
        }
        return [held.get(claim) for claim in claims]


class _NoFiles:
    """Nobody here names a file."""

    async def attach(self, ids: Sequence[str], *_: object) -> None:
        if ids:
            raise AssertionError("no file was uploaded")


@dataclass
class _Unfinished:
    """See `intake.unfinished.Unfinished`."""

    store: MemoryAggregateStore
    most: int = 100

    def finished(self, number: str) -> None:
        kept = self.store.documents[number]
        kept.index = {name: value for name, value in kept.index.items() if name != "unfinished"}

    async def some(self, after: str = "") -> Sequence[str]:
        marked = [name for name, kept in self.store.documents.items() if kept.index.get("unfinished")]
        return sorted(name for name in marked if name > after)[: self.most]
