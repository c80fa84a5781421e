"""`ipp vault` on a running platform: wrapping keys are rotated and retired while services open what they sealed."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.cli.vault import KEEPERS, SETTLED_AFTER
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing


@pytest.fixture
def folder(platform: Standing) -> Path:
    return platform.stage.scene.files / "state"


def _held(ipp: Ipp) -> dict[tuple[str, str, str], int]:
    """Subjects by service, region and wrapping key."""
    done = ipp("vault", "keys")
    assert done.exit_code == 0, done.output
    held = {}
    for line in done.stdout.splitlines():
        place, _, count = line.partition(": ")
        service, region, key = place.split(" ")
        held[service, region, key] = int(count.split(" ")[0])
    return held


def _newest(folder: Path) -> Path:
    return max(folder.glob("wrapping-*"), key=lambda file: int(file.name.split("-")[1]))


def _log_in(platform: Standing) -> int:
    """Identity opens the operator's sealed password for it."""

    async def status() -> int:
        body = {"email": OPERATOR, "password": OPERATOR_PASSWORD}
        url = f"{platform.stage.addresses['identity']}/v1/sessions"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            return answer.status

    return platform.run(status())


@pytest.fixture
def rotated(ipp: Ipp) -> Iterator[None]:
    done = ipp("vault", "rotate")
    assert done.exit_code == 0, done.output
    yield


def test_a_rotation_moves_every_subject_and_running_services_go_on(platform: Standing, ipp: Ipp) -> None:
    before = _held(ipp)
    assert _log_in(platform) == 200

    done = ipp("vault", "rotate")

    assert done.exit_code == 0, done.output
    after = _held(ipp)
    for service in KEEPERS:
        [key] = {key for one, _, key in after.keys() - before.keys() if one == service}
        for region in ("intl", "cn"):
            of = Counter({k: n for (s, r, k), n in before.items() if (s, r) == (service, region) and k != "destroyed"})
            assert after[service, region, key] == of.total()
            assert all(after[service, region, old] == 0 for old in of)
    assert sum(count for (service, _, _), count in after.items() if service == "identity") > 1
    assert _log_in(platform) == 200


def test_every_service_that_seals_is_known_to_the_command(platform: Standing) -> None:
    prefix = f"{platform.stage.scene.database_prefix}_"

    async def sealing() -> set[str]:
        client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(platform.stage.stack.mongo_url)
        try:
            names = [name for name in await client.list_database_names() if name.startswith(prefix)]
            return {name for name in names if await client[name]["vault.keys"].count_documents({})}
        finally:
            client.close()

    found = {name.removeprefix(prefix).removesuffix("_cn") for name in asyncio.run(sealing())}
    assert found == set(KEEPERS)


def test_a_wrapping_key_is_retired_when_nothing_needs_it_and_everybody_knows_the_next(
    ipp: Ipp, folder: Path, rotated: None
) -> None:
    old_file = _newest(folder / "ipr")
    old = old_file.name.replace("wrapping", "local")
    assert ipp("vault", "retire", old, "--service", "ipr").exit_code == 2  # the newest
    assert ipp("vault", "rotate", "--service", "ipr").exit_code == 0
    fresh = ipp("vault", "retire", old, "--service", "ipr")
    assert (fresh.exit_code, "wait until" in fresh.output) == (2, True)

    next_one = _newest(folder / "ipr")
    long_ago = next_one.stat().st_mtime - SETTLED_AFTER - 1
    os.utime(next_one, (long_ago, long_ago))

    assert ipp("vault", "retire", old, "--service", "ipr").exit_code == 0
    assert not old_file.exists()
    assert ("ipr", "intl", old) not in _held(ipp)
    first = ipp("vault", "retire", "local-1", "--service", "ipr")
    assert (first.exit_code, "stays" in first.output) == (2, True)
    assert ipp("vault", "retire", "local-99", "--service", "ipr").exit_code == 2


def test_a_wrapping_key_that_is_missing_is_told_and_a_rotation_leaves_its_subjects_alone(
    ipp: Ipp, folder: Path, rotated: None
) -> None:
    newest = _newest(folder / "complaints")
    hidden = newest.with_name("elsewhere")
    newest.rename(hidden)
    try:
        told = ipp("vault", "keys", "--service", "complaints")
        assert told.exit_code == 1
        assert "MISSING" in told.output
        lost = ipp("vault", "rotate", "--service", "complaints")
        assert lost.exit_code == 1
        assert "cannot be opened" in lost.output
    finally:
        hidden.rename(newest)
    assert ipp("vault", "keys", "--service", "complaints").exit_code == 0
