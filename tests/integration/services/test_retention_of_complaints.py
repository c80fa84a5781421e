"""Three years after the last step: complaints removes what was sent in a case, unless identity keeps it back; on the
real broker and store."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Role
from shared.mongo import connect
from shared.retention import Ledger
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import Filer, fresh_item, taobao
from tests.support.evidence import PICTURE, download, uploaded
from tests.support.world import World, world_of

TEXT = "the stitching of the logo differs"
# Withdrawn on Monday 2 March 2026: 2 March 2029 is the last day, a Friday.
LAST_DAY = timedelta(days=1096)


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


@pytest.fixture
async def ledger(world: World) -> AsyncIterator[Ledger]:
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    yield Ledger(database)
    database.close()


async def withdrawn(world: World, filer: Filer) -> tuple[str, str]:
    """A case with a text and a file, and that file."""
    assert (await filer.file(taobao(fresh_item())))[0] == 201  # from then on the account and the right are known
    file = await uploaded(world, filer.token)
    status, filed = await filer.file(taobao(fresh_item()), evidence={"text": TEXT, "files": [file]})
    assert status == 201, filed
    case_id = filed["cases"][0]["case_id"]
    status, _ = await world.call("POST", f"/v1/cases/{case_id}/withdrawal", filer.token, {"reason": "settled"})
    assert status == 200
    return case_id, file


async def readable(world: World, filer: Filer, case_id: str, file: str) -> tuple[bool, bool]:
    """Whether the owner still reads the text, and the file."""
    status, said = await world.call("GET", f"/v1/cases/{case_id}/evidence", filer.token)
    assert status == 200, said
    answer = await download(world, filer.token, f"/v1/cases/{case_id}/evidence/{file}")
    assert answer.status in (200, 410)
    assert (answer.raw == PICTURE) == (answer.status == 200)
    return TEXT in str(said), answer.status == 200


async def run_of(world: World, ledger: Ledger) -> dict[str, tuple[int, int]]:
    """Removed and kept back by rule, in the run of this business day."""
    found: dict[str, Any] = {}
    day = (world.clock.now() + timedelta(hours=8)).date().isoformat()

    async def done() -> bool:
        report = await ledger.run(day)
        if report is None or report.finished_at is None:
            return False
        found.update({line.rule: (line.removed, line.kept_back) for line in report.lines})
        return True

    await world.until(done)
    return found


async def test_what_was_sent_goes_three_years_after_the_end_unless_it_is_kept_back(
    world: World, ledger: Ledger
) -> None:
    free, held = await Filer(world).known(), await Filer(world).known()
    cases = [(filer, *await withdrawn(world, filer)) for filer in (free, held)]
    world.kept_back[held.account] = "legal-hold"  # said by identity alone: the replica here has not heard of it

    world.advance(LAST_DAY)
    assert "complaints-file" not in await run_of(world, ledger)
    assert [await readable(world, *case) for case in cases] == [(True, True), (True, True)]

    world.advance(timedelta(days=1))
    found = await run_of(world, ledger)
    assert (found["complaints-evidence"], found["complaints-file"]) == ((1, 1), (1, 1))
    assert [await readable(world, *case) for case in cases] == [(False, False), (True, True)]
    told = {(entry.rule, entry.about): count for entry, count in await ledger.of_person(free.account)}
    assert told["complaints-file", (cases[0][1].rpartition("-")[0],)] == 1

    status, said = await world.call("GET", "/v1/removals", free.token)
    assert (status, said["subject"]) == (200, free.account)
    [file] = [each for each in said["removals"] if each["rule"] == "complaints-file"]
    assert (file["day"], file["counted_from"], file["period"]) == ("2029-03-03", "2026-03-02", "3 years")
    assert (file["what"]["en"], file["kept_back"]) == ("a file that was sent as evidence", "")
    _, said = await world.call("GET", "/v1/removals", held.token)
    assert {each["kept_back"] for each in said["removals"]} == {"legal-hold"}
    path = f"/v1/removals?subject={free.account}"
    assert (await world.call("GET", path, held.token))[0] == 404
    status, said = await world.call("GET", path, world.token("staff-9", Role.AUDITOR))
    assert (status, len(said["removals"])) == (200, 2)
    assert (await world.call("GET", path, world.token("staff-1", Role.REVIEWER)))[0] == 403

    world.kept_back.clear()
    world.advance(timedelta(days=1))
    found = await run_of(world, ledger)
    assert (found["complaints-evidence"], found["complaints-file"]) == ((1, 0), (1, 0))
    assert [await readable(world, *case) for case in cases] == [(False, False), (False, False)]
