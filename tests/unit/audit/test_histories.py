"""One aggregate judged by its document, its segments and the topics: whole, or the first thing that is wrong."""

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.audit import Anchor, Judge, anchor_of
from deploy.audit.histories import sent
from shared.contracts.envelope import Undecodable
from shared.eventstore import Repository
from shared.eventstore.documents import GENESIS, Document, chain_hash
from shared.kernel.clock import SteppedClock
from tests.support.jars import CAUSE, NOW, Jar, JarChange, jar_type, put
from tests.support.memory_store import Kept, MemoryAggregateStore

JARS = jar_type()
JUDGE = Judge("test", JARS)


@pytest.fixture
async def kept() -> Kept:
    """A jar `a` of four events, all published."""
    store = MemoryAggregateStore(JARS.indexes)
    jars: Repository[Jar, JarChange] = Repository(JARS, store, SteppedClock(NOW), "test")
    await jars.execute("a", put(1, 2), CAUSE)
    await jars.execute("a", put(3), CAUSE)
    return store.documents["a"]


@pytest.fixture
def document(kept: Kept) -> Document:
    head = kept.head
    return copy.deepcopy(
        {
            "_id": "a",
            "version": head.version,
            "state": head.state,
            "chainhash": head.chainhash,
            "history": kept.history,
        }
    )


@pytest.fixture
def anchors(kept: Kept) -> list[Anchor]:
    found = [anchor_of(record.topic, 0, offset, record.value) for offset, record in enumerate(kept.outbox)]
    return [anchor for anchor in found if anchor is not None]


def _what(document: Document | None, anchors: list[Anchor], segments: list[Document] | None = None) -> tuple[int, str]:
    finding = JUDGE.judge("a", document, segments or [], anchors)
    return (finding.number, finding.what) if finding else (0, "")


def _rehashed(document: Document) -> None:
    """What a forger who knows the chain would do: everything after the change follows again."""
    chain = GENESIS
    for entry in document["history"]:
        entry["prev"] = chain
        chain = entry["hash"] = chain_hash(chain, "jar", "a", entry)
    document["chainhash"] = chain
    document["version"] = len(document["history"])


def test_what_was_committed_is_whole(document: Document, anchors: list[Anchor]) -> None:
    assert {anchor.number for anchor in anchors} <= {1, 2, 3, 4}
    assert len(anchors) >= 3
    assert JUDGE.judge("a", document, (), anchors) is None
    assert JUDGE.judge("a", document, (), []) is None


def test_events_committed_after_the_topics_were_read_are_no_finding(document: Document, anchors: list[Anchor]) -> None:
    assert JUDGE.judge("a", document, (), anchors[:1]) is None


def test_what_was_sent_again_is_no_finding(document: Document, anchors: list[Anchor]) -> None:
    assert JUDGE.judge("a", document, (), [*anchors, replace(anchors[0], offset=99)]) is None


def test_old_events_in_segments_are_joined_also_while_they_are_in_both_places(
    document: Document, anchors: list[Anchor]
) -> None:
    older = {"_id": "a#1", "aggregate": "a", "first": 1, "events": copy.deepcopy(document["history"][:2])}

    assert JUDGE.judge("a", document, [older], anchors) is None
    document["history"] = document["history"][2:]
    assert JUDGE.judge("a", document, [older], anchors) is None


def _edit(document: Document) -> None:
    document["history"][1]["data"]["coins"] = 1000


def _removal(document: Document) -> None:
    del document["history"][1]


def _swap(document: Document) -> None:
    history = document["history"]
    history[1], history[2] = history[2], history[1]


def _swap_renumbered(document: Document) -> None:
    _swap(document)
    document["history"][1]["n"], document["history"][2]["n"] = 2, 3


def _lost_tail(document: Document) -> None:
    del document["history"][-1]


def _state(document: Document) -> None:
    document["state"]["coins"] = 1000


def _no_history(document: Document) -> None:
    del document["history"]


