"""Load, decide, commit: the only way by which an aggregate changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic
from weakref import WeakValueDictionary

from shared.eventstore.aggregate import (
    AggregateType,
    Cause,
    Contended,
    Event,
    Executed,
    KeyReused,
    Loaded,
    Receipt,
    RecordedEvent,
    State,
    UniqueConflict,
)
from shared.eventstore.chain import Broken, broken
from shared.eventstore.documents import Change, CommitBuilder, Head, OutboxRecord, recorded
from shared.eventstore.group_commit import Coalescer
from shared.eventstore.store import AggregateStore, Committed, Outcome, Taken
from shared.kernel.clock import Clock
from shared.kernel.ids import random_id

ATTEMPTS = 10


class Repository(Generic[State, Event]):
    """Aggregates of one kind. `on_commit` is told the id of each aggregate that has something to publish and, where it
    had nothing before, what: its whole outbox."""

    def __init__(
        self,
        aggregate: AggregateType[State, Event],
        store: AggregateStore,
        clock: Clock,
        service: str,
        on_commit: Callable[[str, Sequence[OutboxRecord]], None] = lambda _, __: None,
    ) -> None:
        self.aggregate = aggregate
        self._store = store
        self._clock = clock
        self._builder = CommitBuilder(aggregate, service)
        self._on_commit = on_commit
        self._loads: Coalescer[str, Head | None] = Coalescer(self._load_many)
        self._commits: Coalescer[Change, Outcome] = Coalescer(store.write)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def load(self, aggregate_id: str) -> Loaded[State] | None:
        head = await self._loads.ask(aggregate_id)
        return Loaded(head.id, head.version, self._builder.codec.load_state(head.state)) if head else None

    def begin_look(self, aggregate_id: str) -> asyncio.Future[Head | None]:
        """Whether there is such an aggregate, asked without waiting; `recall` says what it answered."""
        return self._loads.begin(aggregate_id)

    async def recall(self, aggregate_id: str, receipt: Receipt[State]) -> Executed[State, Event] | None:
        """What the request of this receipt was answered; None where the aggregate does not exist, or knows nothing of
        the request. Raises KeyReused where the key came with another body."""
        head = await self._loads.ask(aggregate_id)
        return _repeated(head, self._builder.codec.load_state(head.state), receipt) if head else None

    async def history(self, aggregate_id: str) -> list[RecordedEvent[Event]]:
        """Every event of the aggregate, oldest first; empty where it does not exist."""
        return [recorded(self._builder.codec, entry) for entry in await self._store.history(aggregate_id)]

    async def verify(self, aggregate_id: str, anchors: Mapping[int, str] | None = None) -> Broken | None:
        """Where the aggregate's history is not what was committed; None where it is whole. `anchors`: event number to
        `chainhash` as public records carry them, so that a rewritten history or a lost tail is found too."""
        entries = await self._store.history(aggregate_id)
        head = (await self._store.load([aggregate_id])).get(aggregate_id)
        return broken(self.aggregate.kind, aggregate_id, entries, head, anchors or {})

    async def execute(
        self,
        aggregate_id: str,
        decide: Callable[[State | None], Sequence[Event]],
        cause: Cause,
        receipt: Receipt[State] | None = None,
    ) -> Executed[State, Event]:
        """Decides on the present state (None: does not exist yet) and commits; decides again where another writer
        was first. No events change nothing. Raises what `decide` raises, KeyReused, UniqueConflict, Contended."""
        # Tasks of this process take turns: only writers of other processes make a decision be taken again.
        async with self._turn(aggregate_id):
            return await self._execute(aggregate_id, decide, cause, receipt)

    async def _execute(
        self,
        aggregate_id: str,
        decide: Callable[[State | None], Sequence[Event]],
        cause: Cause,
        receipt: Receipt[State] | None,
    ) -> Executed[State, Event]:
        for attempt in range(ATTEMPTS):
            head = await self._loads.ask(aggregate_id)
            state = self._builder.codec.load_state(head.state) if head else None
            if head and state is not None and receipt:
                repeated: Executed[State, Event] | None = _repeated(head, state, receipt)
                if repeated:
                    return repeated
            events = decide(state)
            if not events:
                return _unchanged(aggregate_id, head, state, receipt)
            done = await self._commit(head, aggregate_id, events, state, cause, receipt)
            if done:
                return done
            await asyncio.sleep(0.002 * attempt)
        raise Contended(f"{self.aggregate.kind} {aggregate_id}")

    async def create(
        self, aggregate_id: str, events: Sequence[Event], cause: Cause, receipt: Receipt[State] | None = None
    ) -> Executed[State, Event] | None:
        """Commits the first events without loading; None where the aggregate exists already."""
        return await self._commit(None, aggregate_id, events, None, cause, receipt)

    async def create_all(self, beginnings: Mapping[str, Sequence[Event]], cause: Cause) -> Mapping[str, UniqueConflict]:
        """Commits the first events of many aggregates in one go; those that exist already are left alone. Each that a
        unique index refused, with its refusal; the others are there."""
        built = [self._build(None, each, events, None, cause, None)[1] for each, events in beginnings.items()]
        outcomes = await self._commits.ask_all(built)
        refused = {}
        for change, outcome in zip(built, outcomes, strict=True):
            if isinstance(outcome, Taken):
                refused[change.head.id] = UniqueConflict(outcome.index)
            elif isinstance(outcome, Committed):
                self._tell(change, None)
        return refused

    async def _commit(
        self,
        head: Head | None,
        aggregate_id: str,
        events: Sequence[Event],
        state: State | None,
        cause: Cause,
        receipt: Receipt[State] | None,
    ) -> Executed[State, Event] | None:
        after, change = self._build(head, aggregate_id, events, state, cause, receipt)
        outcome = await self._commits.ask(change)
        if isinstance(outcome, Taken):
            raise UniqueConflict(outcome.index)
        if not isinstance(outcome, Committed):
            return None
        self._tell(change, head)
        answer = change.receipt.answer if change.receipt else None
        return Executed(aggregate_id, change.head.version, after, tuple(events), answer)

    def _tell(self, change: Change, before: Head | None) -> None:
        if change.outbox:
            more = before is not None and before.unsent
            self._on_commit(change.head.id, () if more else change.outbox)

    def _build(
        self,
        head: Head | None,
        aggregate_id: str,
        events: Sequence[Event],
        state: State | None,
        cause: Cause,
        receipt: Receipt[State] | None,
    ) -> tuple[State, Change]:
        token = random_id("commit")
        return self._builder.build(head, aggregate_id, events, self._clock.now(), cause, token, state, receipt)

    def _turn(self, aggregate_id: str) -> asyncio.Lock:
        """A lock that lives as long as somebody holds it or waits for it; first come, first served."""
        lock = self._turns.get(aggregate_id)
        if lock is None:
            lock = self._turns[aggregate_id] = asyncio.Lock()
        return lock

    async def _load_many(self, ids: Sequence[str]) -> Sequence[Head | None]:
        found = await self._store.load(list(dict.fromkeys(ids)))
        return [found.get(aggregate_id) for aggregate_id in ids]


def _repeated(head: Head, state: State, receipt: Receipt[State]) -> Executed[State, Event] | None:
    for stored in head.receipts:
        if stored.key == receipt.key:
            if stored.body_hash != receipt.body_hash:
                raise KeyReused
            return Executed(head.id, head.version, state, (), stored.answer, repeated=True)
    return None


def _unchanged(
    aggregate_id: str, head: Head | None, state: State | None, receipt: Receipt[State] | None
) -> Executed[State, Event]:
    if head is None or state is None:
        raise ValueError("a command that creates an aggregate has at least one event")
    answer = receipt.answer(state) if receipt else None
    return Executed(aggregate_id, head.version, state, (), answer)
