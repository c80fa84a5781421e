"""I7: published ⇔ committed. Each event on a topic is one that its document's history keeps; after quiet each event
that a history says was to be published stands on its topic, and no outbox holds anything."""

from collections.abc import Iterator, Sequence

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import AGGREGATES, CASES, MEASURES, OF_AGGREGATES, TAKEDOWNS, of_an_aggregate
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import Kept, kept, number_of, published

NAME = "I7"
_EVERY_EVENT = {"case": CASES, "measure": MEASURES}
"""Kinds of which each event is published, and where."""


def breaches(evidence: Evidence) -> Iterator[Breach]:
    told = dict(published(evidence))
    for collection in AGGREGATES:
        if collection not in evidence.documents:
            continue
        for document in kept(evidence, collection):
            records = told.pop((document.kind, document.id), ())
            yield from _was_committed(document, records)
            yield from _all_there(evidence, document)
            if evidence.quiet:
                yield from _was_published(document, records)
    looked_at = {kind for collection, kind in AGGREGATES.items() if collection in evidence.documents}
    for (kind, subject), records in told.items():
        if kind in looked_at:
            yield Breach(NAME, subject, f"{records[0]} was published, and there is no such {kind}")
    for topic in evidence.topics(of_an_aggregate):
        for first, second in evidence.conflicts(topic):
            yield Breach(NAME, first.subject, f"two records are number {first.sequence}: {first}, and {second}")
    yield from _mails(evidence)


def _was_committed(document: Kept, records: Sequence[Seen]) -> Iterator[Breach]:
    hashes = {entry["n"]: entry["hash"] for entry in document.entries}
    for record in records:
        number = number_of(record)
        if number not in hashes:
            story = f"{record} is event {number}, and the history keeps {len(hashes)} of version {document.version}"
            yield Breach(NAME, document.id, story)
        elif record.told.chainhash != hashes[number]:
            yield Breach(NAME, document.id, f"{record} is not event {number} as the history keeps it")


def _all_there(evidence: Evidence, document: Kept) -> Iterator[Breach]:
    """Sequences have no gaps on the topic, and where it is quiet they go to the last that was given out."""
    for topic, last in document.body["sequences"]:
        if topic not in OF_AGGREGATES and not topic.startswith(TAKEDOWNS):
            continue
        there = [record.sequence for record in evidence.life(topic, document.id)]
        end = int(last) if evidence.quiet else (there[-1] if there else 0)
        if missing := sorted(set(range(1, end + 1)) - set(there)):
            yield Breach(NAME, document.id, f"on {topic} numbers {missing} of {end} are missing")


def _was_published(document: Kept, records: Sequence[Seen]) -> Iterator[Breach]:
    if waiting := [entry["id"] for entry in document.body["outbox"]]:
        yield Breach(NAME, document.id, f"its outbox still holds {', '.join(waiting)}")
    topic = _EVERY_EVENT.get(document.kind)
    if topic is not None:
        there = {number_of(record) for record in records if record.topic == topic}
        if missing := [f"{each['n']} {each['type']}" for each in document.entries if each["n"] not in there]:
            yield Breach(NAME, document.id, f"committed and never on {topic}: {', '.join(missing)}")


def _mails(evidence: Evidence) -> Iterator[Breach]:
    """No letter without its notice: `<notice.address@domain>`."""
    notices = evidence.stored("notifications.notices")
    if not notices:
        return
    for mail in evidence.mails:
        notice = mail.message_id.strip("<>").partition("@")[0].partition(".")[0]
        if notice not in notices:
            yield Breach(NAME, notice, f"a letter to {mail.to} was sent for a notice that is not in the store")
