"""Those who hold data of a person, each on the real broker and store: what stands in the way, what they erase."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.stack import LocalStack
from services.complaints import settings as complaints_settings
from services.complaints.wiring import running as complaints
from services.ipr import settings as ipr_settings
from services.ipr.wiring import running as ipr
from shared.access import Role
from shared.contracts import erasures as answers
from shared.contracts.identity import accounts, erasures
from shared.contracts.ipr import rights
from shared.runtime.process import ALL_ROLES
from tests.support import raw
from tests.support.certificates import PNG
from tests.support.complaints import Filer, fresh_item, taobao
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with (
        world_of("complaints", stack, tmp_path) as world,
        complaints(complaints_settings.Settings.read(world.env), ALL_ROLES),
    ):
        yield world


async def _tell(world: World, account: str, event: type[erasures.ErasureEvent], request: int = 1, **more: Any) -> None:
    data = event.model_validate({"account_id": account, "request": request, **more})
    await world.tell(erasures.TOPIC.name, f"ers-{account}", data)


async def _withdraw(world: World, filer: Filer, case_id: str) -> None:
    status, answer = await world.call("POST", f"/v1/cases/{case_id}/withdrawal", filer.token, {"reason": "settled"})
    assert status == 200, answer


async def _texts(world: World, account: str) -> dict[str, Any]:
    found = await raw.sealed_for(world.stack.mongo_url, account)
    prefix = world.env["IPP_DATABASE_PREFIX"]
    return {name.removeprefix(prefix): what for name, what in found.items() if name.startswith(prefix)}


async def test_open_cases_stand_in_the_way_and_their_end_is_told(world: World) -> None:
    filer = await Filer(world).known()
    _, filed = await filer.file(taobao(fresh_item()), taobao(fresh_item()))
    first, second = (row["case_id"] for row in filed["cases"])
    topic = answers.COMPLAINTS_ERASURES.name
    await _tell(world, filer.account, erasures.ErasureRequested, ground="no-longer-used")
    obstructed = await world.until_heard(topic, filer.account, answers.ErasureObstructed)
    assert obstructed.data["reasons"] == ["open-cases"]

    status, refused = await filer.file(taobao(fresh_item()))  # the account itself has not said yet that it leaves
    assert (status, [each["code"] for each in refused["problems"]]) == (422, ["account-leaving"])

    await _withdraw(world, filer, first)
    await _withdraw(world, filer, second)
    await world.until_heard(topic, filer.account, answers.ErasureCleared)
    assert await _texts(world, filer.account) == {"_complaints_cn": (1, True)}
    await _tell(world, filer.account, erasures.ErasureOrdered, recipients=["ipr", "notifications"])  # not for us
    await _tell(world, filer.account, erasures.ErasureOrdered, recipients=["complaints"])
    erased = await world.until_heard(topic, filer.account, answers.PersonalDataErased)
    assert erased.data["counts"] == {"texts": 1}
    assert await _texts(world, filer.account) == {"_complaints_cn": (0, False), "_complaints": (0, False)}
    types = [envelope.type.rpartition(".")[2] for envelope in await world.heard(topic, key=filer.account)]
    assert types == ["obstructed", "cleared", "erased"]

    status, shown = await world.call("GET", f"/v1/cases/{first}", world.token("stf-1", Role.REVIEWER))
    assert (status, shown["state"], len(shown["records"])) == (200, "withdrawn", 2)


async def test_an_order_that_meets_an_open_case_is_not_carried_out(world: World) -> None:
    """A case that slipped in: nothing of it is lost."""
    filer = await Filer(world).known()
    _, filed = await filer.file(taobao(fresh_item()))
    await _tell(world, filer.account, erasures.ErasureOrdered, recipients=["complaints"])
    topic = answers.COMPLAINTS_ERASURES.name
    await world.until_heard(topic, filer.account, answers.ErasureObstructed)
    assert await _texts(world, filer.account) == {"_complaints_cn": (1, True)}
    await _withdraw(world, filer, filed["cases"][0]["case_id"])
    await world.until_heard(topic, filer.account, answers.ErasureCleared)


async def test_who_stays_files_again(world: World) -> None:
    filer = await Filer(world).known()
    await _tell(world, filer.account, erasures.ErasureRequested, ground="no-longer-used")
    await world.until_heard(answers.COMPLAINTS_ERASURES.name, filer.account, answers.ErasureCleared)
    assert (await filer.file(taobao(fresh_item())))[0] == 422
    await _tell(world, filer.account, erasures.ErasureWithdrawn)

    async def files_again() -> bool:
        return (await filer.file(taobao(fresh_item())))[0] == 201

    await world.until(files_again)


async def test_rights_are_withdrawn_and_their_texts_and_files_go(stack: LocalStack, tmp_path: Path) -> None:
    async with world_of("ipr", stack, tmp_path) as world, ipr(ipr_settings.Settings.read(world.env), ALL_ROLES):
        account = f"acc-intl-{uuid.uuid4().hex[:12]}"
        token = world.token(account, Role.COMPLAINANT, account=account)
        await world.tell(accounts.TOPIC.name, account, accounts.EmailVerified(account_id=account))
        submitted, draft = await _submit(world, token), await _submit(world, token, draft=True)
        await _tell(world, account, erasures.ErasureRequested, ground="no-longer-used")
        topic = answers.IPR_ERASURES.name
        await world.until_heard(topic, account, answers.ErasureCleared)
        assert (await _send(world, token))[1]["code"] == "account-leaving"
        await _tell(world, account, erasures.ErasureOrdered, recipients=["ipr"])
        erased = await world.until_heard(topic, account, answers.PersonalDataErased)
        # each: registrant, brand, one certificate
        assert erased.data["counts"] == {"rights_withdrawn": 2, "texts": 6}
        assert await _texts(world, account) == {"_ipr": (0, False), "_ipr_cn": (0, False)}
        await world.until_heard(rights.TOPIC.name, submitted, rights.RightWithdrawn)
        _, seen = await world.call("GET", f"/v1/rights/{draft}", token)
        assert (seen["status"], seen["removed"]) == ("withdrawn", ["registrant", "brand"])


async def _submit(world: World, token: str, **more: Any) -> str:
    found: list[str] = []

    async def taken() -> bool:
        status, answer = await _send(world, token, **more)
        assert status in (201, 503), answer
        found.extend([answer["right_id"]] if status == 201 else [])
        return bool(found)

    await world.until(taken)
    return found[0]


async def _send(world: World, token: str, **more: Any) -> tuple[int, Any]:
    submission = {
        "right_type": "trademark",
        "place": "US",
        "name": "ACME",
        "registration_number": uuid.uuid4().hex[:10],
        "registrant": "Acme Incorporated",
        "brand": "Acme",
        "expires_on": "2036-01-01",
        "nice_classes": [25],
        **more,
    }
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("submission", json.dumps(submission))
    form.add_field("certificate", PNG, filename="certificate.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    url = f"http://127.0.0.1:{world.port}/v1/rights"
    async with world.http.post(url, data=form, headers=headers) as response:
        return response.status, await response.json(content_type=None)
