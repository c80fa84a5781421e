"""Half a year after a demonstration: what is due goes in the daily runs, but for what a legal hold keeps; what went is
told with its reason, and every history still verifies."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from deploy.cli.platform import UP
from deploy.cli.retention import KEEPERS
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD
from shared.kernel.ids import random_id
from shared.mongo import connect
from tests.support.standing import Standing, standing

RULE = "identity-document-verified"
HALF_A_YEAR = timedelta(days=200)
"""Longer than the 180 days of the rule, and than what the demonstration took."""

Ipp = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retention")


@pytest.fixture(scope="module")
def platform(folder: Path) -> Iterator[Standing]:
    with standing(folder / UP, complaints=7, seed=4) as running:
        yield running


@pytest.fixture
def ipp(platform: Standing, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ipp:
    """`ipp("retention", "due")` as if called where the platform runs."""
    for name in ("KAFKA_BOOTSTRAP", "MONGO_URL", "MONGO_URL_CN", "DATABASE_PREFIX", "CLOCK_FILE", "STATE_FOLDER"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"IPP_{name}", raising=False)
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, ["retention", *map(str, arguments)])


def _due(ipp: Ipp, *more: str) -> dict[str, tuple[int, int]]:
    """By rule: how many are due, how many kept back."""
    done = ipp("due", *more)
    assert done.exit_code == 0, done.output
    found = re.findall(r"^\w+ ([\w-]+): (\d+) due, (\d+) kept back$", done.stdout, re.MULTILINE)
    return {rule: (int(due), int(kept)) for rule, due, kept in found}


def _reported(ipp: Ipp) -> dict[str, tuple[int, int]]:
    """Of identity's latest run, by rule: how many were removed, how many kept back."""
    done = ipp("report", "--service", "identity")
    found = re.findall(r"^identity   ([\w-]+): (\d+) removed.*?, (\d+) kept back$", done.stdout, re.MULTILINE)
    return {rule: (int(removed), int(kept)) for rule, removed, kept in found}


class Identity:
    """Called by people, with tokens that live in real time."""

    def __init__(self, platform: Standing) -> None:
        self._platform = platform
        self.operator = self._log_in(OPERATOR, OPERATOR_PASSWORD)
        password = "reviewer of the retention"
        body = {"email": "late@platform.example", "password": password, "roles": ["reviewer"]}
        assert self.call("POST", "/v1/staff", self.operator, body)[0] == 201
        self.reviewer = self._log_in("late@platform.example", password)

    def call(self, method: str, path: str, token: str = "", body: object = None) -> tuple[int, Any]:
        async def answered() -> tuple[int, Any]:
            headers = {"Idempotency-Key": random_id("key")} | ({"Authorization": f"Bearer {token}"} if token else {})
            url = f"{self._platform.stage.addresses['identity']}{path}"
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url, json=body, headers=headers) as answer,
            ):
                is_json = "json" in answer.content_type
                return answer.status, await answer.json(content_type=None) if is_json else await answer.read()

        return self._platform.run(answered())

    def image_of(self, account_id: str) -> int:
        return self.call("GET", f"/v1/accounts/{account_id}/identity/document", self.reviewer)[0]

    def _log_in(self, email: str, password: str) -> str:
        status, said = self.call("POST", "/v1/sessions", body={"email": email, "password": password})
        assert status == 200, said
        return str(said["access_token"])


@pytest.fixture(scope="module")
def identity(platform: Standing) -> Identity:
    return Identity(platform)


@pytest.fixture(scope="module")
def verified(platform: Standing) -> list[str]:
    """Accounts of which an image of a document was sent."""

    async def found() -> list[str]:
        database = connect(platform.stage.stack.mongo_url, f"{platform.stage.scene.database_prefix}_identity")
        try:
            where = {"state.verification": "verified", "state.identity.document_ref": {"$ne": None}}
            return [each["_id"] for each in await database.collection("accounts").find(where, fields=("_id",))]
        finally:
            database.close()

    return asyncio.run(found())


def test_the_daily_runs_go_with_business_time_and_the_rules_are_told(ipp: Ipp, platform: Standing) -> None:
    told = ipp("rules", "--service", "identity")
    assert (told.exit_code, told.stdout.splitlines()[0]) == (0, "version 2026-01, days of Asia/Shanghai")
    assert "identity-email-code: identity account/email-code, 7 days from written, by job" in told.stdout
    assert platform.stage.stepped is not None
    today = (platform.stage.stepped.now() + timedelta(hours=8)).date()

    def done() -> bool:
        report = ipp("report")
        return report.exit_code == 0 and all(f"{each} run {today}" in report.stdout for each in KEEPERS)

    platform.eventually(done)
    assert ipp("report", "--run", "2001-01-01").exit_code == 2


def test_a_look_ahead_changes_nothing(ipp: Ipp, verified: list[str]) -> None:
    assert _due(ipp).get(RULE, (0, 0)) == (0, 0)
    ahead = _due(ipp, "--by", "2031-01-01")
    assert ahead[RULE] == (len(verified), 0)
    assert ahead["complaints-evidence"] == (7, 0)  # one for each submission
    assert _due(ipp, "--by", "2031-01-01") == ahead
    dry = ipp("run", "--dry-run")
    assert (dry.exit_code, RULE in dry.stdout) == (0, False)


def test_what_is_due_goes_but_for_what_a_hold_keeps_and_goes_after_its_release(
    ipp: Ipp, platform: Standing, identity: Identity, verified: list[str]
) -> None:
    held, *others = verified
    assert others
    assert {identity.image_of(each) for each in verified} == {200}
    hold = {"reason": "litigation", "reference": "LH-2026-017", "review_on": "2026-12-01"}
    status, placed = identity.call("POST", f"/v1/accounts/{held}/legal-holds", identity.operator, hold)
    assert (status, placed["held"]) == (201, True)

    clock = platform.stage.stepped
    assert clock is not None
    clock.move_to(clock.now() + HALF_A_YEAR)
    platform.eventually(lambda: _reported(ipp).get(RULE) == (len(others), 1))

    assert identity.image_of(held) == 200
    assert {identity.image_of(each) for each in others} == {410}
    assert _due(ipp, "--by", "2027-01-01")[RULE] == (0, 1)
    told = ipp("report", "--person", others[0]).stdout
    assert "the image of your identity document (1) was removed: 180 days from verified" in told
    assert "because of a legal-hold" in ipp("report", "--person", held).stdout

    release = f"/v1/accounts/{held}/legal-holds/{placed['hold_id']}/release"
    assert identity.call("POST", release, identity.operator, {"reason": "settled"})[0] == 200
    clock.move_to(clock.now() + timedelta(days=1))
    platform.eventually(lambda: _reported(ipp).get(RULE) == (1, 0))

    assert identity.image_of(held) == 410
    asked = ipp("run")
    assert asked.exit_code == 0, asked.output
    assert "0 removed" not in asked.stdout


def test_every_history_still_verifies(ipp: Ipp) -> None:
    done = CliRunner().invoke(app, ["audit", "verify"])
    assert done.exit_code == 0, done.output
