"""One attempt at a notice: each address by itself, nobody twice, transient failures told from final ones."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.notifications.delivery.letters import LetterWriter
from services.notifications.delivery.links import ISSUER, MerchantLinks
from services.notifications.delivery.peers import Complainant, EmailCode, Reader, RightOnFile
from services.notifications.delivery.post import Post
from services.notifications.delivery.smtp import MailRefused, MailServerAway
from services.notifications.delivery.texts import Texts
from services.notifications.notices import plans
from services.notifications.notices.model import Notice, Refused, Taken, after, plan, record
from shared.access import Signer
from shared.contracts.complaints import cases
from shared.contracts.identity import accounts
from shared.kernel.clock import SteppedClock
from shared.peers import PeerAway
from shared.policies.loading import load_policy_book
from tests.support.post_office import PORTALS, FakeMailer, FakePeers

NOW = datetime(2026, 2, 13, 6, 0, tzinfo=UTC)
ACCOUNT = "acc-intl-3V9YQ2C7XN4M8K1TZ0RB"
CONTACT = Reader("Acme Legal", "legal@acme.example", "en")
LOGIN = Reader("Acme", "owner@acme.example", "zh")
MERCHANT = Reader("李氏小店", "shop@seller.example", "zh")
RIGHT = RightOnFile("ACME", "1234567", "CN", ("certificate-1.pdf",))


@pytest.fixture
def peers() -> FakePeers:
    return FakePeers(
        merchants={"m-taobao-17": MERCHANT},
        owners={(ACCOUNT, "contact"): CONTACT, (ACCOUNT, "login"): LOGIN},
        complainants={ACCOUNT: Complainant("Acme Legal", "legal@acme.example")},
        rights={"rgt-8Y1D6ZK4W0QF3M7XB2NC": RIGHT},
        codes={ACCOUNT: EmailCode(LOGIN, "482913")},
    )


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def post(peers: FakePeers, mailer: FakeMailer, tmp_path: Path) -> Post:
    clock = SteppedClock(NOW)
    links = MerchantLinks(Signer.from_file(ISSUER, tmp_path / "key.pem"), PORTALS, "ipp")
    writer = LetterWriter(Texts(), peers, links, load_policy_book(), clock)
    return Post(peers, writer, mailer, clock, sender="IPP <no-reply@ipp.example>", mac_key=b"k" * 32)


def notice_of(kind: type[cases.CaseEvent], template: str, party: str = "owner") -> Notice:
    [event] = [each for each in cases.TOPIC.examples if type(each) is kind]
    assert isinstance(event, cases.CaseEvent)
    known = event.model_copy(update={"merchant_id": "m-taobao-17"})
    [command] = [each for each in plans.of_case(known, "c") if (each.template, each.party) == (template, party)]
    notice = after(plan(None, command, NOW))
    assert notice is not None
    return notice


COUNTER = notice_of(cases.CounterNotified, "counter-received")
TAKEDOWN = notice_of(cases.ListingTakenDown, "takedown", "merchant")


async def test_both_addresses_are_written_to_each_in_its_language(post: Post, mailer: FakeMailer) -> None:
    attempt = await post.attempt(COUNTER)
    assert attempt.at == NOW
    assert attempt.postponed == ""
    assert {(each.address, type(each)) for each in attempt.results} == {("contact", Taken), ("login", Taken)}
    letters = dict(mailer.sent)
    assert letters["legal@acme.example"]["Content-Language"] == "en"
    assert letters["owner@acme.example"]["Content-Language"] == "zh-Hans"


async def test_a_letter_says_what_standards_ask_of_automatic_mail(post: Post, mailer: FakeMailer) -> None:
    await post.attempt(TAKEDOWN)
    [(address, letter)] = mailer.sent
    assert address == letter["To"] == "shop@seller.example"
    assert letter["From"] == "IPP <no-reply@ipp.example>"
    assert letter["Date"] == "Fri, 13 Feb 2026 06:00:00 +0000"
    assert letter["Message-ID"] == f"<{TAKEDOWN.id}.merchant@ipp.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


async def test_the_same_notice_has_the_same_message_id_at_each_attempt(post: Post, mailer: FakeMailer) -> None:
    await post.attempt(TAKEDOWN)
    await post.attempt(TAKEDOWN)
    assert len({letter["Message-ID"] for _, letter in mailer.sent}) == 1


async def test_given_contact_and_login_are_one_address_then_one_letter(
    post: Post, peers: FakePeers, mailer: FakeMailer
) -> None:
    peers.owners[ACCOUNT, "login"] = Reader("Acme", "Legal@ACME.example", "en")
    attempt = await post.attempt(COUNTER)
    assert len(mailer.sent) == 1
    assert Refused(address="login", cause="same-address") in attempt.results
    notice = after(record(COUNTER, attempt.results, NOW), COUNTER)
    assert notice is not None
    assert (notice.status, notice.open) == ("served", ())


async def test_given_one_address_was_served_before_then_its_twin_gets_no_second_letter(
    post: Post, peers: FakePeers, mailer: FakeMailer
) -> None:
    peers.fails["owner:login"] = PeerAway("identity answered 503")
    first = await post.attempt(COUNTER)
    served = after(record(COUNTER, first.results, NOW), COUNTER)
    assert served is not None
    assert served.open == ("login",)
    peers.fails.clear()
    peers.owners[ACCOUNT, "login"] = CONTACT
    second = await post.attempt(served)
    assert second.results == (Refused(address="login", cause="same-address"),)
    assert len(mailer.sent) == 1


async def test_given_one_address_is_refused_and_the_other_away_then_each_by_itself(
    post: Post, mailer: FakeMailer
) -> None:
    def refuse(address: str) -> None:
        raise MailRefused("smtp-550") if address == "legal@acme.example" else MailServerAway("smtp-451")

    mailer.refuse = refuse
    attempt = await post.attempt(COUNTER)
    assert attempt.results == (Refused(address="contact", cause="smtp-550"),)
    assert attempt.postponed == "smtp-451"


@pytest.mark.parametrize(
    ("call", "postponed"), [("right", "ipr away"), ("complainant", "identity away"), ("merchant", "port away")]
)
async def test_given_a_peer_is_away_then_nothing_is_sent_and_nothing_settled(
    post: Post, peers: FakePeers, mailer: FakeMailer, call: str, postponed: str
) -> None:
    peers.fails[call] = PeerAway(postponed)
    attempt = await post.attempt(TAKEDOWN)
    assert (attempt.results, attempt.postponed, mailer.sent) == ((), postponed, [])


async def test_given_a_merchant_that_its_marketplace_does_not_know_then_it_fails_for_good(
    post: Post, peers: FakePeers
) -> None:
    peers.merchants.clear()
    attempt = await post.attempt(TAKEDOWN)
    assert attempt.results == (Refused(address="merchant", cause="recipient-unknown"),)


@pytest.mark.parametrize("address", ["not an address", "", "two@at@signs", "break@x.example\r\nBcc: all@x.example"])
async def test_given_what_is_no_address_then_it_fails_for_good_and_nothing_is_sent(
    post: Post, peers: FakePeers, mailer: FakeMailer, address: str
) -> None:
    peers.merchants["m-taobao-17"] = Reader("Shop", address, "en")
    attempt = await post.attempt(TAKEDOWN)
    assert attempt.results == (Refused(address="merchant", cause="address-not-valid"),)
    assert mailer.sent == []


async def test_disclosure_names_the_notice_that_it_is_for(post: Post, peers: FakePeers) -> None:
    await post.attempt(TAKEDOWN)
    [purpose] = peers.purposes
    assert purpose == f"takedown-{TAKEDOWN.id.lower()}"
    assert re.fullmatch("[a-z][a-z0-9-]{2,63}", purpose)  # what identity takes as a purpose


async def test_results_hold_no_address_and_the_proof_cannot_be_computed_without_the_key(post: Post) -> None:
    [result] = (await post.attempt(TAKEDOWN)).results
    assert isinstance(result, Taken)
    assert "seller.example" not in repr(result)
    # printf 'shop@seller.example' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    assert result.address_mac == "4be7a5e0a86806565c98cad70df8d25ef181e51617ebd67f8937859bda9321ef"


async def test_the_code_goes_to_the_login_and_nowhere_else(post: Post, mailer: FakeMailer) -> None:
    [registered] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountRegistered)]
    [command] = plans.of_account(registered, "c")
    notice = after(plan(None, command, NOW))
    assert notice is not None
    await post.attempt(notice)
    [(address, letter)] = mailer.sent
    assert address == "owner@acme.example"
    body = letter.get_body(("plain",))
    assert body is not None
    assert "482913" in body.get_content()
    assert "482913" not in repr(notice)


async def test_given_the_code_was_used_meanwhile_then_nothing_is_sent(
    post: Post, peers: FakePeers, mailer: FakeMailer
) -> None:
    [registered] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountRegistered)]
    [command] = plans.of_account(registered, "c")
    notice = after(plan(None, command, NOW))
    assert notice is not None
    peers.codes.clear()
    attempt = await post.attempt(notice)
    assert attempt.results == (Refused(address="login", cause="no-code-open"),)
    assert mailer.sent == []
