"""The topics as anybody can read them: from offset 0 with a plain consumer, repeats dropped, gaps written down."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from deploy.simulator.ledger import read_to_end
from deploy.simulator.listings import PLATFORMS

Event = Mapping[str, Any]

CASES = "complaints.cases.v1"
SUBMISSIONS = "complaints.submissions.v1"
MEASURES = "complaints.measures.v1"
DELIVERIES = "notifications.deliveries.v1"
OUTCOMES = "complaints.outcomes.v1"
GOOD_FAITH = "scoring.goodfaith.v1"
MERCHANTS = "scoring.merchants.v1"
TAKEDOWNS = tuple(f"takedowns.{platform}.v1" for platform in PLATFORMS)
ACKNOWLEDGEMENTS = tuple(f"takedown-acks.{platform}.v1" for platform in PLATFORMS)
GAP_FREE = (CASES, SUBMISSIONS, MEASURES, DELIVERIES, *TAKEDOWNS)
RISING = (OUTCOMES, GOOD_FAITH, MERCHANTS)
DEAD_LETTERS = ".dlq.v1"


@dataclass
class Evidence:
    """Events by topic and subject, in order. `dead`: records on dead-letter topics, by topic."""

    streams: dict[str, dict[str, list[Event]]] = field(default_factory=dict)
    repeats: Counter[str] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    dead: Counter[str] = field(default_factory=Counter)
    records: int = 0

    def take(self, topic: str, body: Event) -> None:
        """One record in the order of its partition."""
        self.records += 1
        stream = self.streams.setdefault(topic, {}).setdefault(body["subject"], [])
        sequence, last = int(body["sequence"]), int(stream[-1]["sequence"]) if stream else 0
        if sequence <= last:
            self.repeats[topic] += 1
            return
        if topic in GAP_FREE and sequence != last + 1:
            self.gaps.append(f"{topic} {body['subject']}: {sequence} came after {last}")
        stream.append(body)

    def of(self, topic: str) -> Mapping[str, Sequence[Event]]:
        return self.streams.get(topic, {})

    def all_of(self, topic: str) -> Iterable[Event]:
        return (event for stream in self.of(topic).values() for event in stream)

    def latest(self, topic: str) -> Mapping[str, Event]:
        """The last value of each subject."""
        return {subject: stream[-1] for subject, stream in self.of(topic).items()}

    def latest_outcome(self, case_id: str) -> Mapping[str, Any] | None:
        stream = self.of(OUTCOMES).get(case_id)
        return stream[-1]["data"] if stream else None


async def read_topics(bootstrap: str, dead_letter_topics: Sequence[str]) -> Evidence:
    """Everything that is on the topics now."""
    evidence = Evidence()
    async for topic, record in read_to_end(bootstrap, [*GAP_FREE, *RISING, *dead_letter_topics]):
        if topic.endswith(DEAD_LETTERS):
            evidence.dead[topic] += 1
        elif record.value is not None:
            evidence.take(topic, orjson.loads(record.value))
    return evidence
