"""What may be disclosed of a right's documents, and what a decision about it must say."""

from collections.abc import Sequence

from services.ipr.rights.model.state import Document, Right
from shared.kernel.decider import Refusal

_NOT_YET = frozenset({"draft", "authentication_failed"})


def check_disclosable(right: Right, number: int, document_sha256: str) -> Document:
    """The document. A right that was withdrawn or expired may have cases that go on, so its certificates are still
    disclosed (DOMAIN, Fine points)."""
    if not 1 <= number <= len(right.documents):
        raise Refusal("no-such-document", "The right has no such document.", "Check the number.")
    document = right.documents[number - 1]
    if right.status in _NOT_YET:
        mend = "Wait until it is submitted anew."
        raise Refusal("right-not-disclosed", "Nothing is disclosed of a right that is not submitted.", mend)
    if not document.is_disclosed:
        raise Refusal("document-not-disclosed", "This document is not shown to anybody.")
    if document.sha256 != document_sha256:
        raise Refusal("document-changed", "The document is another by now.", "Look at the present one.")
    return document


def check_pages(told: Sequence[int], number: int, most: int) -> None:
    """Each page once, none left out: what nobody looked at is not disclosed. `number`: how many there are."""
    if not number:
        raise Refusal("document-not-drawn", "This document cannot be drawn.", "Decide that its authentication failed.")
    if number > most:
        mend = "Ask for the certificate by itself: decide that its authentication failed."
        raise Refusal("too-many-pages-to-disclose", f"It has {number} pages, and at most {most} are disclosed.", mend)
    if sorted(told) != list(range(1, number + 1)):
        mend = "Name each page once, with what is to be covered, or that nothing private is on it."
        raise Refusal("pages-missing", f"The document has {number} pages, and the decision is about others.", mend)
