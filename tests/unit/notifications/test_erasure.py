"""Whoever was given the contact of somebody who leaves is asked once to erase it, whatever the number of cases."""

from collections.abc import AsyncIterator
from typing import Any, cast

from services.notifications.erasure.holder import NoticesHolder
from services.notifications.notices.model import PlanNotice
from services.notifications.notices.store import ServedWithContact
from shared.eventstore import Cause

ACCOUNT = "acc-intl-A"
SERVED = (
    ServedWithContact("IPP-1-001", "alibaba", "m-1"),
    ServedWithContact("IPP-1-002", "alibaba", "m-1"),
    ServedWithContact("IPP-2-001", "taobao", "m-1"),  # another marketplace's merchant of the same id
    ServedWithContact("IPP-3-001", "alibaba", "m-2"),
)


class Index:
    async def served_with_contact(self, account_id: str) -> AsyncIterator[ServedWithContact]:
        assert account_id == ACCOUNT
        for each in SERVED:
            yield each


class Plans:
    def __init__(self) -> None:
        self.planned: dict[str, PlanNotice] = {}

    async def plan(self, command: PlanNotice, cause: Cause) -> None:
        self.planned[command.notice_id] = command


async def test_each_merchant_gets_one_letter_and_a_repeat_plans_the_same() -> None:
    plans = Plans()
    holder = NoticesHolder(cast("Any", Index()), cast("Any", plans))
    assert await holder.obstacles(ACCOUNT) == ()
    for _ in range(2):
        assert await holder.erase(ACCOUNT, 1, Cause("identity", "corr-1")) == {"merchants_told": 3}
    told = [(each.recipient_id, each.fact("platform"), each.language) for each in map(_Facts, plans.planned.values())]
    assert told == [("m-1", "alibaba", "en"), ("m-1", "taobao", "zh"), ("m-2", "alibaba", "en")]
    assert {(each.template, each.party, each.about) for each in plans.planned.values()} == {
        ("erasure-request", "merchant", ACCOUNT)
    }


class _Facts:
    """A planned notice, to be asked for its facts."""

    def __init__(self, command: PlanNotice) -> None:
        self.recipient_id, self.language = command.recipient_id, command.language
        self._facts = dict(command.facts)

    def fact(self, name: str) -> str:
        return self._facts[name]
