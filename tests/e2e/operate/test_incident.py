"""`ipp incident` on a running platform: a stolen reviewer's token, from the question to the authority's form."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.incidents.touched import LOGS
from deploy.simulator.client import Client
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD, Person
from shared.kernel.clock import FileClock
from shared.mongo import connect
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing

WHO = ("--email", OPERATOR, "--password", OPERATOR_PASSWORD)
SAID = ("--what", "credentials-stolen", "--impact", "identity-misuse", "--measures", "access-revoked")
ALWAYS = ("--since", "2016-01-01", "--until", "2036-01-01")


@pytest.fixture
def clock(platform: Standing) -> FileClock:
    return FileClock(platform.stage.scene.files / "clock")


def _log_of(platform: Standing, service: str) -> list[dict[str, Any]]:
    """What lies in the service's log."""

    async def read() -> list[dict[str, Any]]:
        database = connect(platform.stage.stack.mongo_url, f"{platform.stage.scene.database_prefix}_{service}")
        try:
            return await database.collection("disclosures").find({})
        finally:
            database.close()

    return asyncio.run(read())


@pytest.fixture(scope="session")
def thief(platform: Standing) -> str:
    """The id of a reviewer with whose token two persons' identities and one right were looked at."""
    log = sorted(_log_of(platform, "identity"), key=lambda entry: entry["at"])
    accounts = list(dict.fromkeys(entry["account"] for entry in log))[
        :2
    ]  # others may have come after the demonstration
    assert len(accounts) == 2

    async def steal() -> str:
        async with Client(platform.stage.addresses) as client:
            operator = Person(client, OPERATOR, OPERATOR_PASSWORD)
            reviewer = Person(client, "stolen@platform.example", "a reviewer's password")
            body = {"email": reviewer.email, "password": reviewer.password, "roles": ["reviewer"]}
            added = await operator.post("identity", "/v1/staff", body, "key-of-the-stolen-reviewer")
            for account in accounts:
                await reviewer.get("identity", f"/v1/accounts/{account}/identity")
            found = await operator.get("complaints", "/v1/cases?limit=1")
            await reviewer.get("ipr", f"/v1/rights/{found['cases'][0]['right_id']}")
            return str(added["staff_id"])

    return asyncio.run(steal())


def _json(ipp: Ipp, *arguments: object, status: int = 0) -> Any:
    done = ipp("incident", *arguments, "--json")
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def _records(answer: Mapping[str, Any]) -> int:
    return sum(kind["records"] for person in answer["persons"] for kind in person["kinds"])


def test_the_answer_has_every_entry_of_all_logs_by_actor_service_account_and_time(
    platform: Standing, ipp: Ipp, thief: str
) -> None:
    logs = {service: _log_of(platform, service) for service in LOGS}
    every = [entry for log in logs.values() for entry in log]
    assert logs["identity"]
    assert logs["ipr"]  # reviewers looked at rights, notices named certificates

    everything = _json(ipp, "query", *ALWAYS)
    assert _records(everything) == len(every)
    assert {person["subject"] for person in everything["persons"]} == {entry["account"] for entry in every}

    some = next(entry for entry in every if entry["to"] == thief)
    of_actor = _json(ipp, "query", *ALWAYS, "--actor", thief)
    assert (_records(of_actor), of_actor["records_by_service"]) == (3, {"identity": 2, "ipr": 1, "complaints": 0})
    kinds = [kind["what"] for person in of_actor["persons"] for kind in person["kinds"]]
    assert sorted(kinds) == ["identity-details"] * 2 + ["right-registrant"]
    of_account = _json(ipp, "query", *ALWAYS, "--account", some["account"])
    [person] = of_account["persons"]
    assert person["subject"] == some["account"]
    assert sum(kind["records"] for kind in person["kinds"]) == sum(e["account"] == some["account"] for e in every)
    of_ipr = _json(ipp, "query", *ALWAYS, "--service", "ipr")
    assert (_records(of_ipr), set(of_ipr["records_by_service"])) == (len(logs["ipr"]), {"ipr"})

    instant: datetime = some["at"]
    within = ("--since", instant.isoformat(), "--until", (instant + timedelta(seconds=1)).isoformat())
    of_second = _json(ipp, "query", *within)
    assert _records(of_second) == sum(instant <= e["at"] < instant + timedelta(seconds=1) for e in every)


def test_a_merchant_who_got_a_contact_in_a_letter_is_found_as_an_actor(platform: Standing, ipp: Ipp) -> None:
    passed = [entry for entry in _log_of(platform, "identity") if entry.get("passed_to")]
    assert passed
    assert {entry["what"] for entry in passed} == {"contact-disclosed"}
    assert all(entry["about"].startswith("IPP-") for entry in passed)
    merchant = passed[0]["passed_to"]
    answer = _json(ipp, "query", *ALWAYS, "--actor", merchant)
    assert passed[0]["account"] in {person["subject"] for person in answer["persons"]}


def test_a_copied_store_is_everybody_with_something_sealed_there(ipp: Ipp) -> None:
    answer = _json(ipp, "query", *ALWAYS, "--store", "ipr")
    kinds = {kind["what"] for person in answer["persons"] for kind in person["kinds"]}
    assert {"right-registrant", "right-document"} <= kinds
    assert any("keys of" in note and "local-" in note for note in answer["notes"])
    one = answer["persons"][0]["subject"]
    assert len(_json(ipp, "query", *ALWAYS, "--store", "ipr", "--account", one)["persons"]) == 1


