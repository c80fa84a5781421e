"""Data from operations in China stay in the China region's store, read from the raw stores (000 I; DOMAIN, Accounts 9).

The China region has a server of its own here. That identity and ipr choose by the account's id is shown by their own
tests; complaints chooses by the platform too.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.stack import LocalStack
from services.complaints.places import of_case, region_of
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.policies.platforms import PLATFORMS
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import STATEMENTS, Filer, fresh_item, taobao
from tests.support.evidence import uploaded
from tests.support.world import World, world_of


@pytest.fixture
async def china(stack: LocalStack, tmp_path: Path) -> AsyncIterator[LocalStack]:
    async with LocalStack(tmp_path / "china", {"KAFKA_BOOTSTRAP": stack.kafka_bootstrap}) as region:
        yield region


@pytest.fixture
async def world(stack: LocalStack, china: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world:
        world.env = {**world.env, "IPP_MONGO_URL_CN": china.mongo_url}
        async with running(Settings.read(world.env), ALL_ROLES):
            yield world


async def _sealed_for(url: str, subject: str) -> list[str]:
    """Places under which any database of a server keeps something sealed for a subject, or its key."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    try:
        found = []
        for name in await client.list_database_names():
            kept = client[name]["vault.sealed"].find({"subject": subject})
            found += [each["place"].partition("/")[0] async for each in kept]
            found += ["key"] * await client[name]["vault.keys"].count_documents({"_id": subject})
        return sorted(found)
    finally:
        client.close()


async def test_a_complaints_texts_and_files_are_kept_where_its_platform_and_its_owner_say(
    world: World, stack: LocalStack, china: LocalStack
) -> None:
    abroad, mainland = await Filer(world).known(), await Filer(world, "cn").known()
    on_aliexpress = [*STATEMENTS, "good_faith_under_perjury", "indemnity"]
    for filer in (abroad, mainland):
        status, _ = await filer.file(taobao(fresh_item()))
        assert status == 201
        url = f"https://www.aliexpress.com/item/1005{fresh_item():012}.html"
        status, _ = await filer.file(url, platform="aliexpress", statements=on_aliexpress)
        assert status == 201

        for platform in ("taobao", "aliexpress"):
            await uploaded(world, filer.token, platform=platform)

    assert await _sealed_for(china.mongo_url, abroad.account) == ["key", "taobao:evidence", "taobao:submission"]
    assert await _sealed_for(stack.mongo_url, abroad.account) == ["aliexpress:evidence", "aliexpress:submission", "key"]
    assert await _sealed_for(china.mongo_url, mainland.account) == [
        "aliexpress:evidence",
        "aliexpress:submission",
        "key",
        "taobao:evidence",
        "taobao:submission",
    ]
    assert await _sealed_for(stack.mongo_url, mainland.account) == []


@pytest.mark.parametrize(
    ("platform", "of_a_merchant", "of_a_mainland_owner"),
    [
        ("taobao", "cn", "cn"),
        ("tmall", "cn", "cn"),
        ("tmall_global", "cn", "cn"),
        ("1688", "cn", "cn"),
        ("aliexpress", "intl", "cn"),
        ("alibaba", "intl", "cn"),
        ("lazada", "intl", "cn"),
    ],
)
def test_the_region_of_each_platforms_cases(platform: str, of_a_merchant: str, of_a_mainland_owner: str) -> None:
    assert platform in PLATFORMS
    assert region_of("m-1", of_case(platform, "IPP-1-001", "counter")) == of_a_merchant
    assert region_of("acc-cn-A", of_case(platform, "IPP-1-001", "dispute")) == of_a_mainland_owner
