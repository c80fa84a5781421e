"""The vault's store in memory and the real one: every contract runs on both."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.vault import MongoVaultStore, VaultStore
from tests.support.vault import MemoryVaultStore


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[VaultStore]:
    if request.param == "memory":
        yield MemoryVaultStore()
        return
    stack: Any = request.getfixturevalue("stack")
    database = connect(stack.mongo_url, random_id("test_vault"))
    mongo = MongoVaultStore(database)
    await mongo.prepare()
    yield mongo
    await database.drop()
    database.close()