def test_from_the_question_to_the_notices_and_the_form(
    platform: Standing, ipp: Ipp, tmp_path: Path, clock: FileClock, thief: str
) -> None:
    file = tmp_path / "answer.json"
    until = (clock.now() + timedelta(seconds=1)).isoformat()
    asked = ("--since", "2016-01-01", "--until", until, "--actor", thief)
    done = ipp("incident", "query", *asked, "--out", file)
    assert done.exit_code == 0, done.output
    persons = len({person["subject"] for person in json.loads(file.read_text())["persons"]})
    assert f"{persons} accounts, 0 others" in done.stdout

    opened = _json(ipp, "open", "--from-query", file, *SAID, *WHO)
    assert (opened["state"], opened["notices"]["listed"], opened["unknown"]) == ("declared", persons, [])
    again = _json(ipp, "open", "--from-query", file, *SAID, *WHO)
    assert again == opened
    incident_id = opened["incident_id"]

    wrong = ipp("incident", "notify", incident_id, "--persons", persons + 1, *WHO)
    assert (wrong.exit_code, "list-differs" in wrong.output) == (2, True)
    assert _json(ipp, "notify", incident_id, "--persons", persons, *WHO)["state"] == "notified"

    def all_served() -> bool:
        return bool(_json(ipp, "show", incident_id, *WHO, status=1)["notices"]["served"] == persons)

    platform.eventually(all_served)
    shown = ipp("incident", "show", incident_id, *WHO)
    assert (shown.exit_code, "the authority" in shown.stdout) == (1, True)
    at = clock.now().isoformat()
    done = ipp("incident", "informed", incident_id, "--authority", "cac", "--at", at, *WHO)
    assert done.exit_code == 0, done.output
    assert ipp("incident", "show", incident_id, *WHO).exit_code == 0
    assert _json(ipp, "close", incident_id, *WHO)["state"] == "closed"
    assert incident_id in {each["incident_id"] for each in _json(ipp, "list", *WHO)}

    done = ipp("incident", "report", incident_id, "--out", tmp_path / "report", *WHO)
    assert done.exit_code == 0, done.output
    form = (tmp_path / "report.md").read_text()
    assert f"served: {persons}, failed: 0, open: 0" in form
    assert f"rights holders and agents: {persons}" in form
    assert "72 h mark: " in form
    assert "within the 72 h" in form
    assert json.loads((tmp_path / "report.json").read_text())["incident_id"] == incident_id
    # nothing of any person: neither who it was nor whose data
    for text in (form, (tmp_path / "report.json").read_text()):
        assert not re.search(r"acc-(cn|intl)-|@(?!alibaba-inc)", text)
        assert thief not in text


def test_bad_input_ends_with_one_line_and_2(ipp: Ipp, tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    nobody = ipp("incident", "query", *ALWAYS, "--actor", "staff-NOBODY", "--out", empty)
    assert (nobody.exit_code, "0 accounts" in nobody.stdout) == (1, True)
    broken = tmp_path / "broken.json"
    broken.write_text('{"question": 1}')
    cases: list[tuple[object, ...]] = [
        ("query", "--since", "2026-03-02", "--until", "2026-03-01"),
        ("query", "--since", "2026-03-02", "--until", "2026-03-02"),
        ("query", "--since", "yesterday", "--until", "2026-03-02"),
        ("query", *ALWAYS, "--store", "ipr", "--actor", "staff-1"),
        ("open", "--from-query", empty, *SAID, *WHO),
        ("open", "--from-query", broken, *SAID, *WHO),
        ("open", "--from-query", tmp_path / "missing.json", *SAID, *WHO),
        ("notify", "inc-NONE", "--persons", "1", *WHO),
        ("show", "inc-NONE", *WHO),
        ("close", "inc-NONE", *WHO),
        ("report", "inc-NONE", "--out", tmp_path / "form", *WHO),
        ("informed", "inc-NONE", "--authority", "cac", "--at", "then", *WHO),
        ("list", "--email", OPERATOR, "--password", "a wrong password"),
        ("list", "--email", "nobody@platform.example", "--password", "a wrong password"),
    ]
    for arguments in cases:
        done = ipp("incident", *arguments)
        assert (done.exit_code, len(done.stderr.strip().splitlines())) == (2, 1), (arguments, done.output)
    assert not (tmp_path / "form.md").exists()


def test_ids_that_are_no_accounts_are_named_and_a_code_that_is_none_is_refused(ipp: Ipp, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    kinds = [{"what": "phone", "records": 1}]
    answer = {
        "question": {"account": "acc-intl-GONE", "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
        "persons": [{"subject": "acc-intl-GONE", "kinds": kinds}, {"subject": "m-taobao-1", "kinds": kinds}],
        "records_by_service": {"identity": 2},
    }
    file.write_text(json.dumps(answer))
    opened = _json(ipp, "open", "--from-query", file, *SAID, "--at", "2026-01-02T01:00", *WHO, status=1)
    assert opened["unknown"] == ["acc-intl-GONE"]
    assert opened["extent"]["persons"] == 1
    assert opened["extent"]["others"] == 1
    odd = ipp("incident", "open", "--from-query", file, "--what", "odd", *SAID[2:], *WHO)
    assert (odd.exit_code, "body-not-valid" in odd.output) == (2, True)
