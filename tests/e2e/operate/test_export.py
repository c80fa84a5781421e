"""A person's export from a running platform: what they typed in and uploaded is in it, and nobody else's."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from deploy.simulator import people
from deploy.simulator.contacts import merchant_email
from deploy.simulator.drawing import make_plan
from deploy.simulator.plan import Account, Plan
from tests.support.standing import Standing

_EVIDENCE = "A test purchase shows that the goods do not come from us."
_PLAN = make_plan(4, 7)  # as `platform` has it


@dataclass(frozen=True)
class Owner:
    """account: as the plan has it; `number`: from 0, in the order of the plan; cases: as complaints lists them."""

    account: Account
    number: int
    token: str
    cases: list[dict[str, Any]]
    archive: zipfile.ZipFile

    def json(self, path: str) -> Any:
        return json.loads(self.archive.read(path))

    @property
    def everything(self) -> bytes:
        return b"\n".join(self.archive.read(name) for name in self.archive.namelist())


async def _asked(platform: Standing, token: str, password: str, account: str = "me") -> tuple[int, str, bytes]:
    url = f"{platform.stage.addresses['identity']}/v1/accounts/{account}/export"
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json={"password": password}, headers=headers) as answer,
    ):
        return answer.status, answer.content_type, await answer.read()


async def _token(platform: Standing, account: Account) -> str:
    body = {"email": account.email, "password": account.password}
    url = f"{platform.stage.addresses['identity']}/v1/sessions"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return str((await answer.json())["access_token"])


async def _cases(platform: Standing, token: str) -> list[dict[str, Any]]:
    url = f"{platform.stage.addresses['complaints']}/v1/cases?limit=200"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        found: list[dict[str, Any]] = (await answer.json())["cases"]
        return found


@pytest.fixture(scope="module")
def plan() -> Plan:
    return _PLAN


@pytest.fixture(scope="module", params=range(len(_PLAN.accounts)), ids=list(_PLAN.accounts))
def owner(platform: Standing, plan: Plan, request: pytest.FixtureRequest) -> Iterator[Owner]:
    number: int = request.param
    account = list(plan.accounts.values())[number]
    token = platform.run(_token(platform, account))
    status, media_type, content = platform.run(_asked(platform, token, account.password))
    assert (status, media_type) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield Owner(account, number, token, platform.run(_cases(platform, token)), archive)


def test_it_is_whole_and_its_manifest_is_true(owner: Owner) -> None:
    assert owner.archive.testzip() is None
    manifest = owner.json("manifest.json")
    named = {each["path"]: each["sha256"] for each in manifest["files"]}
    assert named == {
        name: hashlib.sha256(owner.archive.read(name)).hexdigest()
        for name in owner.archive.namelist()
        if name != "manifest.json"
    }
    assert set(manifest["records"]) == {"identity", "ipr", "complaints", "notifications", "scoring"}


def test_it_holds_what_the_person_typed_in_about_themselves(owner: Owner) -> None:
    [account] = owner.json("identity/account.json")
    assert (account["email"], account["language"]) == (owner.account.email, owner.account.language)
    assert account["verification"]["status"] == "verified"
    details, [image] = people.identity(owner.account, owner.number + 1)
    [identity] = owner.json("identity/identity.json")
    assert {name: identity["details"][name] for name in details} == dict(details)
    assert owner.archive.read(identity["document"]) == image.content
    disclosed = people.disclosed_contact(owner.account)
    [contact] = [each for each in owner.json("identity/contacts.json") if each["set"] == "disclosed"]
    assert {name: contact[name] for name in disclosed} == dict(disclosed)
    assert {each["document"] for each in owner.json("identity/agreements.json")} == {"user-agreement", "privacy-policy"}
    steps = [each["step"] for each in owner.json("identity/history.json")]
    assert steps[0] == "AccountRegistered"
    assert "AccountVerified" in steps


def test_it_holds_every_right_with_its_documents_as_uploaded(owner: Owner, plan: Plan) -> None:
    rights = [right for right in plan.rights.values() if right.account == owner.account.key]
    mine = {right.registration_number: (right, owner.number * 10 + n) for n, right in enumerate(rights)}
    told = {each["registration_number"]: each for each in owner.json("ipr/rights.json")}
    assert set(told) == set(mine)
    for key, (right, number) in mine.items():
        assert (told[key]["registrant"], told[key]["brand"]) == (right.registrant, right.name)
        [document] = told[key]["documents"]
        assert owner.archive.read(document["file"]) == people.right(right, number)[1][0].content
        assert told[key]["history"][0]["step"] == "RightSubmitted"


def test_it_holds_every_case_with_its_records_and_the_texts_that_the_person_wrote(owner: Owner) -> None:
    cases = owner.json("complaints/cases.json")
    assert {each["case_id"]: each["state"] for each in cases} == {e["case_id"]: e["state"] for e in owner.cases}
    assert all(each["records"][0]["step"] == "ComplaintFiled" for each in cases)
    submissions = owner.json("complaints/submissions.json")
    assert {each["submission_id"] for each in submissions} == {each["submission_id"] for each in cases}
    assert {text for each in submissions for text in each["evidence"]} == {_EVIDENCE}
    rows = csv.DictReader(io.StringIO(owner.archive.read("complaints/cases.csv").decode("utf-8-sig")))
    assert {row["case_id"]: row["state"] for row in rows} == {each["case_id"]: each["state"] for each in cases}


def test_it_holds_the_notices_with_their_proofs_and_the_standing_in_the_program(owner: Owner) -> None:
    notices = owner.json("notifications/notices.json")
    assert {each["template"] for each in notices} >= {"email-code", "account-verified", "complaint-received"}
    assert all(each["proofs"] for each in notices if each["status"] == "served")
    [status] = owner.json("scoring/good_faith.json")
    assert status["requests"] == len(owner.cases)


def test_each_holder_has_logged_it_as_a_disclosure_to_the_person_and_shows_it(owner: Owner) -> None:
    for service in ("identity", "ipr", "complaints", "notifications", "scoring"):
        told = owner.json(f"{service}/disclosures.json")[-1]
        assert (told["what"], told["ground"]) == ("everything", "own-request")
        assert told["to"] == told["account"] == owner.json("manifest.json")["account_id"]
    assert owner.json("identity/exports.json")[-1]["outcome"] == "under-way"


def test_it_holds_nothing_of_others(owner: Owner, plan: Plan) -> None:
    everything = owner.everything
    others = [each for each in plan.accounts.values() if each.key != owner.account.key]
    for other in others:
        assert other.email.encode() not in everything
        assert other.name.encode() not in everything
    for merchant in plan.merchants().values():
        assert merchant_email(merchant).encode() not in everything
    for text in (owner.account.password, "staff-", people.OPERATOR):
        assert text.encode() not in everything


def test_nobody_gets_anothers_and_nobody_gets_any_without_the_password(platform: Standing, owner: Owner) -> None:
    wrong = platform.run(_asked(platform, owner.token, "not the password"))
    assert (wrong[0], json.loads(wrong[2])["code"]) == (401, "credentials-wrong")
    for stranger in ("acc-intl-00000000000000000000", "acc-cn-00000000000000000000"):
        refused = platform.run(_asked(platform, owner.token, owner.account.password, stranger))
        assert (refused[0], json.loads(refused[2])["code"]) == (404, "not-found")
