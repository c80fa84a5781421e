"""Complaints by itself on the real broker and store: others' events in, its own events and commands out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.contracts.complaints import cases, takedowns
from shared.contracts.marketplaces import acknowledgements
from shared.contracts.notifications import deliveries
from shared.kernel.ids import random_id
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import Filer, fresh_item, taobao, uphold
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def test_a_complaint_goes_its_whole_way_to_the_merchants_silence(world: World) -> None:
    filer = await Filer(world).known()
    status, filed = await filer.file(taobao(fresh_item()))
    assert status == 201
    [row] = filed["cases"]
    case_id, listing = row["case_id"], row["listing_id"]

    await uphold(world, case_id)
    command = await world.until_heard("takedowns.taobao.v1", listing, takedowns.RemoveListing)
    assert (command.sequence, command.data["number"]) == (1, listing.rpartition(":")[2])

    removed = acknowledgements.ListingRemoved(
        command_id=command.data["command_id"], listing_id=listing, merchant_id="m-1", at=world.clock.now()
    )
    await world.tell("takedown-acks.taobao.v1", listing, removed)
    await world.tell("takedown-acks.taobao.v1", listing, removed)  # marketplaces repeat themselves
    down = await world.until_heard(cases.TOPIC.name, case_id, cases.ListingTakenDown)
    assert down.data["merchant_id"] == "m-1"

    served = deliveries.NoticeServed(
        notice_id=random_id("ntc"),
        about=case_id,
        about_kind="case",
        party="merchant",
        recipient_id="m-1",
        template="takedown",
        language="zh",
        cause_id="x",
        channel="email",
        served_at=world.clock.now(),
    )
    await world.tell(deliveries.TOPIC.name, case_id, served, subject=served.notice_id)
    notice = await world.until_heard(cases.TOPIC.name, case_id, cases.NoticeServed)
    [deadline] = notice.data["deadlines"]
    # Served on Monday 2 March 2026: Tuesday, Wednesday, Thursday; due at the end of the 5th in Shanghai.
    assert deadline["due"] == "2026-03-05T16:00:00Z"

    world.advance(timedelta(days=3, hours=14))  # Friday 00:00 in Shanghai: due, but for the grace
    world.advance(timedelta(seconds=61))
    closed = await world.until_heard(cases.TOPIC.name, case_id, cases.CaseClosed)
    assert closed.data["why"] == "merchant_silent"
    assert [e.sequence for e in await world.heard(cases.TOPIC.name, key=case_id)] == [1, 2, 3, 4, 5, 6]


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(world: World) -> None:
    filer = await Filer(world).known()
    urls, key = [taobao(fresh_item()), taobao(fresh_item())], random_id("key")
    first = await filer.file(*urls, key=key)
    assert first[0] == 201
    assert await filer.file(*urls, key=key) == first
    status, problem = await filer.file(*reversed(urls), key=key)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    _, page = await world.call("GET", "/v1/cases", filer.token)
    assert len(page["cases"]) == 2
