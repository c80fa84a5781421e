"""Notifications by itself on the real broker and store, with a real SMTP server and its peers over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from deploy.local.stack import LocalStack
from services.notifications.settings import Settings
from services.notifications.wiring import running
from shared.access import Role, Verifier
from shared.access.verifier import fetch_key_set
from shared.contracts.complaints import cases
from shared.contracts.envelope import Envelope, encode
from shared.contracts.identity import accounts, incidents
from shared.contracts.notifications import deliveries
from shared.contracts.scoring import goodfaith
from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.runtime.process import ALL_ROLES
from tests.support.mailbox import Mailbox
from tests.support.peers import SECRET, PeerServer
from tests.support.world import World, world_of

RIGHT = "rgt-8Y1D6ZK4W0QF3M7XB2NC"


@dataclass
class Scene:
    """A case with an owner and a merchant whom the peers know."""

    world: World
    mailbox: Mailbox
    peers: PeerServer
    settings: Settings
    account: str
    case: str
    merchant: str

    @property
    def owner_token(self) -> str:
        return self.world.token(self.account, Role.COMPLAINANT, account=self.account)

    async def tell(self, kind: type[cases.CaseEvent], **more: Any) -> None:
        [example] = [each for each in cases.TOPIC.examples if type(each) is kind]
        known = {"case_id": self.case, "account_id": self.account, "merchant_id": self.merchant}
        await self.world.tell(cases.TOPIC.name, self.case, example.model_copy(update={**known, **more}))

    async def notices(self, token: str = "") -> list[dict[str, Any]]:
        status, body = await self.world.call("GET", f"/v1/notices?about={self.case}", token or self.owner_token)
        assert status == 200
        found: list[dict[str, Any]] = body["notices"]
        return found

    async def until_notices(self, condition: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        async def holds() -> bool:
            return condition(await self.notices())

        await self.world.until(holds)
        return await self.notices()


@pytest.fixture
async def scene(stack: LocalStack, tmp_path: Path) -> AsyncIterator[Scene]:
    mailbox = Mailbox()
    await mailbox.start()
    async with world_of("notifications", stack, tmp_path) as world, PeerServer().running() as peers:
        more = {
            "IPP_IDENTITY_URL": peers.url,
            "IPP_IPR_URL": peers.url,
            "IPP_MARKETPLACE_CONTACT_URL": peers.url,
            "IPP_COMPLAINTS_URL": "https://portal.example",
            "IPP_SERVICE_SECRET": SECRET,
            "IPP_SMTP_HOST": "127.0.0.1",
            "IPP_SMTP_PORT": str(mailbox.port),
        }
        scene = Scene(
            world,
            mailbox,
            peers,
            Settings.read({**world.env, **more}),
            account=random_id("acc-intl"),
            case=f"IPP-{random_id('x')[2:12]}-001",
            merchant=random_id("m"),
        )
        _introduce(scene)
        yield scene
    await mailbox.stop()


def _introduce(scene: Scene) -> None:
    contact = {"name": "Acme Legal", "email": "legal@acme.example", "language": "en"}
    scene.peers.contacts[scene.account, "owner"] = contact
    scene.peers.contacts[scene.account, "disclosed"] = {**contact, "phone": "+1 202 555 0100"}
    scene.peers.contacts[scene.account, "login"] = {"name": "", "email": "owner@acme.example", "language": "en"}
    scene.peers.merchants["taobao", scene.merchant] = {"name": "李氏小店", "email": "shop@s.example", "language": "zh"}
    scene.peers.rights[RIGHT] = {
        "right_id": RIGHT,
        "name": "ACME",
        "registration_number": "1234567",
        "place": "CN",
        "certificates": [{"name": "certificate-1.pdf", "media_type": "application/pdf"}],
    }


async def test_a_takedown_is_told_to_both_and_the_service_of_the_merchants_notice_is_published(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.ListingTakenDown)
        # The first of this group on the session's broker: what other tests filed is planned before.
        heard = scene.world.until_heard(deliveries.TOPIC.name, scene.case, deliveries.NoticeServed, within=120)
        served = await heard
        notices = await scene.until_notices(lambda found: {each["status"] for each in found} == {"served"})
        assert {(each["party"], each["template"]) for each in notices} == {
            ("owner", "taken-down"),
            ("merchant", "takedown"),
        }
        told = [e.data for e in await scene.world.heard(deliveries.TOPIC.name, key=scene.case)]
        [merchant] = [data for data in told if data["party"] == "merchant"]
        assert (merchant["template"], merchant["recipient_id"]) == ("takedown", scene.merchant)
        assert merchant["served_at"] == served.data["served_at"] == "2026-03-02T02:00:00Z"  # business time
        await _the_link_opens_the_case_and_no_other(scene)
        assert "certificate-1.pdf" in scene.mailbox.text("shop@s.example")
        assert "+1 202 555 0100" in scene.mailbox.text("shop@s.example")
        # which merchant got the contact and the certificates, and for which case, is told to whoever logs it
        mine = {(case, merchant) for case, merchant in scene.peers.passed_on if case == scene.case}
        assert mine == {(scene.case, scene.merchant)}  # other tests' cases are on the same broker
    assert scene.peers.tokens_issued == 1
    await _nothing_personal_is_kept(scene)


async def _the_link_opens_the_case_and_no_other(scene: Scene) -> None:
    text = scene.mailbox.text("shop@s.example")
    [link] = [line for line in text.splitlines() if line.startswith("https://portal.example/")]
    [token] = parse_qs(urlsplit(link).query)["token"]
    keys = f"http://127.0.0.1:{scene.world.port}/.well-known/jwks.json"
    actor = await Verifier({"notifications": keys}, "ipp", fetch=fetch_key_set).authenticate(token)
    assert (actor.id, actor.scopes) == (scene.merchant, frozenset({f"case:{scene.case}", f"right:{RIGHT}"}))
    certificates = f"{scene.peers.url}/v1/merchant/rights/{RIGHT}/certificates?token={token}"
    assert certificates in text.splitlines()


async def _nothing_personal_is_kept(scene: Scene) -> None:
    """No address, name or text: neither in documents nor on topics."""
    database = connect(scene.settings.surroundings.mongo_url, scene.settings.surroundings.database)
    documents = await database.collection("notices").find({})
    database.close()
    records = await scene.world.heard(deliveries.TOPIC.name, key=scene.case)
    kept = repr(documents) + orjson.dumps([record.data for record in records]).decode()
    assert documents
    for personal in ("acme.example", "s.example", "Acme", "李氏小店", "555 0100", "token="):
        assert personal not in kept


async def test_a_person_affected_by_an_incident_is_told_at_every_address_and_the_proof_names_the_incident(
    scene: Scene,
) -> None:
    [example] = [each for each in incidents.TOPIC.examples if type(each) is incidents.AccountAffected]
    affected = example.model_copy(update={"account_id": scene.account, "language": "zh"})
    async with running(scene.settings, ALL_ROLES):
        await scene.world.tell(incidents.TOPIC.name, scene.account, affected, subject=f"aff-{scene.account}")
        told = await scene.world.until_heard(deliveries.TOPIC.name, scene.account, deliveries.NoticeServed)

        async def both() -> bool:
            return bool(scene.mailbox.to("legal@acme.example") and scene.mailbox.to("owner@acme.example"))

        await scene.world.until(both)
    incident_id = "inc-4T0ZJ7Y2KQ9XW5C1M8RD"
    assert (told.data["template"], told.data["incident_id"]) == ("incident", incident_id)
    assert told.data["recipient_id"] == scene.account
    text = scene.mailbox.text("owner@acme.example")
    # 000 IV: the basic situation, its possible impact, the measures; and what the person can do, and whom to ask
    for said in (
        incident_id,
        "an access to our platform was stolen and used",
        "2 March 2026 10:00 (Asia/Shanghai)",
        "the image of your document of identity or licence",
        "somebody may pretend to be you",
        "the authority was informed",
        "keep the messages",
        "ipr@alibaba-inc.com",
    ):
        assert said in text


async def test_proof_of_service_is_for_the_owner_and_for_staff(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.ComplaintFiled)
        [notice] = await scene.until_notices(lambda found: [each["status"] for each in found] == ["served"])
        [proof] = notice["proofs"]
        assert proof["message_id"] == f"<{notice['notice_id']}.contact@ipp.example>"
        assert scene.mailbox.to("legal@acme.example")[0]["Message-ID"] == proof["message_id"]
        assert len(await scene.notices(scene.world.token("staff-1", Role.AUDITOR))) == 1
        other = scene.world.token("acc-2", Role.COMPLAINANT, account="acc-2")
        assert await scene.notices(other) == []
        status, problem = await scene.world.call("GET", f"/v1/notices?about={scene.case}")
        assert (status, problem["code"]) == (401, "token-missing")
        status, problem = await scene.world.call("GET", "/v1/notices", scene.owner_token)
        assert (status, problem["code"]) == (422, "query-not-valid")


async def test_a_counter_notification_is_told_at_both_addresses_and_the_first_starts_the_clock(scene: Scene) -> None:
    scene.mailbox.refusals["legal@acme.example"] = "550 5.1.1 no such mailbox"
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.CounterNotified)
        [notice] = await scene.until_notices(lambda found: [each["status"] for each in found] == ["served"])
    assert [proof["address"] for proof in notice["proofs"]] == ["login"]
    assert len(scene.mailbox.to("owner@acme.example")) == 1
    told = await scene.world.heard(deliveries.TOPIC.name, key=scene.case)
    assert [(each.type, each.data["template"]) for each in told] == [(deliveries.NoticeServed.type, "counter-received")]


async def test_a_mailbox_that_does_not_exist_fails_the_notice_and_holds_up_nobody(scene: Scene) -> None:
    scene.mailbox.refusals["shop@s.example"] = "550 5.1.1 no such mailbox"
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.ListingTakenDown)
        failed = await scene.world.until_heard(deliveries.TOPIC.name, scene.case, deliveries.NoticeFailed)
        assert (failed.data["party"], failed.data["cause"]) == ("merchant", "smtp-550")
        await scene.until_notices(lambda found: {each["status"] for each in found} == {"served", "failed"})
        status, backlog = await scene.world.call("GET", "/backlog")
        assert (status, backlog["planned-notices"]) == (200, 0)


async def test_given_the_mail_server_is_down_and_the_service_restarts_then_every_notice_is_served(
    scene: Scene,
) -> None:
    await scene.mailbox.stop()
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.ListingTakenDown)
        await scene.until_notices(lambda found: len(found) == 2)
        _, backlog = await scene.world.call("GET", "/backlog")
        assert backlog["planned-notices"] == 2
    scene.world.advance(timedelta(days=1))
    await scene.mailbox.start()
    async with running(scene.settings, ALL_ROLES):
        notices = await scene.until_notices(lambda found: [each["status"] for each in found] == ["served", "served"])
    assert {each["served_at"] for each in notices} == {"2026-03-03T02:00:00Z"}
    assert {each["planned_at"] for each in notices} == {"2026-03-02T02:00:00Z"}


async def test_given_identity_is_away_then_the_owner_is_told_when_it_is_back(scene: Scene) -> None:
    scene.peers.down.add("/v1/internal/accounts")
    async with running(scene.settings, ALL_ROLES):
        await scene.tell(cases.ComplaintFiled)
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["planned"])
        scene.peers.down.clear()
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["served"])


async def test_a_record_that_comes_twice_is_told_once(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        [example] = [each for each in cases.TOPIC.examples if type(each) is cases.ComplaintFiled]
        filed = example.model_copy(update={"case_id": scene.case, "account_id": scene.account})
        for _ in range(2):
            await scene.world.tell(cases.TOPIC.name, scene.case, filed, sequence=1)
        await scene.tell(cases.ComplaintRejected)
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["served", "served"])
    assert len(scene.mailbox.to("legal@acme.example")) == 2


async def test_an_undecodable_record_is_a_dead_letter_and_the_rest_flows(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        await scene.world.producer.send(cases.TOPIC.name, scene.case.encode(), b"not an event", ())
        await scene.tell(cases.ComplaintFiled)
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["served"])


async def test_a_newer_version_parks_its_case_and_the_others_go_on(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        newer = Envelope(
            id=f"case/{scene.case}/1",
            source="/complaints",
            type=cases.ComplaintFiled.type,
            subject=scene.case,
            time=scene.world.clock.now(),
            dataschema=f"/{cases.ComplaintFiled.type}/v2",
            sequence=1,
            data={"case_id": scene.case},
        )
        headers, value = encode(newer)
        await scene.world.producer.send(cases.TOPIC.name, scene.case.encode(), value, headers)
        parked = scene.case
        scene.case = f"{scene.case[:-3]}002"
        await scene.tell(cases.ComplaintFiled)
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["served"])
        scene.case = parked
        assert await scene.notices() == []

        async def is_seen() -> bool:
            _, backlog = await scene.world.call("GET", "/backlog")
            return bool(backlog["parked:notifications.cases"] >= 1)

        await scene.world.until(is_seen)


async def test_an_event_that_comes_before_its_predecessor_waits_for_it(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        [filed, rejected] = [
            next(each for each in cases.TOPIC.examples if type(each) is kind).model_copy(
                update={"case_id": scene.case, "account_id": scene.account}
            )
            for kind in (cases.ComplaintFiled, cases.ComplaintRejected)
        ]
        await scene.world.tell(cases.TOPIC.name, scene.case, rejected, sequence=2)
        await scene.world.tell(cases.TOPIC.name, scene.case, filed, sequence=1)
        await scene.until_notices(lambda found: [each["status"] for each in found] == ["served", "served"])


async def test_the_code_travels_over_http_and_by_mail_only(scene: Scene) -> None:
    scene.peers.codes[scene.account] = {
        "account_id": scene.account,
        "email": "owner@acme.example",
        "code": "482913",
        "language": "zh",
        "expires_at": "2026-03-03T02:00:00Z",
        "email_verified": False,
    }
    async with running(scene.settings, ALL_ROLES):
        [example] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountRegistered)]
        registered = example.model_copy(update={"account_id": scene.account})
        await scene.world.tell(accounts.TOPIC.name, scene.account, registered)
        served = await scene.world.until_heard(deliveries.TOPIC.name, scene.account, deliveries.NoticeServed)
    assert (served.data["about_kind"], served.data["template"], served.data["language"]) == (
        "account",
        "email-code",
        "zh",
    )
    assert "482913" in scene.mailbox.text("owner@acme.example")
    assert "482913" not in orjson.dumps(served.data).decode()


async def test_a_status_of_good_faith_that_is_read_again_is_told_once(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        [example] = goodfaith.TOPIC.examples
        granted = example.model_copy(update={"account_id": scene.account})
        for sequence in (3, 3, 7):  # a compacted topic has gaps
            await scene.world.tell(goodfaith.TOPIC.name, scene.account, granted, sequence=sequence)
        await scene.world.until_heard(deliveries.TOPIC.name, scene.account, deliveries.NoticeServed)
        figures = granted.model_copy(update={"change": "figures"})
        await scene.world.tell(goodfaith.TOPIC.name, scene.account, figures, sequence=8)
        lost = granted.model_copy(update={"change": "lost", "eligible": False})
        await scene.world.tell(goodfaith.TOPIC.name, scene.account, lost, sequence=9)

        async def told_of_both() -> bool:
            return len(scene.mailbox.to("legal@acme.example")) == 2

        await scene.world.until(told_of_both)


async def test_hundreds_of_notices_go_over_a_few_connections(scene: Scene) -> None:
    async with running(scene.settings, ALL_ROLES):
        [example] = [each for each in cases.TOPIC.examples if type(each) is cases.ComplaintFiled]
        numbers = [f"{scene.case[:-4]}-{number:04}" for number in range(1, 401)]
        filed = [example.model_copy(update={"case_id": case, "account_id": scene.account}) for case in numbers]
        await asyncio.gather(*(scene.world.tell(cases.TOPIC.name, each.case_id, each) for each in filed))

        async def all_there() -> bool:
            return len(scene.mailbox.taken) >= len(numbers)

        await scene.world.until(all_there, within=120)
    assert len({letter["Message-ID"] for _, letter in scene.mailbox.taken}) == len(numbers)
    assert scene.mailbox.connections <= 6
