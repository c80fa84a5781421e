"""Cases as CSV: RFC 4180, in UTF-8 with the mark that spreadsheets look for, made while it is sent.

The notice of 003 VI.6 is the name of the last column, so that it goes with the file, once, and every row stays a row
that programs read. Ids, codes and instants only: nothing of a person.
"""

import csv
from collections.abc import AsyncIterator, Sequence
from io import StringIO

from services.complaints.cases.model import Case
from services.complaints.intake.addresses import ListingAddress, canonical_url
from services.complaints.records.cursors import Cursor
from services.complaints.records.queries import CaseQueries
from services.complaints.records.search import Search
from services.complaints.records.views import Viewer
from shared.policies.calendars import Deadline

NOTICE = (
    "Notice: the data of this platform may not be used commercially; data relating to merchants may not be disclosed "
    "without prior written consent (user agreement VI.6). "
    "声明：不得对本平台的任何数据作商业性利用；未经事先书面同意，不得披露与商户相关的数据（用户协议六.6）。"
)
BYTE_ORDER_MARK = "\ufeff"
_OWNERS = (
    "case_id",
    "submission_id",
    "platform",
    "listing_id",
    "listing_url",
    "right_id",
    "complaint_type",
    "reason",
    "status",
    "ended_because",
    "reinstatement",
    "counter_attempts",
    "filed_at",
    "deadline",
    "due",
    "policy_version",
)
_STAFFS = (*_OWNERS, "account_id", "merchant_id", "reviewer_id")
_PAGE = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def rows(
    queries: CaseQueries, search: Search, cursor: Cursor | None, viewer: Viewer, most: int
) -> AsyncIterator[bytes]:
    """The file in pieces, never more than a page in memory. Where more than `most` cases are found, the last row has
    no case but says so in the column of the notice, with the cursor that goes on."""
    columns = _STAFFS if viewer == "staff" else _OWNERS
    yield (BYTE_ORDER_MARK + _lines([(*columns, NOTICE)])).encode()
    left = most
    while left > 0:
        page = await queries.page(search, cursor, min(_PAGE, left))
        if page.cases:
            yield _lines([(*_cells(case, viewer), "") for case in page.cases]).encode()
        left -= len(page.cases)
        cursor = page.following
        if cursor is None:
            return
    said = f"Cut after {most} cases; the rest: cursor={cursor.written() if cursor else ''}"
    yield _lines([(*("" for _ in columns), said)]).encode()


def _cells(case: Case, viewer: Viewer) -> Sequence[str]:
    deadline = case.deadlines[0] if case.deadlines else None
    cells: tuple[str, ...] = (
        case.id,
        case.submission_id,
        case.platform,
        case.listing_id,
        canonical_url(ListingAddress.parse(case.listing_id)),
        case.right_id,
        case.complaint_type,
        case.reason,
        case.state,
        case.ended_because,
        case.reinstatement,
        str(case.attempts),
        case.filed_at.isoformat(),
        deadline.kind if deadline else "",
        deadline.due.isoformat() if isinstance(deadline, Deadline) else "",
        case.policy_version,
    )
    if viewer == "staff":
        cells = (*cells, case.account_id, case.merchant_id or "", case.reviewer_id or "")
    return [harmless(cell) for cell in cells]


def harmless(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula; an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _lines(records: Sequence[Sequence[str]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(records)
    return text.getvalue()