@pytest.mark.parametrize(
    ("change", "number", "why"),
    [
        (_edit, 2, "was edited"),
        (_removal, 2, "missing"),
        (_swap, 2, "out of order"),
        (_swap_renumbered, 2, "does not follow"),
        (_lost_tail, 4, "missing: 4 was published"),
        (_state, 4, "state is not what its events say"),
        (_no_history, 0, "cannot be read: KeyError"),
    ],
)
def test_a_change_behind_the_applications_back_is_found(
    change: Callable[[Document], None], number: int, why: str, document: Document, anchors: list[Anchor]
) -> None:
    change(document)

    found, what = _what(document, anchors)

    assert found == number
    assert why in what


def test_a_history_rewritten_whole_is_found_by_the_topics_only(document: Document, anchors: list[Anchor]) -> None:
    _edit(document)
    document["state"]["coins"] += 1000 - 1
    _rehashed(document)

    assert _what(document, []) == (0, "")
    assert _what(document, anchors) == (2, "is not what was published")


def test_a_tail_cut_off_with_its_head_is_found_by_the_topics_only(document: Document, anchors: list[Anchor]) -> None:
    last = document["history"].pop()
    document["state"]["coins"] -= last["data"]["coins"]
    _rehashed(document)

    assert _what(document, []) == (0, "")
    assert _what(document, anchors) == (4, "missing: 4 was published")


def test_a_document_that_vanished_is_found_with_the_record_that_shows_it(anchors: list[Anchor]) -> None:
    finding = JUDGE.judge("a", None, (), anchors)
    begun = JUDGE.judge("a", {"_id": "a", "version": 0}, (), anchors)

    assert finding is not None
    assert "the document is missing" in finding.what
    assert finding.anchor == anchors[0]
    assert str(finding).endswith(f"the record is {anchors[0].topic}/0@0")
    assert begun == finding
    assert JUDGE.judge("a", None, (), []) is None


def test_segments_without_their_document_are_found(document: Document) -> None:
    left = {"_id": "a#1", "aggregate": "a", "first": 1, "events": document["history"]}

    assert _what(None, [], [left]) == (1, "the document is missing")


def test_an_edited_copy_in_a_segment_is_found_while_the_other_is_whole(document: Document) -> None:
    older = {"_id": "a#1", "aggregate": "a", "first": 1, "events": copy.deepcopy(document["history"][:2])}
    older["events"][1]["data"]["coins"] = 1000

    assert _what(document, [], [older]) == (2, "is there twice, with two contents")


def test_one_event_published_with_two_hashes_is_found(document: Document, anchors: list[Anchor]) -> None:
    forged = replace(anchors[1], chainhash="f" * 64, offset=77)

    finding = JUDGE.judge("a", document, (), [*anchors, forged])

    assert finding is not None
    assert finding.anchor == forged
    assert "two hashes" in finding.what


def test_the_hash_of_a_later_record_shows_what_published_nothing(document: Document, anchors: list[Anchor]) -> None:
    _edit(document)
    later = [anchor for anchor in anchors if anchor.number > 2]

    finding = JUDGE.judge("a", document, (), later)

    assert finding is not None
    assert (finding.number, finding.anchor) == (2, later[0])


def test_a_record_without_a_hash_anchors_nothing_and_rubbish_is_told(kept: Kept) -> None:
    value = kept.outbox[0].value

    assert anchor_of("t", 0, 0, value.replace(b'"chainhash"', b'"otherhash"')) is None
    with pytest.raises(Undecodable):
        anchor_of("t", 0, 0, b"rubbish")
    with pytest.raises(Undecodable):
        anchor_of("t", 0, 0, value.replace(kept.outbox[0].id.encode(), b"jar/a/one"))


def test_what_is_in_the_outbox_need_not_be_on_its_topic_yet() -> None:
    document = {"sequences": [["t", 5], ["u", 1]], "outbox": [{"topic": "t"}, {"topic": "t"}]}

    assert sent(document) == {"t": 3, "u": 1}


def test_sequences_that_cannot_be_read_are_a_finding(document: Document, anchors: list[Anchor]) -> None:
    document["sequences"] = [["t", None]]

    assert _what(document, anchors)[1].startswith("cannot be read: TypeError")
