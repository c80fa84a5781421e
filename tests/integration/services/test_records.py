"""Finding one's cases, their records, figures and file, over HTTP; nobody sees another's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.complaints.records.export import NOTICE
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Role
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import Filer, fresh_item, taobao, uphold
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def test_an_owner_finds_reads_counts_and_takes_along_its_own_cases_and_no_other(world: World) -> None:
    filer, other = await Filer(world).known(), await Filer(world).known()
    item = fresh_item()
    _, filed = await filer.file(taobao(item), taobao(fresh_item()))
    case_id, other_id = (each["case_id"] for each in filed["cases"])
    await uphold(world, case_id)
    staff = world.token("staff-1", Role.AUDITOR)

    # by number as it is read out, by another marketplace's address of the listing, by status in the handbook's words
    for query, expected in (
        (f"number={case_id.lower()}", {case_id}),
        (f"number={case_id[:-4]}", {case_id, other_id}),
        (f"listing=https://detail.tmall.com/item.htm?id={item}", {case_id}),
        ("group=processed", {case_id}),
        ("complaint_type=trademark&reason=counterfeit&platform=taobao", {case_id, other_id}),
        ("platform=tmall", set()),
    ):
        for token, found in ((filer.token, expected), (other.token, set())):
            status, page = await world.call("GET", f"/v1/cases?{query}", token)
            assert status == 200
            assert {each["case_id"] for each in page["cases"]} == found
            assert page["days_in"] == "Asia/Shanghai"
    status, problem = await world.call("GET", f"/v1/cases?account_id={filer.account}&status=lost", other.token)
    assert (status, problem["code"]) == (422, "query-not-valid")
    assert {each["code"] for each in problem["problems"]} == {"extra-forbidden", "status-unknown"}
    _, page = await world.call("GET", f"/v1/cases?account_id={filer.account}&reviewer_id=staff-1", staff)
    assert [(each["case_id"], each["account_id"]) for each in page["cases"]] == [(case_id, filer.account)]

    # the records say whose each step is, and why
    _, shown = await world.call("GET", f"/v1/cases/{case_id}", filer.token)
    steps = [(each["step"], each["part"], each["by"], each["reason"]) for each in shown["records"]]
    assert steps[:3] == [
        ("ComplaintFiled", "owner", "owner", "counterfeit"),
        ("ReviewBegun", "reviewer", "platform", ""),
        ("ComplaintUpheld", "reviewer", "platform", ""),
    ]
    assert shown["reviewer_id"] is None

    # figures
    _, history = await world.call("GET", "/v1/reporting-history", filer.token)
    assert (history["account_id"], history["days_in"]) == (filer.account, "Asia/Shanghai")
    total = history["total"]
    assert (total["requests"], total["decided"], total["upheld"], total["success_rate"]) == (2, 1, 1, 1.0)
    assert total["counter_success_rate"] == 0.0
    _, theirs = await world.call("GET", "/v1/reporting-history", other.token)
    assert (theirs["total"]["requests"], theirs["total"]["success_rate"]) == (0, None)
    status, _ = await world.call("GET", f"/v1/reporting-history?account_id={filer.account}", other.token)
    assert status == 422
    _, same = await world.call("GET", f"/v1/reporting-history?account_id={filer.account}", staff)
    assert same["total"] == total
    status, problem = await world.call("GET", "/v1/reporting-history", staff)
    assert (status, problem["problems"][0]["pointer"]) == (422, "?account_id")

    # the file
    url = f"http://127.0.0.1:{world.port}/v1/cases/export?platform=taobao"
    async with world.http.get(url, headers={"Authorization": f"Bearer {filer.token}"}) as answer:
        assert (answer.status, answer.content_type, answer.charset) == (200, "text/csv", "utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
        body = await answer.read()
    assert body.startswith(b"\xef\xbb\xbfcase_id,submission_id,")
    text = body.decode("utf-8-sig")
    assert NOTICE in text.partition("\r\n")[0]
    assert text.count("\r\n") == 3
    assert case_id in text and other_id in text
    async with world.http.get(url, headers={"Authorization": f"Bearer {other.token}"}) as answer:
        assert (await answer.text()).count("\r\n") == 1
