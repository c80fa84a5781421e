"""Aggregates as documents: what a commit writes, prepared without touching the store.

A document: `_id`, `version`, `state`, `ix` (fields to be found by), `history` (hash-chained events), `history_bytes`,
`outbox` (public records not yet sent), `sequences` (last sequence per topic), `chainhash`, `receipts`, `commit`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

import orjson
from pydantic import TypeAdapter

from shared.contracts.envelope import Envelope, encode
from shared.eventstore.aggregate import (
    AggregateType,
    Answer,
    Cause,
    Event,
    Publication,
    Receipt,
    RecordedEvent,
    State,
)
from shared.kernel.clock import wall_seconds

Document = dict[str, Any]
GENESIS = "0" * 64
RECEIPTS_KEPT = 32


@dataclass(frozen=True)
class StoredReceipt:
    key: str
    body_hash: str
    answer: Answer


@dataclass(frozen=True)
class Head:
    """What a command needs of a document: all but history and outbox. `unsent`: whether the outbox holds something;
    nobody but who commits upon this version adds to it."""

    id: str
    version: int
    state: Document
    chainhash: str
    sequences: tuple[tuple[str, int], ...]
    receipts: tuple[StoredReceipt, ...] = ()
    history_bytes: int = 0
    unsent: bool = True


@dataclass(frozen=True)
class OutboxRecord:
    """A public record, fixed for ever: `id` is the event's, `at` the machine's time of the commit in seconds."""

    id: str
    topic: str
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    at: float


@dataclass(frozen=True)
class Change:
    """One commit: the head after it and what is appended. `expected_version` 0 inserts. `token` tells our own write."""

    head: Head
    expected_version: int
    index: Document
    history: tuple[Document, ...]
    outbox: tuple[OutboxRecord, ...]
    receipt: StoredReceipt | None
    token: str
    size: int = field(default=0)


class Codec(Generic[State, Event]):
    """Frozen dataclasses to plain values and back; an event is stored under the name of its class."""

    def __init__(self, aggregate: AggregateType[State, Event]) -> None:
        self._state: TypeAdapter[State] = TypeAdapter(aggregate.state)
        self._events: dict[str, TypeAdapter[Event]] = {e.__name__: TypeAdapter(e) for e in aggregate.events}

    def dump_state(self, state: State) -> Document:
        dumped: Document = self._state.dump_python(state, mode="json")
        return dumped

    def load_state(self, document: Document) -> State:
        return self._state.validate_python(document)

    def dump_event(self, event: Event) -> tuple[str, Document]:
        name = type(event).__name__
        return name, self._events[name].dump_python(event, mode="json")

    def load_event(self, name: str, data: Document) -> Event:
        return self._events[name].validate_python(data)


def chain_hash(previous: str, kind: str, aggregate_id: str, entry: Document) -> str:
    """SHA-256 over the predecessor's hash and everything that the entry says, as hex."""
    said = {name: entry[name] for name in ("n", "type", "at", "data", "cause")}
    material = orjson.dumps([previous, kind, aggregate_id, said], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(material).hexdigest()


def recorded(codec: Codec[State, Event], entry: Document) -> RecordedEvent[Event]:
    return RecordedEvent(
        number=entry["n"],
        at=datetime.fromisoformat(entry["at"]),
        event=codec.load_event(entry["type"], entry["data"]),
        cause=Cause(**entry["cause"]),
        chainhash=entry["hash"],
    )


class CommitBuilder(Generic[State, Event]):
    """Prepares commits of one kind of aggregate for one service."""

    def __init__(self, aggregate: AggregateType[State, Event], service: str) -> None:
        self.codec = Codec(aggregate)
        self._aggregate = aggregate
        self._source = f"/{service}"

    def build(
        self,
        head: Head | None,
        aggregate_id: str,
        events: Sequence[Event],
        now: datetime,
        cause: Cause,
        token: str,
        state: State | None,
        receipt: Receipt[State] | None = None,
    ) -> tuple[State, Change]:
        """The state after the events and the commit that makes it so, with the receipt's answer to it."""
        version = head.version if head else 0
        chain = head.chainhash if head else GENESIS
        sequences = dict(head.sequences) if head else {}
        history: list[Document] = []
        outbox: list[OutboxRecord] = []
        number = version
        for event in events:
            number += 1
            state = self._aggregate.evolve(state, event)
            name, data = self.codec.dump_event(event)
            entry: Document = {
                "n": number,
                "type": name,
                "at": now.isoformat(),
                "data": data,
                "cause": {
                    "actor": cause.actor,
                    "correlation_id": cause.correlation_id,
                    "causation_id": cause.causation_id,
                    "traceparent": cause.traceparent,
                },
                "prev": chain,
                "commit": token,
            }
            chain = entry["hash"] = chain_hash(chain, self._aggregate.kind, aggregate_id, entry)
            history.append(entry)
            for position, publication in enumerate(self._aggregate.publish(state, event, number)):
                sequence = sequences[publication.topic] = sequences.get(publication.topic, 0) + 1
                event_id = f"{self._aggregate.kind}/{aggregate_id}/{number}" + (f".{position}" if position else "")
                outbox.append(self._record(publication, event_id, aggregate_id, sequence, now, cause, chain))
        if state is None:
            raise ValueError("a commit has at least one event")
        dumped, before = self.codec.dump_state(state), head.history_bytes if head else 0
        after = Head(aggregate_id, number, dumped, chain, tuple(sequences.items()), history_bytes=before)
        size = sum(len(orjson.dumps(entry)) for entry in history)
        index = dict(self._aggregate.index(state))
        kept = StoredReceipt(receipt.key, receipt.body_hash, receipt.answer(state)) if receipt else None
        return state, Change(after, version, index, tuple(history), tuple(outbox), kept, token, size)

    def _record(
        self,
        publication: Publication,
        event_id: str,
        subject: str,
        sequence: int,
        now: datetime,
        cause: Cause,
        chain: str,
    ) -> OutboxRecord:
        data = publication.data
        envelope = Envelope(
            id=event_id,
            source=self._source,
            type=data.type,
            subject=subject,
            time=now,
            dataschema=data.dataschema(),
            sequence=sequence,
            data=data.model_dump(mode="json"),
            causationid=cause.causation_id,
            correlationid=cause.correlation_id,
            traceparent=cause.traceparent,
            chainhash=chain,
        )
        headers, value = encode(envelope)
        return OutboxRecord(event_id, publication.topic, publication.key, headers, value, wall_seconds())
