"""A verified account with an authenticated trademark, told to complaints as identity and ipr would; and a reviewer."""

from datetime import date
from typing import Any

from shared.access import Role
from shared.contracts.complaints import cases, takedowns
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.contracts.marketplaces import acknowledgements
from shared.kernel.ids import random_id
from tests.support.world import World

STATEMENTS = ["sincere_belief", "capacity_and_right"]


class Filer:
    """A verified account with an authenticated trademark, as identity and ipr would have said."""

    def __init__(self, world: World, region: str = "intl") -> None:
        self.world = world
        self.account = random_id(f"acc-{region}")
        self.right = random_id("rgt")
        self.token = world.token(self.account, Role.COMPLAINANT, account=self.account)

    async def known(self) -> "Filer":
        verified = accounts.AccountVerified(account_id=self.account, verified=True)
        await self.world.tell(accounts.TOPIC.name, self.account, verified)
        await self.told_the_right()
        return self

    async def told_the_right(self) -> None:
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


async def taken_down(world: World, case: dict[str, Any], merchant: str, reviewer: str = "staff-1") -> None:
    """Upheld by the reviewer, removed by the marketplace, which names the merchant."""
    case_id, listing = case["case_id"], case["listing_id"]
    await uphold(world, case_id, reviewer)
    command = await world.until_heard("takedowns.taobao.v1", listing, takedowns.RemoveListing)
    removed = acknowledgements.ListingRemoved(
        command_id=command.data["command_id"], listing_id=listing, merchant_id=merchant, at=world.clock.now()
    )
    await world.tell("takedown-acks.taobao.v1", listing, removed)
    await world.until_heard(cases.TOPIC.name, case_id, cases.ListingTakenDown)
