"""A dry run says what filing then does, on random submissions, and leaves nothing behind."""

import asyncio
import os
import random
from typing import Any

import pytest

from services.complaints.intake.api import dry_run_view, not_qualified_view, submission_view
from services.complaints.intake.checks import Notice
from services.complaints.intake.findings import NotQualified, NotYetKnown
from shared.eventstore.aggregate import Receipt
from shared.mongo import Database
from tests.integration.services.test_intake_crashes import CAUSE, Desk, _answer, _desk
from tests.support.complaints import STATEMENTS

SUBMISSIONS = int(os.environ.get("IPP_DRY_RUNS", "1000"))  # the slower store takes minutes for ten thousand
SEED = 20_261_124
_AT_ONCE = 200
_URLS = (
    *("https://item.taobao.com/item.htm?id={n}", "https://m.intl.taobao.com/detail/detail.html?id={n}"),
    *("https://detail.tmall.com/item.htm?id={n}", "https://www.aliexpress.com/item/{n}.html"),
    *("https://detail.1688.com/offer/{n}.html", "https://www.lazada.sg/products/-i{n}.html"),
    *("https://item.taobao.com/item.htm?id=0{n}", "https://nowhere.example/{n}", "item.taobao.com/item.htm?id={n}"),
    *("https://shop{n}.taobao.com/", "https://s.click.taobao.com/{n}", ""),
)


def _draw(rng: random.Random) -> tuple[Notice, str]:
    """Mostly good, wrong in every way now and then; listings out of few, so that many meet again."""
    listings = []
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        form = _URLS[0] if rng.random() < 0.6 else rng.choice(_URLS)
        where = () if rng.random() < 0.05 else ("title",)
        listings.append((form.replace("{n}", str(rng.randint(1, 30_000))), where))
    notice = Notice(
        platform=rng.choice(("taobao",) * 12 + ("tmall", "1688", "aliexpress", "lazada", "ebay")),
        complaint_type=rng.choice(("trademark",) * 15 + ("patent", "nonsense")),
        reason=rng.choice(("counterfeit",) * 15 + ("obvious_counterfeit", "too_cheap")),
        listings=tuple(listings),
        has_evidence=rng.random() > 0.03,
        statements=frozenset(STATEMENTS if rng.random() > 0.03 else STATEMENTS[:1]),
    )
    return notice, rng.choice(("rgt-1",) * 30 + ("rgt-unknown",))


async def _dry(desk: Desk, notice: Notice, right_id: str) -> Any:
    try:
        found = await desk.intake.dry_run("acc-1", notice, right_id)
    except NotQualified as refused:
        return not_qualified_view(refused).model_dump()
    except NotYetKnown as unknown:
        return unknown.code
    return dry_run_view(found, [url for url, _ in notice.listings]).model_dump()


async def _filed(desk: Desk, notice: Notice, right_id: str, key: str) -> Any:
    try:
        done = await desk.intake.file("acc-1", notice, right_id, "why", CAUSE, Receipt(key, key, _answer))
    except NotQualified as refused:
        return not_qualified_view(refused).model_dump()
    except NotYetKnown as unknown:
        return unknown.code
    told = submission_view(done.state, [url for url, _ in notice.listings]).model_dump()
    mine = {each["case_id"] for each in told["cases"]}
    cases = [{"row": each["row"], "listing_id": each["listing_id"], "warnings": ()} for each in told["cases"]]
    refused_rows = [
        {**each, "known_case_id": None if each["known_case_id"] in mine else each["known_case_id"]}
        for each in told["refused"]
    ]
    return {"would_file": bool(cases), "problems": [], "cases": cases, "refused": refused_rows}


async def test_a_dry_run_is_what_filing_then_does(fresh_database: Database) -> None:
    desk = await _desk(fresh_database)
    rng = random.Random(SEED)
    drawn = [_draw(rng) for _ in range(SUBMISSIONS)]
    seen: dict[str, int] = {}
    for start in range(0, SUBMISSIONS, _AT_ONCE):
        # Listings that two of the same moment name would race; they go one moment later.
        now, later = _apart(list(enumerate(drawn))[start : start + _AT_ONCE])
        for some in (now, *([each] for each in later)):
            dry = await asyncio.gather(*(_dry(desk, each[0], each[1]) for _, each in some))
            filed = await asyncio.gather(*(_filed(desk, each[0], each[1], f"key-{n}") for n, each in some))
            assert dry == filed
            for each in filed:
                for code in _codes(each):
                    seen[code] = seen.get(code, 0) + 1
    assert seen["filed"] > SUBMISSIONS / 4
    assert len(seen) >= 15, sorted(seen)


def _apart(numbered: list[tuple[int, Any]]) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    named: set[str] = set()
    now: list[tuple[int, Any]] = []
    later: list[tuple[int, Any]] = []
    for number, (notice, right_id) in numbered:
        items = {url.rpartition("=")[2].rpartition("/")[2] for url, _ in notice.listings}
        (later if items & named else now).append((number, (notice, right_id)))
        named |= items
    return now, later


def _codes(told: Any) -> list[str]:
    if isinstance(told, str):
        return [told]
    found = [each["code"] for each in (*told["problems"], *told["refused"])]
    return [*found, "filed"] if told["cases"] else found


async def test_a_dry_run_leaves_nothing_behind(fresh_database: Database) -> None:
    desk = await _desk(fresh_database)
    notice = Notice(
        "taobao", "trademark", "counterfeit", ((_URLS[0].replace("{n}", "1"), ("title",)),), True, frozenset(STATEMENTS)
    )
    for _ in range(3):
        assert (await _dry(desk, notice, "rgt-1"))["would_file"]
    for name in ("submissions", "cases", "evidence"):
        assert await fresh_database.collection(name).count({}) == 0


@pytest.mark.parametrize("files", [("evd-unknown",), ("evd-a", "evd-b")])
async def test_files_that_cannot_be_used_are_told_in_a_dry_run_too(
    fresh_database: Database, files: tuple[str, ...]
) -> None:
    desk = await _desk(fresh_database)
    listings = ((_URLS[0].replace("{n}", "1"), ("title",)),)
    notice = Notice("taobao", "trademark", "counterfeit", listings, True, frozenset(STATEMENTS), files=files)
    told = await _dry(desk, notice, "rgt-1")
    assert (told["would_file"], len(told["problems"])) == (False, len(files))
    assert told == await _filed(desk, notice, "rgt-1", "key-1")
