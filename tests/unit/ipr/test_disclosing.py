"""What may be disclosed of a right's documents, page by page, and which copy counts."""

from dataclasses import replace
from typing import get_args

import pytest

from services.ipr.rights.model import DISCLOSED_KINDS, TIMESTAMP, DisclosedPage, DocumentKind, Right, check_pages
from services.ipr.rights.publishing import publish
from services.ipr.rights.store import RIGHTS
from shared.eventstore.documents import Codec
from shared.kernel.decider import Refusal
from tests.unit.ipr.test_right_model import AUTHENTICATE, CERTIFICATE, DISCLOSE, FAIL, PAGE, SUBMIT, given, then, when

STAMP = replace(CERTIFICATE, media_type=TIMESTAMP, name="certificate-2.tsa")
OF_TWO = replace(SUBMIT, documents=(CERTIFICATE, STAMP))


def refusal_of(right: Right, **more: object) -> str:
    with pytest.raises(Refusal) as refused:
        when(right, replace(DISCLOSE, **more))  # type: ignore[arg-type]
    return refused.value.code


def test_what_was_decided_of_another_document_or_of_none_is_refused() -> None:
    right = given(OF_TWO, AUTHENTICATE)
    assert refusal_of(right, number=0) == "no-such-document"
    assert refusal_of(right, number=3) == "no-such-document"
    assert refusal_of(right, number=2) == "document-not-disclosed"  # a time stamp shows nothing
    assert refusal_of(right, document_sha256="01") == "document-changed"
    assert refusal_of(right, pages=()) == "document-not-drawn"
    assert refusal_of(right, pages=(replace(PAGE, page=2),)) == "pages-missing"


def test_every_kind_of_a_rights_documents_is_disclosed_and_no_other() -> None:
    """001, Step 3: the attachments. A power of attorney is none of them, and must not become one by itself."""
    assert set(get_args(DocumentKind)) == DISCLOSED_KINDS
    assert "power_of_attorney" not in DISCLOSED_KINDS


@pytest.mark.parametrize(("told", "number"), [([1], 2), ([1, 1], 2), ([1, 3], 2), ([1, 2, 3], 2), ([0, 1], 2)])
def test_each_page_is_named_once(told: list[int], number: int) -> None:
    with pytest.raises(Refusal) as refused:
        check_pages(told, number, 20)
    assert refused.value.code == "pages-missing"


def test_a_document_of_too_many_pages_is_asked_for_anew() -> None:
    check_pages(list(range(20, 0, -1)), 20, 20)
    with pytest.raises(Refusal) as refused:
        check_pages(list(range(1, 22)), 21, 20)
    assert refused.value.code == "too-many-pages-to-disclose"


def test_the_latest_copy_counts_and_a_new_submission_has_none() -> None:
    right = given(SUBMIT)
    assert right.undisclosed == (1,)
    first = then(right, when(right, DISCLOSE))
    assert first.undisclosed == ()
    other: DisclosedPage = replace(PAGE, ref="vlt-9", rectangles=())
    second = then(first, when(first, replace(DISCLOSE, pages=(other,))))
    copy = second.disclosed_copy(1)
    assert copy is not None
    assert [page.ref for page in copy.pages] == ["vlt-9"]
    failed = then(second, when(second, FAIL))
    again = then(failed, when(failed, SUBMIT))
    assert (again.disclosed, again.undisclosed) == ((), (1,))


def test_nothing_of_it_travels() -> None:
    right = given(SUBMIT)
    [event] = when(right, DISCLOSE)
    assert publish(then(right, (event,)), event, 3) == ()


def test_the_event_keeps_rectangles_and_hashes_and_comes_back_as_it_was() -> None:
    right = given(SUBMIT)
    [event] = when(right, DISCLOSE)
    codec = Codec(RIGHTS)
    name, data = codec.dump_event(event)
    assert data["pages"] == [
        {
            "page": 1,
            "rectangles": [{"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.1}],
            "ref": "vlt-3",
            "sha256": "ab",
        }
    ]
    assert codec.load_event(name, data) == event


def test_rights_from_before_are_read_as_not_disclosed_yet() -> None:
    codec = Codec(RIGHTS)
    state = codec.dump_state(given(SUBMIT, AUTHENTICATE))
    del state["disclosed"]
    for document in state["documents"]:
        for name in ("metadata", "pages", "proposed"):
            del document[name]
    right = codec.load_state(state)
    assert (right.undisclosed, right.documents[0].metadata) == ((1,), None)
