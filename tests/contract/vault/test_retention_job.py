"""The daily run, with the vault's store in memory and the real one; notes and runs are in the real store."""

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from shared.disclosures import DisclosureLog
from shared.eventstore import Cause
from shared.kernel.clock import SteppedClock
from shared.kernel.failures import Transient
from shared.mongo import Database
from shared.policies.retention import RetentionBook
from shared.policies.retention_loading import parse_retention
from shared.retention import Ledger, RetentionJob, Standing, retention_job
from shared.vault import Kept, LocalKeyRing, LocalSecret, NotThere, Removed, Vault, VaultStore

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DAY = timedelta(days=1)
ALICE, BOB = "acc-intl-ALICE", "acc-intl-BOB"
PLACE = "account/phone"
SECRET = LocalSecret(bytes(range(32)))
_RULE = {
    "service": "identity",
    "what": {"en": "your phone number", "zh": "您的电话号码"},
    "purpose": "to register",
    "why": {"en": "asked about for a month", "zh": "一个月内可能被询问"},
    "source": "ours",
    "enforced_by": "job",
}


def _rules(version: str, period: str, shortened: Mapping[str, str] | None = None) -> str:
    rules = {
        "phone": {"place": PLACE, "collection": None, "counts_from": "closed", "period": period},
        "nothing": {"place": "*", "collection": None, "counts_from": "unreferenced", "period": "7 days"},
        "log": {"place": None, "collection": "disclosures", "counts_from": "written", "period": "60 days"},
        "notes": {"place": None, "collection": "retention.removals", "counts_from": "written", "period": "90 days"},
    }
    return yaml.safe_dump(
        {
            "version": version,
            "effective_from": f"{version}-01T00:00:00+08:00",
            "zone": "Asia/Shanghai",
            "shortened": dict(shortened or {}),
            "rules": {name: {**_RULE, **rule} for name, rule in rules.items()},
        }
    )


