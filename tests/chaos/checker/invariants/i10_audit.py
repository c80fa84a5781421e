"""I10: the audit chain finds any edit, removal or reordering of history made behind the application's back.

The chain proves a history to its head; the hashes on public records, which nobody can take back, prove the head.
"""

from collections.abc import Iterator

from shared.eventstore.chain import broken
from shared.eventstore.documents import Head
from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import AGGREGATES
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.histories import kept, number_of, published, segments

NAME = "I10"


def breaches(evidence: Evidence) -> Iterator[Breach]:
    told = dict(published(evidence))
    for collection, kind in AGGREGATES.items():
        if collection not in evidence.documents:
            continue
        for document in kept(evidence, collection):
            records = told.pop((kind, document.id), ())
            anchors = {number_of(record): record.told.chainhash for record in records if record.told.chainhash}
            head = Head(document.id, document.version, {}, document.body["chainhash"], ())
            if found := broken(kind, document.id, list(document.entries), head, anchors):
                yield Breach(NAME, document.id, f"event {found.number} of {kind} {document.id} {found.why}")
        for orphan in segments(evidence, collection).keys() - evidence.stored(collection).keys():
            yield Breach(NAME, orphan, f"{kind} {orphan} has segments and no document")
    looked_at = {kind for collection, kind in AGGREGATES.items() if collection in evidence.documents}
    for (kind, subject), records in told.items():
        if kind in looked_at:
            yield Breach(NAME, subject, f"{kind} {subject} is gone: {records[-1]} was published")
