"""Whether everything that the documents published is on its topics: an audit of topics that are empty, made anew or
another broker's finds no contradiction otherwise."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from deploy.audit.anchors import AnchorBook, Claim
from deploy.audit.histories import Anchor, Finding, sent
from deploy.audit.kinds import Kind
from shared.eventstore.documents import Document


def claims(kind: str, document: Document, anchors: Sequence[Anchor], topics: frozenset[str]) -> list[Claim]:
    """What is not to be seen of a document's records on these topics. It may have been sent since they were read."""
    return [
        Claim(kind, document["_id"], topic, last)
        for topic, last in sent(document).items()
        if topic in topics and _first_missing(topic, last, anchors)
    ]


def missing(book: AnchorBook, kinds: Iterable[Kind], *, one_by_one: bool) -> Iterator[Finding]:
    """The claims that still do not hold, after the topics were read further than the documents. Where a topic has
    nothing of a kind at all, all of them are one finding, unless they are to be told `one_by_one`."""
    services = {kind.name: kind.service for kind in kinds}
    tells: dict[tuple[str, str], bool] = {}
    lost: Counter[tuple[str, str]] = Counter()
    for claim in book.claims():
        place = (claim.kind, claim.topic)
        if place not in tells:
            tells[place] = one_by_one or book.tells(*place)
        if not tells[place]:
            lost[place] += 1
        elif number := _first_missing(claim.topic, claim.last, book.of(claim.kind, claim.aggregate)):
            what = f"record {number} of {claim.last} that were sent is not on {claim.topic}"
            yield Finding(services[claim.kind], claim.kind, claim.aggregate, 0, what)
    for (kind, topic), count in lost.items():
        what = f"nothing is on {topic}, where {count} of them were published: the right broker? a topic made anew?"
        yield Finding(services[kind], kind, "", 0, what)


def _first_missing(topic: str, last: int, anchors: Iterable[Anchor]) -> int:
    """The first sequence of which no record was seen; 0 where all were."""
    seen = {anchor.sequence for anchor in anchors if anchor.topic == topic}
    return next((number for number in range(1, last + 1) if number not in seen), 0)