class Accounts:
    """What is known of them: what histories name, when accounts were closed, who is kept back."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.closed: dict[str, datetime] = {}
        self.held: dict[str, str] = {}
        self.away = False
        self.asked = 0
        self.unreadable: set[str] = set()

    async def judge(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        self.asked += len(kept)
        if any(each.subject in self.unreadable for each in kept):
            raise ValueError("no history")
        return [
            Standing(
                each.subject,
                {"closed": self.closed[each.subject]} if each.subject in self.closed else {},
                each.ref in self.used,
            )
            for each in kept
        ]

    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        if self.away:
            raise Transient("identity is away")
        return {account: self.held[account] for account in accounts if account in self.held}


class Scene:
    def __init__(self, store: VaultStore, database: Database) -> None:
        self.accounts = Accounts()
        self.clock = SteppedClock(MONDAY)
        self.store = store
        self.vault = Vault(store, LocalKeyRing(SECRET), SECRET.derive("blind-index"))
        self.log = DisclosureLog(database, self.clock)
        self.ledger = Ledger(database)
        self.database = database

    def job(self, *files: str, holder: str = "1", store: VaultStore | None = None) -> RetentionJob:
        book = RetentionBook([parse_retention(each) for each in files or (_rules("2026-01", "30 days"),)])
        stores = {"intl": store or self.store}
        judges = {PLACE: self.accounts.judge}
        return retention_job("identity", self.database, stores, judges, book, self.clock, self.accounts, holder=holder)

    async def sealed(self, subject: str, *, used: bool = True, once: str = "") -> str:
        ref = await self.vault.seal(subject, PLACE, b"+86 571 8502 2088", once)
        if used:
            self.accounts.used.add(ref)
        return ref

    async def is_there(self, subject: str, ref: str) -> bool:
        try:
            return await self.vault.open(subject, ref, PLACE) == b"+86 571 8502 2088"
        except Removed:
            return False

    async def told(self, subject: str) -> list[tuple[str, str, int]]:
        return [(entry.rule, entry.because, count) for entry, count in await self.ledger.of_person(subject)]


@pytest.fixture
async def scene(store: VaultStore, fresh_database: Database) -> Scene:
    made = Scene(store, fresh_database)
    await made.log.prepare()
    await made.ledger.prepare()
    return made


async def test_what_is_due_is_removed_on_its_day_and_told(scene: Scene) -> None:
    """Closed on 2 March: 1 April is the last of thirty days."""
    job = scene.job()
    ref, others = await scene.sealed(ALICE), await scene.sealed(BOB)
    scene.accounts.closed[ALICE] = MONDAY
    for day in range(31):
        scene.clock.move_to(MONDAY + day * DAY)
        await job.once_a_day()
        assert await scene.is_there(ALICE, ref), f"removed {day} days after the closing"
    scene.clock.move_to(datetime(2026, 4, 1, 16, 0, tzinfo=UTC))  # 2 April 00:00 in Shanghai

    report = await job.once_a_day()

    assert report is not None
    [line] = report.lines
    assert (line.rule, line.version, line.removed, line.kept_back, line.failed) == ("phone", "2026-01", 1, 0, 0)
    assert (line.oldest, line.newest, line.ground) == (MONDAY, MONDAY, "asked about for a month")
    assert not await scene.is_there(ALICE, ref)
    assert await scene.is_there(BOB, others)
    [(entry, count)] = await scene.ledger.of_person(ALICE)
    assert (entry.rule, entry.version, entry.place, entry.things, count) == ("phone", "2026-01", PLACE, (ref,), 1)
    assert (entry.at, entry.run) == (scene.clock.now(), "2026-04-02")
    assert await scene.told(BOB) == []


async def test_a_period_that_began_late_is_over_on_its_day_all_the_same(scene: Scene) -> None:
    """Looked at while the account was open, and closed between two looks."""
    job = scene.job()
    ref = await scene.sealed(ALICE)
    await job.once_a_day()
    scene.accounts.closed[ALICE] = MONDAY + 20 * DAY  # 22 March: 21 April is the last day
    found = []
    for day in range(60):
        scene.clock.move_to(MONDAY + day * DAY)
        await job.once_a_day()
        found.append(await scene.is_there(ALICE, ref))
    assert found.index(False) == 51  # 2 March and 51 days: 22 April
    assert scene.accounts.asked <= 4


async def test_a_run_a_day_and_nothing_is_asked_while_the_day_lasts(scene: Scene) -> None:
    job = scene.job()
    await scene.sealed(ALICE)
    assert await job.once_a_day() is not None
    asked = scene.accounts.asked
    await scene.sealed(BOB)
    scene.clock.move_to(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    assert await job.once_a_day() is None
    assert await scene.job().once_a_day() is None  # another process, or this one started again
    assert scene.accounts.asked == asked
    scene.clock.move_to(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))
    assert await job.once_a_day() is not None
    assert scene.accounts.asked == asked + 1


async def test_what_no_history_names_goes_after_a_week_without_a_trace_in_the_vault(scene: Scene) -> None:
    job = scene.job()
    ref = await scene.sealed(ALICE, used=False)
    again = await scene.sealed(BOB, used=False, once="key-1")
    await job.once_a_day()
    scene.clock.advance(7 * DAY)
    await job.once_a_day()
    assert await scene.is_there(ALICE, ref)
    assert await scene.sealed(BOB, once="key-1") == again  # the request was repeated, and accepted
    scene.clock.advance(DAY)

    report = await job.once_a_day()

    assert report is not None
    assert [(line.rule, line.removed) for line in report.lines] == [("nothing", 1)]
    with pytest.raises(NotThere):
        await scene.vault.open(ALICE, ref, PLACE)
    assert await scene.is_there(BOB, again)
    assert await scene.told(ALICE) == [("nothing", "", 1)]


async def test_a_hold_defers_and_its_release_lets_the_next_run_remove(scene: Scene) -> None:
    job = scene.job()
    ref = await scene.sealed(ALICE)
    await scene.log.record(ALICE, "contact-owner", "takedown", Cause("notifications"), ground="service")
    scene.accounts.closed[ALICE] = MONDAY
    scene.accounts.held[ALICE] = "legal-hold"
    for days in (61, 62):
        scene.clock.move_to(MONDAY + days * DAY)
        report = await job.once_a_day()
        assert report is not None
        assert [(e.rule, e.removed, e.kept_back) for e in report.lines] == [("log", 0, 1), ("phone", 0, 1)]
        assert await scene.is_there(ALICE, ref)
    del scene.accounts.held[ALICE]
    scene.clock.advance(DAY)

    await job.once_a_day()

    assert not await scene.is_there(ALICE, ref)
    assert await scene.log.of_account(ALICE) == []
    told = await scene.told(ALICE)  # that it is kept back once, and not anew every day
    kept = [("phone", "legal-hold", 1), ("log", "legal-hold", 1)]
    assert sorted(told) == sorted([*kept, ("phone", "", 1), ("log", "", 1)])


async def test_nothing_is_removed_while_nobody_knows_of_holds(scene: Scene) -> None:
    job = scene.job()
    ref = await scene.sealed(ALICE)
    scene.accounts.closed[ALICE] = MONDAY
    scene.accounts.away = True
    scene.clock.advance(31 * DAY)
    with pytest.raises(Transient):
        await job.once_a_day()
    assert await scene.is_there(ALICE, ref)
    scene.accounts.away = False
    assert await job.once_a_day() is not None
    assert not await scene.is_there(ALICE, ref)


class Killed(BaseException):
    """As the process is, without anything caught."""


class DiesAt:
    """A store that dies before or after its removal."""

    def __init__(self, store: VaultStore, *, after: bool) -> None:
        self._store = store
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def remove(self, refs: Sequence[str]) -> int:
        if self._after:
            await self._store.remove(refs)
        raise Killed


@pytest.mark.parametrize("after", [False, True], ids=["before the removal", "between removal and report"])
async def test_a_run_that_was_killed_is_told_once_and_whole(scene: Scene, after: bool) -> None:
    refs = [await scene.sealed(ALICE) for _ in range(3)]
    scene.accounts.closed[ALICE] = MONDAY
    scene.clock.advance(31 * DAY)
    with pytest.raises(Killed):
        await scene.job(store=DiesAt(scene.store, after=after)).once_a_day()
    assert await scene.told(ALICE) == []

    report = await scene.job().once_a_day()

    assert report is not None
    assert [(line.rule, line.removed) for line in report.lines] == [("phone", 3)]
    assert await scene.told(ALICE) == [("phone", "", 3)]
    assert not any([await scene.is_there(ALICE, ref) for ref in refs])
    assert await scene.job().once_a_day() is None


async def test_a_hold_placed_after_a_crash_keeps_what_was_not_removed_yet(scene: Scene) -> None:
    ref = await scene.sealed(ALICE)
    scene.accounts.closed[ALICE] = MONDAY
    scene.clock.advance(31 * DAY)
    with pytest.raises(Killed):
        await scene.job(store=DiesAt(scene.store, after=False)).once_a_day()
    scene.accounts.held[ALICE] = "legal-hold"
    await scene.job().once_a_day()
    assert await scene.is_there(ALICE, ref)
    assert await scene.told(ALICE) == [("phone", "legal-hold", 1)]


async def test_a_run_of_a_living_process_is_left_to_it(scene: Scene) -> None:
    await scene.sealed(ALICE)
    await scene.ledger.begin("2026-03-02", "identity", "2026-01", MONDAY, "1", until=1e12)
    assert await scene.job(holder="2").once_a_day() is None
    assert await scene.job(holder="1").once_a_day() is not None


async def test_one_history_that_cannot_be_read_keeps_no_others(scene: Scene) -> None:
    bad, good = await scene.sealed(ALICE), await scene.sealed(BOB)
    scene.accounts.closed |= {ALICE: MONDAY, BOB: MONDAY}
    scene.accounts.unreadable.add(ALICE)
    scene.clock.advance(31 * DAY)
    report = await scene.job().once_a_day()
    assert report is not None
    assert [(e.rule, e.removed, e.failed) for e in report.lines] == [("phone", 1, 0), ("undecided", 0, 1)]
    assert (await scene.is_there(ALICE, bad), await scene.is_there(BOB, good)) == (True, False)
    scene.accounts.unreadable.clear()
    scene.clock.advance(DAY)
    await scene.job().once_a_day()
    assert not await scene.is_there(ALICE, bad)


async def test_a_place_without_a_rule_is_told_and_kept(scene: Scene) -> None:
    ref = await scene.vault.seal(ALICE, "account/fax", b"1")
    for _ in range(2):
        report = await scene.job().once_a_day()
        assert report is not None
        assert report.without_rule == {"account/fax": 1}
        scene.clock.advance(400 * DAY)
    assert await scene.vault.open(ALICE, ref, "account/fax") == b"1"


async def test_a_preview_says_the_same_and_changes_nothing(scene: Scene) -> None:
    refs = [await scene.sealed(each) for each in (ALICE, ALICE, BOB)]
    scene.accounts.closed |= {ALICE: MONDAY, BOB: MONDAY}
    scene.accounts.held[BOB] = "legal-hold"
    await scene.log.record(ALICE, "contact-owner", "takedown", Cause("notifications"), ground="service")
    before = [await scene.store.get(ref) for ref in refs], await scene.store.to_look_at(MONDAY, 10)

    found = await scene.job().preview(MONDAY + 61 * DAY)

    assert found.removed == {("phone", ALICE): 2, ("log", ALICE): 1}
    assert found.kept_back == {("phone", BOB, "legal-hold"): 1}
    assert ([await scene.store.get(ref) for ref in refs], await scene.store.to_look_at(MONDAY, 10)) == before
    assert await scene.ledger.latest(10) == []
    assert (await scene.job().preview(MONDAY + 30 * DAY)).removed == {}


async def test_another_version_counts_at_once_and_is_named(scene: Scene) -> None:
    ref = await scene.sealed(ALICE)
    files = _rules("2026-01", "30 days"), _rules("2026-03", "10 days", {"phone": "announced in February"})
    scene.accounts.closed[ALICE] = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
    await scene.job(files[0]).once_a_day()
    scene.clock.move_to(datetime(2026, 3, 9, 16, 0, tzinfo=UTC))  # 10 March in Shanghai
    report = await scene.job(*files).once_a_day()
    assert report is not None
    assert [(line.rule, line.version, line.removed) for line in report.lines] == [("phone", "2026-03", 1)]
    assert not await scene.is_there(ALICE, ref)


async def test_notes_of_removals_go_in_their_time_too(scene: Scene) -> None:
    await scene.sealed(ALICE)
    scene.accounts.closed[ALICE] = MONDAY
    scene.clock.advance(31 * DAY)
    await scene.job().once_a_day()
    assert len(await scene.told(ALICE)) == 1
    scene.clock.advance(91 * DAY)
    report = await scene.job().once_a_day()
    assert report is not None
    assert [(line.rule, line.removed) for line in report.lines] == [("notes", 1)]
    assert await scene.told(ALICE) == []


@pytest.mark.parametrize("count", [450])
async def test_many_are_removed_in_pages_and_log_entries_of_one_instant_too(scene: Scene, count: int) -> None:
    refs = [await scene.sealed(ALICE) for _ in range(count)]
    for _ in range(600):
        await scene.log.record(BOB, "contact-owner", "takedown", Cause("notifications"), ground="service")
    scene.accounts.closed[ALICE] = MONDAY
    scene.accounts.held[BOB] = "restriction"
    scene.clock.advance(61 * DAY)
    report = await scene.job().once_a_day()
    assert report is not None
    assert [(e.rule, e.removed, e.kept_back) for e in report.lines] == [("log", 0, 600), ("phone", count, 0)]
    assert report.looked_at == count + 600
    assert await scene.store.there(refs) == set()
    del scene.accounts.held[BOB]
    scene.clock.advance(DAY)
    again = await scene.job().once_a_day()
    assert again is not None
    assert [(e.rule, e.removed) for e in again.lines] == [("log", 600)]
