"""What cases are searched by (001, Managing Takedown Requests), and what of it an index answers.

The narrowest of what is asked leads to the cases; the rest sifts them. What leads is an index of the store that ends in
the time of filing, so that pages are ranges of it.
"""

import re
from collections.abc import Mapping, Sequence
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
# What has an index, the narrowest first, by its name in the state of a case.
_LEADS: Mapping[str, str] = {
    "id": "_id",
    "submission_id": "ix.submission",
    "listing_id": "ix.listing",
    "merchant_id": "ix.merchant",
    "right_id": "ix.right",
    "account_id": "ix.account",
    "state": "ix.state",
}
_FEW = frozenset({"id", "submission_id", "listing_id"})
_OF_ONE = frozenset({"merchant_id", "right_id", "account_id"})
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

    @property
    def is_few(self) -> bool:
        """Whether what leads to the cases names no more than are read at one go."""
        return self._lead in _FEW

    @property
    def has_lead(self) -> bool:
        return self._lead is not None

    @property
    def first_width(self) -> timedelta:
        """How much of the time of filing is read first: little of what all accounts file, more of what one does."""
        return _SPARSE if self._lead in _OF_ONE else _DENSE

    @property
    def is_sifted(self) -> bool:
        """Whether something is asked that the leading index does not answer, so that many may be read for few found."""
        # Whose a right is sifts nothing out: a right is of one account.
        beside = set(self._asked()) - {self._lead} - ({"account_id"} if self._lead == "right_id" else set())
        return bool(beside) or self.site is not None

    def led_by(self) -> Sequence[Mapping[str, Any]]:
        """What the store is asked besides the time of filing: questions whose answers together are all that may fit.
        Where an index leads it is nothing but one value of it: a store need not use both parts of an index once more
        is asked. What is beside is sifted by `fits`."""
        lead = self._lead
        if lead is not None:
            return [{_LEADS[lead]: value} for value in sorted(self._asked()[lead])]
        where: dict[str, Any] = {f"state.{name}": next(iter(values)) for name, values in self._asked().items()}
        if self.site is not None:
            where["state.listing_id"] = {"$gte": f"{self._market}:", "$lt": f"{self._market};"}
        return [where]

    def fits(self, state: Mapping[str, Any]) -> bool:
        """Whether a case, as it is stored, is all that is asked but its time of filing."""
        if self.site is not None and not state["listing_id"].startswith(f"{self._market}:"):
            return False
        return all(state[name] in values for name, values in self._asked().items())

    @property
    def _lead(self) -> str | None:
        asked = self._asked()
        return next((name for name in _LEADS if name in asked), None)

    @property
    def _market(self) -> str:
        return f"{self.platform}.{(self.site or '').lower()}"

    def _asked(self) -> dict[str, frozenset[str]]:
        """The values that are taken, by their names in the state of a case."""
        one = {
            "id": self.case,
            "submission_id": self.submission,
            "merchant_id": self.merchant,
            "right_id": self.right,
            "account_id": self.account,
            "principal_id": self.principal,
            "platform": self.platform,
            "complaint_type": self.complaint_type,
            "reason": self.reason,
            "reviewer_id": self.reviewer,
        }
        asked = {name: frozenset({value}) for name, value in one.items() if value is not None}
        if self.states is not None:
            asked["state"] = self.states
        if self.listings:
            asked["listing_id"] = frozenset(self.listings)
        return asked
