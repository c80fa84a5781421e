"""What each service tells identity of a person: all of theirs, nothing of others, and to identity alone."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.complaints import settings as of_complaints
from services.complaints import wiring as complaints
from services.ipr import settings as of_ipr
from services.ipr import wiring as ipr
from services.notifications import settings as of_notifications
from services.notifications import wiring as notifications
from services.scoring import settings as of_scoring
from services.scoring import wiring as scoring
from shared.access import Role
from shared.contracts.complaints import cases, takedowns
from shared.contracts.identity import accounts
from shared.contracts.marketplaces import acknowledgements
from shared.contracts.notifications import deliveries
from shared.exports import ASKED_BY, Entry, EntryReader, Original, Record
from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.runtime.process import ALL_ROLES
from shared.vault import LocalKeyRing, LocalSecret, MongoVaultStore, Vault
from tests.integration.services.test_bulk import _csv, _finished, _row, _send
from tests.integration.services.test_ipr import CERTIFICATE, TRADEMARK, Owner
from tests.support.certificates import PNG
from tests.support.complaints import Filer, fresh_item, taobao, uphold
from tests.support.evidence import PHOTO, PICTURE, uploaded
from tests.support.world import World, world_of

STRANGER = "acc-intl-00000000000000000000"
Running = Callable[[World], AbstractAsyncContextManager[Any]]


def _env(world: World) -> Mapping[str, str]:
    """Nobody else is there; mail goes nowhere."""
    nowhere = "http://127.0.0.1:9"
    return {
        **world.env,
        "IPP_IDENTITY_URL": nowhere,
        "IPP_IPR_URL": nowhere,
        "IPP_COMPLAINTS_URL": nowhere,
        "IPP_MARKETPLACE_CONTACT_URL": nowhere,
        "IPP_SMTP_HOST": "127.0.0.1",
        "IPP_SMTP_PORT": "9",
        "IPP_SERVICE_SECRET": "made up",
    }


SERVICES: Mapping[str, Running] = {
    "complaints": lambda world: complaints.running(of_complaints.Settings.read(_env(world)), ALL_ROLES),
    "ipr": lambda world: ipr.running(of_ipr.Settings.read(_env(world)), ALL_ROLES),
    "notifications": lambda world: notifications.running(of_notifications.Settings.read(_env(world)), ALL_ROLES),
    "scoring": lambda world: scoring.running(of_scoring.Settings.read(_env(world)), ALL_ROLES),
}


@asynccontextmanager
async def _world(service: str, stack: LocalStack, folder: Path) -> AsyncIterator[World]:
    async with world_of(service, stack, folder) as world, SERVICES[service](world):
        yield world


async def _told(world: World, service: str, account: str) -> list[Entry]:
    """As identity reads it."""
    token = world.token(ASKED_BY, Role.SERVICE)
    url = f"http://127.0.0.1:{world.port}/v1/internal/accounts/{account}/export"
    reader, found = EntryReader(service, account), []
    async with world.http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
        async for piece in answer.content.iter_any():
            found += list(reader.feed(piece))
    reader.close()
    return found


def _of(entries: list[Entry], table: str) -> list[Mapping[str, Any]]:
    return [each.record for each in entries if isinstance(each, Record) and each.table == table]


@pytest.mark.parametrize("service", SERVICES)
async def test_only_identity_is_told_and_of_who_is_not_known_there_is_nothing(
    service: str, stack: LocalStack, tmp_path: Path
) -> None:
    async with _world(service, stack, tmp_path) as world:
        path = f"/v1/internal/accounts/{STRANGER}/export"
        assert (await world.call("GET", path))[0] == 401
        denied = [
            world.token("service:notifications", Role.SERVICE),
            world.token(STRANGER, Role.COMPLAINANT, account=STRANGER),
            world.token("staff-1", Role.REVIEWER, Role.OPERATOR, Role.AUDITOR),
            world.token(ASKED_BY, Role.OPERATOR),  # the name alone is not enough
            world.merchant_token(ASKED_BY, "IPP-1-001"),
        ]
        for token in denied:
            status, problem = await world.call("GET", path, token)
            assert (status, problem["code"]) == (403, "not-allowed")
        database = connect(world.stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_{service}")
        assert await database.collection("disclosures").count({}) == 0  # who was refused was given nothing

        [record] = await _told(world, service, STRANGER)
        assert isinstance(record, Record)
        assert record.table == "disclosures"
        assert {name: record.record[name] for name in ("account", "what", "purpose", "ground", "to")} == {
            "account": STRANGER,
            "what": "everything",
            "purpose": "export",
            "ground": "own-request",
            "to": STRANGER,
        }
        database.close()


async def test_complaints_tells_every_case_with_what_the_person_wrote_and_not_the_other_side(
    stack: LocalStack, tmp_path: Path
) -> None:
    async with _world("complaints", stack, tmp_path) as world:
        filer, other = await Filer(world).known(), await Filer(world).known()
        await other.file(taobao(fresh_item()), evidence={"text": "of somebody else"})
        status, filed = await filer.file(taobao(fresh_item()), taobao(fresh_item()), evidence={"text": "=my evidence"})
        assert status == 201
        [first, second] = [each["case_id"] for each in filed["cases"]]
        await _disputed(world, filer, first, filed["cases"][0]["listing_id"])
        await _supplemented(world, filer, second)

        told = await _told(world, "complaints", filer.account)

        [submission] = _of(told, "submissions")
        assert (submission["submission_id"], submission["evidence"]) == (filed["submission_id"], ["=my evidence"])
        found = {each["case_id"]: each for each in _of(told, "cases")}
        assert {case_id: each["state"] for case_id, each in found.items()} == {
            first: "disputed",
            second: "under_review",
        }
        steps = {each["step"]: each for each in found[first]["records"]}
        assert steps["DisputeOpened"]["details"]["written_by_you"] == ["they are no goods of ours"]
        assert steps["CounterNotified"]["by"] == "merchant"
        assert steps["CounterNotified"]["details"]["statement_of_the_other_side"] == "left out"
        assert (steps["ComplaintUpheld"]["by"], steps["ComplaintFiled"]["by"]) == ("platform", "owner")
        [supplement] = [each for each in found[second]["records"] if each["step"] == "SupplementReceived"]
        assert supplement["details"]["written_by_you"] == ["a photograph"]
        raw = repr(told)
        for text in ("bought in good faith", "of somebody else", other.account, "staff-1", "vlt-"):
            assert text not in raw


async def _disputed(world: World, filer: Filer, case_id: str, listing: str) -> None:
    await uphold(world, case_id)
    command = await world.until_heard("takedowns.taobao.v1", listing, takedowns.RemoveListing)
    removed = acknowledgements.ListingRemoved(
        command_id=command.data["command_id"], listing_id=listing, merchant_id="m-1", at=world.clock.now()
    )
    await world.tell("takedown-acks.taobao.v1", listing, removed)
    await world.until_heard(cases.TOPIC.name, case_id, cases.ListingTakenDown)
    await _served(world, case_id, "merchant", "m-1", "takedown")
    path = f"/v1/cases/{case_id}/counter-notification"
    body = {"statement": "bought in good faith; call Li Lei"}
    status, said = await world.call("POST", path, world.merchant_token("m-1", case_id), body)
    assert (status, said["state"]) == (200, "countered")
    await _served(world, case_id, "owner", filer.account, "counter-received")
    answer = {"response": "reject", "statement": "they are no goods of ours"}
    status, said = await world.call("POST", f"/v1/cases/{case_id}/counter-response", filer.token, answer)
    assert (status, said["state"]) == (200, "disputed")


async def _supplemented(world: World, filer: Filer, case_id: str) -> None:
    token = world.token("staff-1", Role.REVIEWER)
    await world.call("POST", "/v1/review/claims", token, {"case_ids": [case_id]})
    body = {"decision": "request_supplement", "missing": ["photographs"]}
    status, said = await world.call("POST", f"/v1/cases/{case_id}/decision", token, body)
    assert (status, said["state"]) == (200, "awaiting_supplement"), said
    await _served(world, case_id, "owner", filer.account, "supplement-requested")
    status, said = await world.call("POST", f"/v1/cases/{case_id}/supplement", filer.token, {"text": "a photograph"})
    assert (status, said["state"]) == (200, "under_review")


async def _served(world: World, case_id: str, party: str, recipient: str, template: str) -> None:
    served = deliveries.NoticeServed.model_validate(
        {
            "notice_id": random_id("ntc"),
            "about": case_id,
            "about_kind": "case",
            "party": party,
            "recipient_id": recipient,
            "template": template,
            "language": "en",
            "cause_id": f"case/{case_id}/1",
            "channel": "email",
            "served_at": world.clock.now(),
        }
    )
    await world.tell(deliveries.TOPIC.name, case_id, served, subject=served.notice_id)
    await world.until_heard(cases.TOPIC.name, case_id, cases.NoticeServed)
    world.advance(timedelta(minutes=1))


async def test_ipr_tells_every_right_and_every_document_also_of_a_round_that_failed(
    stack: LocalStack, tmp_path: Path
) -> None:
    async with _world("ipr", stack, tmp_path) as world:
        owner, other = await Owner(world).known(), await Owner(world).known()
        await other.submitted(registrant="Somebody Else Ltd.")
        right_id = await owner.submitted()
        await owner.decide(right_id, "failed", "certificate-unclear")
        again = {**TRADEMARK, "registrant": "Acme Widgets Incorporated"}
        status, said, _ = await owner.send(
            again, (("certificate", "again.png", PNG),), path=f"/v1/rights/{right_id}/submission"
        )
        assert status == 200, said

        told = await _told(world, "ipr", owner.account)

        files = {each.path: each.content for each in told if isinstance(each, Original)}
        assert files == {
            f"{right_id}/1-certificate.pdf": CERTIFICATE[2],
            f"{right_id}/2-certificate.png": PNG,
        }
        [right] = _of(told, "rights")
        assert (right["registrant"], right["brand"]) == ("Acme Widgets Incorporated", "Acme Sport")
        assert [each["file"] for each in right["documents"]] == [f"files/ipr/{right_id}/2-certificate.png"]
        first, _, second = right["history"]
        assert (first["step"], first["by"], first["details"]["registrant"]) == (
            "RightSubmitted",
            "owner",
            "Acme Widgets Inc.",
        )
        assert first["details"]["documents"][0]["file"] == f"files/ipr/{right_id}/1-certificate.pdf"
        assert second["details"]["registrant"] == "Acme Widgets Incorporated"
        for text in ("Somebody Else", "Zhang San", "vlt-", "staff-1"):
            assert text not in repr(told)


async def test_what_was_removed_is_told_as_removed(stack: LocalStack, tmp_path: Path) -> None:
    async with _world("ipr", stack, tmp_path) as world:
        owner = await Owner(world).known()
        right_id = await owner.submitted()
        state = tmp_path / "state" / "ipr"
        database = connect(stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_ipr")
        secret = LocalSecret.from_file(state / "secret")
        vault = Vault(MongoVaultStore(database), LocalKeyRing(secret, state), secret.derive("blind-index"))
        stored = await database.collection("rights").find_one({"_id": right_id})
        assert stored is not None
        ref = stored["state"]["documents"][0]["ref"]
        assert await vault.remove(owner.account, "right/document", [ref]) == 1

        told = await _told(world, "ipr", owner.account)
        assert [each for each in told if isinstance(each, Original)] == []
        [right] = _of(told, "rights")
        assert right["documents"][0]["file"] == "removed"
        assert right["registrant"] == "Acme Widgets Inc."

        await vault.forget(owner.account)
        [right] = _of(await _told(world, "ipr", owner.account), "rights")
        assert (right["registrant"], right["brand"]) == ("removed", "removed")
        assert right["name"] == "ACME"
        database.close()


async def test_notifications_tells_the_notices_to_the_person_and_not_those_to_the_other_side(
    stack: LocalStack, tmp_path: Path
) -> None:
    async with _world("notifications", stack, tmp_path) as world:
        account, case_id = random_id("acc-intl"), random_id("CASE")
        for kind in (cases.ComplaintFiled, cases.ComplaintUpheld, cases.ListingTakenDown):
            [example] = [each for each in cases.TOPIC.examples if type(each) is kind]
            known = {"case_id": case_id, "account_id": account, "merchant_id": "m-1"}
            await world.tell(cases.TOPIC.name, case_id, example.model_copy(update=known))
        database = connect(stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_notifications")

        async def planned() -> bool:
            return await database.collection("notices").count({"ix.account": account, "state.party": "merchant"}) > 0

        await world.until(planned)
        told = _of(await _told(world, "notifications", account), "notices")
        assert {each["about"] for each in told} == {case_id}
        assert "complaint-received" in {each["template"] for each in told}
        assert "takedown" not in {each["template"] for each in told}
        assert "address" not in repr([each["facts"] for each in told])
        database.close()


async def test_an_account_that_is_known_and_has_nothing_gives_nothing(stack: LocalStack, tmp_path: Path) -> None:
    async with _world("complaints", stack, tmp_path) as world:
        account = random_id("acc-intl")
        await world.tell(accounts.TOPIC.name, account, accounts.EmailVerified(account_id=account))
        told = await _told(world, "complaints", account)
        assert [each.table for each in told if isinstance(each, Record)] == ["disclosures"]


async def test_complaints_tells_the_files_that_the_person_sent_used_or_not_and_rows_of_files_of_complaints(
    stack: LocalStack, tmp_path: Path
) -> None:
    async with _world("complaints", stack, tmp_path) as world:
        filer, other = await Filer(world).known(), await Filer(world).known()
        used = await uploaded(world, filer.token, PHOTO, "photo.jpg")
        loose = await uploaded(world, filer.token)
        await uploaded(world, other.token, PHOTO, "photo.jpg")
        evidence = {"text": "see the photograph", "files": [used]}
        status, filed = await filer.file(taobao(fresh_item()), evidence=evidence)
        assert status == 201, filed
        rows = [_row(filer, taobao(fresh_item()), reference="row A"), _row(filer, "no address", reference="row B")]
        status, taken = await _send(world, filer, _csv(rows))
        assert status in (201, 202), taken
        await _finished(world, filer, taken["import_id"])

        told = await _told(world, "complaints", filer.account)

        files = {each.path: each.content for each in told if isinstance(each, Original)}
        assert files == {f"evidence/{used}.jpg": PHOTO, f"evidence/{loose}.png": PICTURE}
        known = {each["evidence_id"]: each for each in _of(told, "evidence")}
        assert known[used]["file"] == f"files/complaints/evidence/{used}.jpg"
        assert (known[used]["status"], known[loose]["status"]) == ("attached", "kept")
        [case] = [each for each in _of(told, "cases") if each["submission_id"] == filed["submission_id"]]
        assert case["records"][0]["details"]["files"] == [used]
        [imported] = _of(told, "bulk_imports")
        assert (imported["rows"], imported["cases"], imported["refused"]) == (2, 1, 1)
        outcomes = _of(told, "bulk_outcomes")
        assert {(each["reference"], bool(each["case_id"])) for each in outcomes} == {("row A", True), ("row B", False)}
        assert _of(told, "bulk_rows") == []  # what was filed is in its submission
