"""Files of complaints on the real broker and store: each row by itself, told by its line, whatever happens between."""

import csv
import io
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.stack import LocalStack
from services.complaints.bulk import commands
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Role
from shared.mongo import connect
from shared.runtime.process import ALL_ROLES, ProcessRole
from tests.support import raw
from tests.support.complaints import STATEMENTS, Filer, fresh_item, taobao
from tests.support.world import World, world_of

HEADER = ["platform", "complaint_type", "right_id", "reason", "url", "where", "evidence", "statements", "reference"]
EVIDENCE = "the stitching of the logo differs"


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as made:
        yield made


def _row(filer: Filer, url: str, **more: str) -> list[str]:
    cells = {
        "platform": "taobao",
        "complaint_type": "trademark",
        "right_id": filer.right,
        "reason": "counterfeit",
        "url": url,
        "where": "title",
        "evidence": EVIDENCE,
        "statements": " ".join(STATEMENTS),
        **more,
    }
    return [cells.get(name, "") for name in HEADER]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode()


async def _send(
    world: World, filer: Filer, content: bytes, name: str = "complaints.csv", key: str = ""
) -> tuple[int, Any]:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("file", content, filename=name, content_type="text/csv")
    headers = {"Authorization": f"Bearer {filer.token}", "Idempotency-Key": key or uuid.uuid4().hex}
    url = f"http://127.0.0.1:{world.port}/v1/bulk-submissions"
    async with world.http.post(url, data=form, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def _finished(world: World, filer: Filer, import_id: str, within: float = 60) -> Any:
    seen: list[Any] = []

    async def done() -> bool:
        seen[:] = [(await world.call("GET", f"/v1/bulk-submissions/{import_id}", filer.token))[1]]
        return bool(seen[0]["status"] == "finished")

    await world.until(done, within)
    return seen[0]


async def _report(world: World, filer: Filer, import_id: str, query: str = "format=jsonl") -> str:
    url = f"http://127.0.0.1:{world.port}/v1/bulk-submissions/{import_id}/report?{query}"
    async with world.http.get(url, headers={"Authorization": f"Bearer {filer.token}"}) as response:
        assert response.status == 200
        return (await response.read()).decode("utf-8-sig")


async def _lines(world: World, filer: Filer, import_id: str) -> dict[int, Any]:
    return {line["line"]: line for line in map(json.loads, (await _report(world, filer, import_id)).splitlines())}


async def _cases(world: World, filer: Filer) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        _, page = await world.call("GET", f"/v1/cases?limit=200{cursor}", filer.token)
        found += [case["case_id"] for case in page["cases"]]
        if not page["next"]:
            return found
        cursor = f"&cursor={page['next']}"


async def test_each_row_is_a_case_or_is_told_what_is_wrong_with_it(world: World) -> None:
    async with running(Settings.read(world.env), ALL_ROLES):
        filer = await Filer(world).known()
        item = fresh_item()
        bad = {
            3: (_row(filer, "item.taobao.com/item.htm?id=1"), "scheme-missing"),
            4: (_row(filer, "https://item.taobao.example/item.htm?id=1"), "look-alike-host"),
            5: (_row(filer, "https://detail.tmall.com/item.htm?id=77"), "other-marketplace"),
            6: (_row(filer, taobao(fresh_item()), where=""), "location-missing"),
            7: (_row(filer, taobao(fresh_item()), where="roof"), "where-unknown"),
            8: (_row(filer, taobao(fresh_item()), platform="ebay"), "platform-unknown"),
            9: (_row(filer, taobao(fresh_item()), complaint_type="patent"), "reason-unknown"),
            10: (_row(filer, taobao(fresh_item()), reason="too-cheap"), "reason-unknown"),
            11: (_row(filer, taobao(fresh_item()), evidence=""), "evidence-missing"),
            12: (_row(filer, taobao(fresh_item()), statements=""), "statement-missing"),
            13: (_row(filer, taobao(item)), "repeats-row"),
            14: (_row(filer, ""), "cell-missing"),
            15: (_row(filer, taobao(fresh_item()) + "\x07"), "control-character"),
            16: ([*_row(filer, taobao(fresh_item())), "surplus"], "too-many-cells"),
            17: (_row(filer, "http://a@item.taobao.com/item.htm?id=5"), "userinfo"),
            18: (_row(filer, "https://item.taobao.com/item.htm?id=0"), "number-malformed"),
            19: (_row(filer, "https://s.click.taobao.com/x"), "short-link"),
            20: (_row(filer, taobao(fresh_item()), right_id="r" * 101), "cell-too-long"),
            21: (_row(filer, "https://item.taobao.com/item.htm?id=5&u=https%3A%2F%2Fa.example"), "nested-address"),
            22: (_row(filer, "javascript:alert(1)"), "scheme-not-web"),
        }
        good = [_row(filer, taobao(item), reference="=R-1"), *(_row(filer, taobao(fresh_item())) for _ in range(5))]
        rows = [good[0], *(row for row, _ in bad.values()), *good[1:]]
        status, taken = await _send(world, filer, _csv(rows))
        assert (status, taken["rows"], taken["status"]) == (202, 26, "under_way")
        done = await _finished(world, filer, taken["import_id"])
        assert (done["cases"], done["refused"], done["done"]) == (6, 20, 26)

        lines = await _lines(world, filer, taken["import_id"])
        told = {line: [problem["code"] for problem in found["problems"]] for line, found in lines.items()}
        assert {line for line, codes in told.items() if not codes} == {2, *range(23, 28)}
        for line, (_, code) in bad.items():
            assert code in told[line], (line, told[line])
        assert len({code for _, code in bad.values()}) >= 17
        assert all(problem["mend"] for found in lines.values() for problem in found["problems"])
        assert {found["case_id"] for found in lines.values()} - {None} == set(await _cases(world, filer))
        assert lines[13]["known_case_id"] == lines[2]["case_id"]

        table = list(csv.DictReader(io.StringIO(await _report(world, filer, taken["import_id"], "format=csv"))))
        assert [int(row["line"]) for row in table] == sorted(lines)
        assert table[0]["reference"] == "'=R-1"
        refused = await _report(world, filer, taken["import_id"], "format=jsonl&only=refused")
        assert len(refused.splitlines()) == 20


async def test_the_same_file_twice_makes_no_second_case(world: World) -> None:
    async with running(Settings.read(world.env), ALL_ROLES):
        filer = await Filer(world).known()
        content = _csv([_row(filer, taobao(fresh_item())) for _ in range(40)])
        key = uuid.uuid4().hex
        _, first = await _send(world, filer, content, key=key)
        assert await _send(world, filer, content, key=key) == (202, first)
        assert (await _send(world, filer, content + b"x", key=key))[1]["code"] == "idempotency-key-reused"
        await _finished(world, filer, first["import_id"])
        mine = set(await _cases(world, filer))
        assert len(mine) == 40

        _, second = await _send(world, filer, content)
        done = await _finished(world, filer, second["import_id"])
        assert (done["cases"], done["refused"]) == (0, 40)
        lines = await _lines(world, filer, second["import_id"])
        assert {line["problems"][0]["code"] for line in lines.values()} == {"duplicate-case"}
        assert {line["known_case_id"] for line in lines.values()} == mine
        assert set(await _cases(world, filer)) == mine


async def test_a_right_has_three_hundred_listings_a_file_whatever_else_differs(world: World) -> None:
    """DOMAIN, Fine points: the first 300 rows are taken, the rest refused row by row; bad rows do not count."""
    async with running(Settings.read(world.env), ALL_ROLES):
        filer, other = await Filer(world).known(), Filer(world)
        other.account, other.token = filer.account, filer.token
        await other.told_the_right()
        urls = [taobao(fresh_item()) for _ in range(310)]
        rows = [
            _row(filer, url, reason="counterfeit" if n % 2 else "obvious_counterfeit") for n, url in enumerate(urls)
        ]
        rows.insert(100, _row(filer, "https://nowhere.example/"))
        rows += [_row(other, taobao(fresh_item())) for _ in range(5)]
        _, taken = await _send(world, filer, _csv(rows))
        done = await _finished(world, filer, taken["import_id"])
        assert (done["cases"], done["refused"]) == (305, 11)
        lines = await _lines(world, filer, taken["import_id"])
        codes = [problem["code"] for line in lines.values() for problem in line["problems"]]
        assert codes.count("beyond-limit") == 10


async def test_what_was_begun_before_the_end_of_a_process_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API takes the file and ends; then workers come and go; every row is filed once in the end."""
    monkeypatch.setattr(commands, "BATCH_ROWS", 120)
    filers = [Filer(world) for _ in range(4)]
    filer = filers[0]
    for each in filers[1:]:
        each.account, each.token = filer.account, filer.token
    async with running(Settings.read(world.env), frozenset({ProcessRole.API, ProcessRole.REACTIONS})):
        await filer.known()
        for each in filers[1:]:
            await each.told_the_right()
        for each in filers:
            assert (await each.file(taobao(fresh_item())))[0] == 201  # intake knows the account and the right
    async with running(Settings.read(world.env), frozenset({ProcessRole.API})):
        rows = [_row(filers[n % 4], taobao(fresh_item())) for n in range(450)]
        before = len(await _cases(world, filer))
        _, taken = await _send(world, filer, _csv(rows))
        _, seen = await world.call("GET", f"/v1/bulk-submissions/{taken['import_id']}", filer.token)
        assert (seen["status"], seen["done"]) == ("under_way", 0)
        assert any("_complaints_cn" in name for name in await _sealed(world, filer))

    async with AsyncExitStack() as first:
        await first.enter_async_context(running(Settings.read(world.env), ALL_ROLES))

        async def some() -> bool:
            _, seen = await world.call("GET", f"/v1/bulk-submissions/{taken['import_id']}", filer.token)
            return bool(seen["done"])

        await world.until(some, 60)
    async with running(Settings.read(world.env), ALL_ROLES):
        done = await _finished(world, filer, taken["import_id"], 120)
        assert (done["cases"], done["refused"]) == (450, 0)
        assert len(set(await _cases(world, filer))) == before + 450
        assert len(await _lines(world, filer, taken["import_id"])) == 450
        assert await _waiting(world, taken["import_id"]) == 0  # the rows themselves are gone


async def _sealed(world: World, filer: Filer) -> list[str]:
    return list(await raw.sealed_for(world.stack.mongo_url, filer.account))


async def _waiting(world: World, import_id: str) -> int:
    """Rows of a file that can still be opened, in either region."""
    count = 0
    for name in ("complaints", "complaints_cn"):
        database = connect(world.stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_{name}")
        found = await database.collection("vault.sealed").find({}, fields=("place", "ciphertext"))
        count += sum(f"bulk/{import_id}/" in each["place"] and each["ciphertext"] is not None for each in found)
        database.close()
    return count


async def test_others_see_nothing_of_a_file(world: World) -> None:
    async with running(Settings.read(world.env), ALL_ROLES):
        filer, stranger = await Filer(world).known(), Filer(world)
        _, taken = await _send(world, filer, _csv([_row(filer, taobao(fresh_item()))]))
        path = f"/v1/bulk-submissions/{taken['import_id']}"
        for token, status in ((stranger.token, 404), ("", 401), (world.token("stf-1", Role.REVIEWER), 200)):
            assert (await world.call("GET", path, token))[0] == status
            url = f"http://127.0.0.1:{world.port}{path}/report"
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with world.http.get(url, headers=headers) as response:
                assert response.status == status
        _, listed = await world.call("GET", "/v1/bulk-submissions", filer.token)
        assert [each["import_id"] for each in listed["imports"]] == [taken["import_id"]]
        _, none = await world.call("GET", "/v1/bulk-submissions", stranger.token)
        assert none["imports"] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"platform,url\nx,y\n", "columns-missing"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xff", "encoding-unknown"),
        (_csv([]), "file-empty"),
        (b"\n".join([b",".join(name.encode() for name in HEADER), *[b"a,b,c,d,e"] * 100_001]), "too-many-rows"),
    ],
)
async def test_a_file_that_is_none_is_refused_and_nothing_of_it_is_kept(
    world: World, content: bytes, code: str
) -> None:
    async with running(Settings.read(world.env), frozenset({ProcessRole.API})):
        filer = Filer(world)
        status, answer = await _send(world, filer, content)
        assert (status, answer["code"]) == (422, code)
        assert await _sealed(world, filer) == []
