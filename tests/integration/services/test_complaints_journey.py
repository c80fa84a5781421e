"""Complaints by itself on the real broker and store: others' events in, its own events and commands out."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Role
from shared.contracts.complaints import cases, takedowns
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.contracts.marketplaces import acknowledgements
from shared.contracts.notifications import deliveries
from shared.kernel.ids import random_id
from shared.runtime.process import ALL_ROLES
from tests.support.world import World, world_of

STATEMENTS = ["sincere_belief", "capacity_and_right"]


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


class Filer:
    """A verified account with an authenticated trademark, as identity and ipr would have said."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.account = random_id("acc-intl")
        self.right = random_id("rgt")
        self.token = world.token(self.account, Role.COMPLAINANT, account=self.account)

    async def known(self) -> "Filer":
        verified = accounts.AccountVerified(account_id=self.account, verified=True)
        await self.world.tell(accounts.TOPIC.name, self.account, verified)
        right = rights.RightAuthenticated(
            right_id=self.right,
            account_id=self.account,
            right_type="trademark",
            place="CN",
            fingerprint=random_id("fp"),
            expires_on=date(2030, 1, 1),
            status="authenticated",
        )
        await self.world.tell(rights.TOPIC.name, self.right, right)
        return self

    def body(self, *urls: str, **other: object) -> dict[str, Any]:
        return {
            "platform": "taobao",
            "complaint_type": "trademark",
            "right_id": self.right,
            "reason": "counterfeit",
            "listings": [{"url": url, "where": ["title"]} for url in urls],
            "evidence": {"text": "the stitching of the logo differs"},
            "statements": STATEMENTS,
            **other,
        }

    async def file(self, *urls: str, key: str | None = None, **other: object) -> tuple[int, Any]:
        """Tries again while the account and the right have not reached complaints."""
        status, answer = 503, None

        async def answered() -> bool:
            nonlocal status, answer
            status, answer = await self.world.call(
                "POST", "/v1/submissions", self.token, self.body(*urls, **other), key
            )
            return status != 503

        await self.world.until(answered)
        return status, answer


def taobao(number: int) -> str:
    return f"https://item.taobao.com/item.htm?id={number}&spm=a21wu.1"


def fresh_item() -> int:
    return int(random_id("n").encode().hex(), 16) % 10**12


async def uphold(world: World, case_id: str, reviewer: str = "staff-1") -> None:
    token = world.token(reviewer, Role.REVIEWER)
    status, claims = await world.call("POST", "/v1/review/claims", token, {"case_ids": [case_id]})
    assert (status, claims["claims"][0]["state"]) == (200, "under_review")
    status, case = await world.call("POST", f"/v1/cases/{case_id}/decision", token, {"decision": "uphold"})
    assert (status, case["state"]) == (200, "upheld")


async def state_of(world: World, filer: Filer, case_id: str) -> str:
    _, case = await world.call("GET", f"/v1/cases/{case_id}", filer.token)
    return str(case["state"])


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


async def test_bad_rows_are_refused_one_by_one_and_duplicates_are_named_to_their_filer_only(world: World) -> None:
    filer = await Filer(world).known()
    item = fresh_item()
    _, first = await filer.file(taobao(item))
    known = first["cases"][0]["case_id"]
    rows = [taobao(item), "not an address", "https://item.taobao.com.evil.example/item.htm?id=1", taobao(fresh_item())]
    status, second = await filer.file(*rows)
    assert status == 201
    assert [case["row"] for case in second["cases"]] == [4]
    assert [refused["row"] for refused in second["refused"]] == [1, 2, 3]
    assert second["refused"][0]["code"] == "duplicate-case"
    assert second["refused"][0]["known_case_id"] == known


async def test_all_that_stands_in_the_way_is_named_at_once(world: World) -> None:
    filer = await Filer(world).known()
    status, problem = await filer.file(
        taobao(fresh_item()), reason="price", statements=["sincere_belief"], evidence={"text": " "}
    )
    assert (status, problem["code"]) == (422, "notice-not-qualified")
    assert {each["code"] for each in problem["problems"]} == {
        "reason-unknown",
        "evidence-missing",
        "statement-missing",
    }


async def test_what_is_not_known_yet_is_asked_for_again_and_an_unverified_account_is_refused(world: World) -> None:
    stranger = Filer(world)
    status, problem = await world.call("POST", "/v1/submissions", stranger.token, stranger.body(taobao(1)))
    assert (status, problem["code"]) == (503, "account-not-yet-known")
    registered = accounts.EmailVerified(account_id=stranger.account)
    await world.tell(accounts.TOPIC.name, stranger.account, registered)
    await world.tell(
        rights.TOPIC.name,
        stranger.right,
        rights.RightSubmitted(
            right_id=stranger.right,
            account_id=stranger.account,
            right_type="trademark",
            place="CN",
            fingerprint=random_id("fp"),
            status="under_authentication",
        ),
    )
    status, problem = await stranger.file(taobao(fresh_item()))
    assert status == 422
    assert {each["code"] for each in problem["problems"]} == {"account-not-verified", "right-not-authenticated"}


async def test_anothers_case_looks_like_one_that_does_not_exist(world: World) -> None:
    filer, other = await Filer(world).known(), await Filer(world).known()
    _, filed = await filer.file(taobao(fresh_item()))
    case_id = filed["cases"][0]["case_id"]
    theirs = await world.call("GET", f"/v1/cases/{case_id}", other.token)
    nobodys = await world.call("GET", "/v1/cases/IPP-0000000000-001", other.token)
    assert theirs[0] == nobodys[0] == 404
    assert theirs[1]["code"] == nobodys[1]["code"]
    status, _ = await world.call("POST", f"/v1/cases/{case_id}/withdrawal", other.token, {"reason": "settled"})
    assert status == 404
    merchant = world.merchant_token("m-9", case_id)
    assert (await world.call("GET", f"/v1/merchant/cases/{case_id}", merchant))[0] == 404
