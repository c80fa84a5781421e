"""Reading all notices to an account. Those to the other side about its cases are not to this person and left out."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from services.notifications.notices.store import NOTICE
from shared.disclosures import DisclosureLog
from shared.exports import Entry, Record, disclosure_records
from shared.mongo import Database

_PAGE = 500
_LEFT_OUT = ("id", "account_id", "recipient_id", "party", "correlation_id")
_SUMMARY = ("planned_at", "about", "template", "language", "status", "served_at")


class ExportQueries:
    def __init__(self, database: Database, disclosures: DisclosureLog) -> None:
        self._notices = database.collection(NOTICE.collection)
        self._disclosures = disclosures

    async def entries(self, account_id: str) -> AsyncIterator[Entry]:
        where = {"ix.account": account_id, "state.party": "owner"}
        async for page in self._notices.pages(where, _PAGE, sort=[("_id", 1)]):
            for document in page:
                told = _told(document["state"])
                yield Record("notices", {name: told[name] for name in _SUMMARY}, told)
        async for entry in disclosure_records(self._disclosures, account_id):
            yield entry


def _told(state: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in state.items() if name not in _LEFT_OUT}
    return {"notice_id": state["id"], **told, "facts": dict(state["facts"])}
