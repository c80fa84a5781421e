"""What ipr keeps sealed, and since when the periods of its rules run (DOMAIN, Accounts 9)."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.ipr import places
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.model import AuthenticationFailed, Event, Right, RightExpired, RightWithdrawn, evolve
from services.ipr.rights.store import RIGHTS
from shared.eventstore import RecordedEvent, Repository
from shared.eventstore.documents import Codec
from shared.mongo import Database
from shared.retention import Judges, Standing, Traced, references, trace
from shared.vault import Kept

COUNTS_FROM = frozenset(
    {"superseded", "right-withdrawn", "right-expired", "account-closed", "authentication-failed", "draft-saved"}
)
"""The codes that ipr's rules may count from."""

_READ_AT_ONCE = 20
_ACCOUNTS_REMEMBERED = 8

History = Sequence[RecordedEvent[Event]]


def standing_in(right_id: str, account_id: str, traced: Traced, history: History, kept: Kept) -> Standing:
    """Of what is sealed for a right, by its history."""
    right: Right = traced.state
    begun: dict[str, datetime] = {}
    if kept.ref in traced.superseded:
        begun["superseded"] = traced.superseded[kept.ref]
    if right.status == "withdrawn":
        begun["right-withdrawn"] = _last(history, RightWithdrawn)
    if right.expired:
        begun["right-expired"] = _last(history, RightExpired)
    if right.status == "authentication_failed":
        begun["authentication-failed"] = _last(history, AuthenticationFailed)
    if right.status == "draft" and traced.last is not None:
        begun["draft-saved"] = traced.last
    return Standing(account_id, begun, about=right_id)


def _last(history: History, kind: type[Event]) -> datetime:
    return max(entry.at for entry in history if isinstance(entry.event, kind))


class RightJudge:
    """A sealed text names its account; which of the account's rights names it, is found by their states, and by their
    histories for what a state no longer names."""

    def __init__(self, database: Database, rights: Repository[Right, Event], accounts: AccountReplica) -> None:
        self._documents = database.collection(RIGHTS.collection)
        self._rights = rights
        self._accounts = accounts
        self._codec = Codec(RIGHTS)
        self._remembered: OrderedDict[str, Mapping[str, str]] = OrderedDict()

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        self._remembered.clear()
        found = {each.ref: await self._right_of(each) for each in kept}
        ids = sorted({right_id for right_id in found.values() if right_id})
        histories = await self._histories(ids)
        traced = {right_id: _traced(history) for right_id, history in histories.items()}
        standings = []
        for each in kept:
            right_id = found[each.ref]
            if not right_id:
                standings.append(Standing(each.subject, used=False))
                continue
            standing = standing_in(right_id, each.subject, traced[right_id], histories[right_id], each)
            closed_at = await self._accounts.closed_at(each.subject)
            begun = {**standing.begun, "account-closed": closed_at} if closed_at else standing.begun
            standings.append(Standing(each.subject, begun, about=right_id))
        return standings

    async def _right_of(self, kept: Kept) -> str:
        """Empty where no right of the account ever named it."""
        names = self._remembered.get(kept.subject)
        if names is None:
            names = await self._by_state(kept.subject)
            self._remember(kept.subject, names)
        if kept.ref not in names:
            histories = await self._histories(sorted(set(names.values())))
            once = {ref: right_id for right_id, history in histories.items() for ref in _traced(history).written}
            # Also those that no right ever named, so that they are looked for once.
            names = {**names, **once, kept.ref: once.get(kept.ref, "")}
            self._remember(kept.subject, names)
        return names[kept.ref]

    def _remember(self, account_id: str, names: Mapping[str, str]) -> None:
        self._remembered[account_id] = names
        if len(self._remembered) > _ACCOUNTS_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _by_state(self, account_id: str) -> dict[str, str]:
        names: dict[str, str] = {}
        async for document in self._documents.each({"ix.account": account_id}, fields=("state",)):
            state = self._codec.load_state(document["state"])
            names.update((ref, document["_id"]) for ref in references(state))
        return names

    async def _histories(self, right_ids: Sequence[str]) -> dict[str, History]:
        histories: dict[str, History] = {}
        for start in range(0, len(right_ids), _READ_AT_ONCE):
            some = right_ids[start : start + _READ_AT_ONCE]
            read = await asyncio.gather(*(self._rights.history(each) for each in some))
            histories.update(zip(some, read, strict=True))
        return histories


def _traced(history: History) -> Traced:
    return trace(((entry.at, entry.event) for entry in history), evolve)


def judges(database: Database, rights: Repository[Right, Event], accounts: AccountReplica) -> Judges:
    judge = RightJudge(database, rights, accounts)
    return dict.fromkeys((places.REGISTRANT, places.BRAND, places.DOCUMENT, places.DISCLOSED_PAGE), judge)
