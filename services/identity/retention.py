"""What identity keeps sealed, and since when the periods of its rules run (DOMAIN, Accounts 9)."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from services.identity import places
from services.identity.accounts.model import (
    Account,
    AccountVerified,
    Event,
    StandingChanged,
    VerificationFailed,
    evolve,
)
from services.identity.accounts.store import ACCOUNTS
from services.identity.incidents.model.incident import Event as IncidentEvent
from services.identity.incidents.model.incident import Incident
from services.identity.privacy_requests.model import PrivacyRequest
from shared.eventstore import RecordedEvent, Repository
from shared.mongo import Database
from shared.retention import Judges, Standing, trace
from shared.vault import Kept

COUNTS_FROM = frozenset(
    {
        "written",
        "superseded",
        "account-closed",
        "verified",
        "verification-failed",
        "staff-left",
        "incident-closed",
        "request-answered",
    }
)
"""The codes that identity's rules may count from; `staff-left` never begins, as nothing says so yet."""

_READ_AT_ONCE = 20


def standing_in(account_id: str, history: Sequence[RecordedEvent[Event]], kept: Kept) -> Standing:
    """Of what is sealed for an account, by its history. One without a history never came to be."""
    traced = trace(((entry.at, entry.event) for entry in history), evolve)
    if kept.ref not in traced.written:
        return Standing(account_id, used=False)
    begun = {"written": traced.written[kept.ref]}
    if kept.ref in traced.superseded:
        begun["superseded"] = traced.superseded[kept.ref]
    closed = [e.at for e in history if isinstance(e.event, StandingChanged) and e.event.standing == "closed"]
    if closed:
        begun["account-closed"] = closed[0]
    begun |= _decided(traced.state, history)
    return Standing(account_id, begun)


def _decided(account: Account, history: Sequence[RecordedEvent[Event]]) -> Mapping[str, datetime]:
    """Since when the present identity is verified, or has failed without another try."""
    kinds = {"verified": AccountVerified, "failed": VerificationFailed}
    codes = {"verified": "verified", "failed": "verification-failed"}
    kind = kinds.get(account.verification)
    decided = [entry.at for entry in history if kind is not None and isinstance(entry.event, kind)]
    return {codes[account.verification]: decided[-1]} if decided else {}


class AccountJudge:
    def __init__(self, accounts: Repository[Account, Event]) -> None:
        self._accounts = accounts

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        ids = list(dict.fromkeys(each.subject for each in kept))
        histories: dict[str, Sequence[RecordedEvent[Event]]] = {}
        for start in range(0, len(ids), _READ_AT_ONCE):
            some = ids[start : start + _READ_AT_ONCE]
            read = await asyncio.gather(*(self._accounts.history(each) for each in some))
            histories.update(zip(some, read, strict=True))
        return [standing_in(each.subject, histories[each.subject], each) for each in kept]


class Requests(Protocol):
    async def of_account(self, account_id: str) -> Sequence[PrivacyRequest]: ...


class IncidentJudge:
    """What is said of an incident is sealed for the incident itself."""

    def __init__(self, incidents: Repository[Incident, IncidentEvent]) -> None:
        self._incidents = incidents

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        return await asyncio.gather(*map(self._of, kept))

    async def _of(self, kept: Kept) -> Standing:
        loaded = await self._incidents.load(kept.subject)
        if loaded is None or loaded.state.declared.note_ref != kept.ref:
            return Standing(used=False)
        closed_at = loaded.state.closed_at
        return Standing(begun={"incident-closed": closed_at} if closed_at else {}, about=kept.subject)


class RequestJudge:
    """What a person wrote in a request about their data, and what they were answered."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        accounts = list(dict.fromkeys(each.subject for each in kept))
        found: dict[str, PrivacyRequest] = {}
        for account_id in accounts:
            for request in await self._requests.of_account(account_id):
                found.update({ref: request for ref in (request.text_ref, request.statement_ref) if ref})
        return [self._standing(found.get(each.ref), each.subject) for each in kept]

    @staticmethod
    def _standing(request: PrivacyRequest | None, account_id: str) -> Standing:
        if request is None:
            return Standing(account_id, used=False)
        over = request.answered_at is not None and not request.in_force
        begun = {"request-answered": request.answered_at} if over and request.answered_at else {}
        return Standing(account_id, begun, about=request.id)


async def _of_staff(kept: Sequence[Kept]) -> Sequence[Standing]:
    """In use for ever: nothing says yet that somebody left."""
    return [Standing() for _ in kept]


def judges(
    accounts: Repository[Account, Event], incidents: Repository[Incident, IncidentEvent], requests: Requests
) -> Judges:
    of_account = AccountJudge(accounts)
    mine = (
        places.EMAIL,
        places.PHONE,
        places.PASSWORD,
        places.EMAIL_CODE,
        places.IDENTITY_DETAILS,
        places.IDENTITY_DOCUMENT,
        *places.CONTACTS.values(),
    )
    return {
        **dict.fromkeys(mine, of_account),
        **dict.fromkeys((places.STAFF_EMAIL, places.STAFF_PASSWORD), _of_staff),
        places.INCIDENT_NOTE: IncidentJudge(incidents),
        **dict.fromkeys((places.PRIVACY_REQUEST, places.PRIVACY_ANSWER), RequestJudge(requests)),
    }


class KeptBackHere:
    """By the accounts themselves."""

    def __init__(self, database: Database) -> None:
        self._accounts = database.collection(ACCOUNTS.collection)

    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        where = {"_id": {"$in": sorted(accounts)}, "ix.kept_back": {"$exists": True}}
        found = await self._accounts.find(where, fields=("ix.kept_back",)) if accounts else []
        return {each["_id"]: each["ix"]["kept_back"] for each in found}

    async def page(self, after: str, limit: int) -> Mapping[str, str]:
        """Accounts that are kept back, in the order of their ids, past one."""
        where = {"ix.kept_back": {"$gt": ""}, "_id": {"$gt": after}}
        found = await self._accounts.find(where, fields=("ix.kept_back",), sort=[("_id", 1)], limit=limit)
        return {each["_id"]: each["ix"]["kept_back"] for each in found}
