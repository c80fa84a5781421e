"""What cases are searched by (001, Managing Takedown Requests), and what of it an index answers.

The narrowest of what is asked leads to the cases; the rest sifts them. What leads is an index of the store that ends in
the time of filing, so that pages are ranges of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.complaints.cases.model import OPEN_STATES, STATES
from services.complaints.intake.addresses import AddressRefused, ListingAddress, recognize
from shared.policies.platforms import PLATFORMS

# States by the words of 001: a request is processed, a counter-notification has been submitted, a rejected one is
# processed as a dispute, a request is withdrawn (by name or by accepting). "open" and "ended" are ours.
GROUPS: Mapping[str, frozenset[str]] = {
    "open": frozenset(OPEN_STATES),
    "ended": frozenset(STATES) - OPEN_STATES,
    "in_processing": frozenset({"received", "under_review", "awaiting_supplement"}),
    "processed": frozenset({"upheld", "taken_down", "closed"}),
    "counter_notification_submitted": frozenset({"countered"}),
    "in_dispute": frozenset({"disputed"}),
    "finally_decided": frozenset({"final"}),
    "withdrawn_or_accepted": frozenset({"withdrawn", "accepted"}),
    "not_upheld": frozenset({"rejected"}),
}
_NUMBER = re.compile(r"(?:1PP-)?(?P<submission>[0-9A-HJKMNP-TV-Z]{10})(?:-(?P<case>[0-9]{3,4}))?")
# Numbers are read out over the phone: letters that the alphabet leaves out are the digits that they look like, so that
# IPP- becomes 1PP- as well.
_READ_OUT = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "\u2013": "-", "\u2014": "-"})
_DENSE, _SPARSE = timedelta(minutes=15), timedelta(days=1)


@dataclass(frozen=True)
class Number:
    """The number of a submission, with the suffix of one of its cases or without."""

    submission: str
    case: str | None


def read_number(text: str) -> Number | None:
    """As it may be written down: in small letters, with spaces, without IPP-, with O for 0. None where it is none."""
    found = _NUMBER.fullmatch(text.upper().translate(_READ_OUT))
    if found is None:
        return None
    submission = f"IPP-{found['submission']}"
    return Number(submission, f"{submission}-{found['case']}" if found["case"] else None)


def listings_of(text: str) -> tuple[str, ...] | AddressRefused:
    """The canonical ids of what a pasted address or canonical id means. A listing that several marketplaces show under
    one number (Taobao, Tmall, Tmall Global) is all of them."""
    found: ListingAddress | AddressRefused
    try:
        found = ListingAddress.parse(text.strip())
    except ValueError:
        found = recognize(text)
    if isinstance(found, AddressRefused):
        return found
    shared = PLATFORMS.get(found.platform)
    if shared is None or found.kind != "item":
        return (found.id,)
    together = (each.id for each in PLATFORMS.values() if each.number_space == shared.number_space)
    return tuple(ListingAddress(each, found.site, found.kind, found.number).id for each in together)


@dataclass(frozen=True, kw_only=True)
class Search:
    """Each given field narrows. `account` None is every account (staff); states: any of them; listings: any of them;
    filed_from: the first instant; filed_before: the first that is too late."""

    case: str | None = None
    submission: str | None = None
    account: str | None = None
    principal: str | None = None
    states: frozenset[str] | None = None
    platform: str | None = None
    site: str | None = None
    right: str | None = None
    listings: tuple[str, ...] = ()
    complaint_type: str | None = None
    reason: str | None = None
    merchant: str | None = None
    reviewer: str | None = None
    filed_from: datetime | None = None
    filed_before: datetime | None = None

    def where(self) -> dict[str, Any]:
        """As the store is asked, without the time of filing, which is asked by windows."""
        equal = {
            "_id": self.case,
            "ix.submission": self.submission,
            "ix.account": self.account,
            "ix.principal": self.principal,
            "ix.platform": self.platform,
            "ix.right": self.right,
            "ix.merchant": self.merchant,
            "ix.reviewer": self.reviewer,
            "state.complaint_type": self.complaint_type,
            "state.reason": self.reason,
        }
        asked: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
        if self.states is not None:
            asked["ix.state"] = _any_of(self.states)
        if self.listings:
            asked["ix.listing"] = _any_of(self.listings)
        elif self.site is not None:
            market = f"{self.platform}.{self.site.lower()}"
            asked["ix.listing"] = {"$gte": f"{market}:", "$lt": f"{market};"}
        return asked

    @property
    def is_few(self) -> bool:
        """Whether what leads to the cases names no more than are read at one go."""
        return bool(self.case or self.submission or self.listings)

    @property
    def first_width(self) -> timedelta:
        """How much of the time of filing is read first: little of what all accounts file, more of what one does."""
        return _SPARSE if self.account or self.right or self.merchant else _DENSE

    @property
    def is_sifted(self) -> bool:
        """Whether something is asked that the leading index does not answer, so that many may be read for few found."""
        one_state = self.states is not None and len(self.states) == 1
        leads = [bool(self.merchant), bool(self.right), bool(self.account), one_state]
        others = [self.principal, self.platform, self.site, self.complaint_type, self.reason, self.reviewer]
        asked = sum(leads) + sum(1 for each in others if each is not None) + (self.states is not None and not one_state)
        # A right is of one account: where both are asked, nothing is sifted by the account.
        return asked - bool(self.right and self.account) > (1 if any(leads) else 0)


def _any_of(values: Iterable[str]) -> object:
    several = sorted(values)
    return several[0] if len(several) == 1 else {"$in": several}
