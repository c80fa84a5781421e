"""Scoring as a process does it: cases come in on the topic, statuses and points are asked for over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.scoring.settings import Settings
from services.scoring.wiring import running
from shared.access import Role
from shared.contracts.complaints import cases
from shared.contracts.envelope import read_data
from shared.contracts.scoring import goodfaith
from shared.contracts.scoring.goodfaith import GoodFaithStatus
from shared.kernel.ids import random_id
from shared.runtime.process import ALL_ROLES
from tests.support.case_events import CaseTale
from tests.support.world import START, World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("scoring", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def _tell(world: World, *tales: CaseTale) -> None:
    """All events of the cases, in order of each; they bear the world's time."""
    for number in range(max(len(tale.records) for tale in tales)):
        told = [tale.records[number].data for tale in tales if number < len(tale.records)]
        await asyncio.gather(
            *(world.tell(cases.TOPIC.name, data.case_id, data) for data in told if isinstance(data, cases.CaseEvent))
        )


def _tale(account: str, **more: Any) -> CaseTale:
    return CaseTale(random_id("CASE"), account_id=account, filed_at=START, **more)


async def test_good_faith_is_granted_by_cases_and_lost_by_the_passing_of_days(world: World) -> None:
    account = random_id("acc-intl")
    token = world.token(account, Role.COMPLAINANT, account=account)
    address = f"/v1/goodfaith/{account}"
    assert await world.call("GET", address, token) == (200, {"account_id": account, "statuses": []})

    await _tell(world, *(_tale(account).upheld() for _ in range(100)))

    async def eligible() -> bool:
        _, found = await world.call("GET", address, token)
        return [status["eligible"] for status in found["statuses"]] == [True]

    await world.until(eligible, within=40)
    _, found = await world.call("GET", address, token)
    [status] = found["statuses"]
    assert (status["requests"], status["success_rate"], status["unmet"]) == (100, 1.0, [])
    assert (status["window_from"], status["window_to"]) == ("2025-12-02", "2026-03-02")
    stranger = world.token("acc-intl-9", Role.COMPLAINANT, account="acc-intl-9")
    assert (await world.call("GET", address, stranger))[0] == 404

    world.clock.move_to(datetime.fromisoformat("2026-06-02T02:00:00Z"))

    async def lost() -> bool:
        return not await eligible()

    await world.until(lost, within=30)
    _, found = await world.call("GET", address, world.token("staff-1", Role.AUDITOR))
    [status] = found["statuses"]
    assert (status["day"], status["barred_until"]) == ("2026-06-02", "2026-09-02")
    assert status["unmet"] == ["minimum-requests", "success-rate", "counter-success-rate", "re-entry-bar"]
    told = [read_data(one, GoodFaithStatus) for one in await world.heard(goodfaith.TOPIC.name, key=account)]
    assert [one.change for one in told if one.change != "figures"] == ["granted", "lost"]


async def test_points_rise_with_takedowns_fall_with_lost_counters_and_lapse_after_a_year(world: World) -> None:
    """Lazada: six points a case; twelve suspend for seven days."""
    merchant = random_id("m")
    account = random_id("acc-intl")
    staff = world.token("staff-1", Role.OPERATOR)
    address = f"/v1/merchants/lazada/{merchant}"
    first, second = (_tale(account, platform="lazada", merchant_id=merchant).upheld().down() for _ in range(2))
    await _tell(world, first, second)

    async def points(expected: int) -> bool:
        status, found = await world.call("GET", address, staff)
        return status == 200 and found["points"] == expected

    await world.until(lambda: points(12), within=40)
    assert (await world.call("GET", address, staff))[1]["step"] == "suspended-7"
    owner = world.token(account, Role.COMPLAINANT, account=account)
    assert (await world.call("GET", address, owner))[0] == 403
    assert (await world.call("GET", "/v1/merchants/nowhere/m-1", staff))[0] == 404

    first.countered().accepted()
    for record in first.records[-2:]:
        assert isinstance(record.data, cases.CaseEvent)
        await world.tell(cases.TOPIC.name, record.data.case_id, record.data)
    await world.until(lambda: points(6), within=20)

    world.advance(timedelta(days=365, minutes=1))
    assert await points(0)
