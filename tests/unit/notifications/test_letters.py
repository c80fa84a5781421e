"""What letters say, in both languages, for every row of the table."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from services.notifications.delivery.letters import LetterWriter, Matter
from services.notifications.delivery.links import ISSUER, MerchantLinks
from services.notifications.delivery.peers import Complainant, NotKnown, Reader, RightOnFile
from services.notifications.delivery.texts import Letter, Texts
from services.notifications.notices import plans
from services.notifications.notices.model import Language, Notice, after, plan
from shared.access import Role, Signer, Verifier
from shared.contracts.complaints import cases
from shared.kernel.clock import SteppedClock
from shared.policies.loading import load_policy_book
from tests.support.post_office import PORTALS, FakePeers

NOW = datetime(2026, 2, 13, 6, 0, tzinfo=UTC)
CASE = "IPP-7K2M9QX4TD-001"
RIGHT = "rgt-8Y1D6ZK4W0QF3M7XB2NC"
MERCHANT = {"en": Reader("Lee's <Shop>", "shop@seller.example", "en"), "zh": Reader("李氏小店", "shop@s.example", "zh")}
COMPLAINANT = Complainant("Acme Legal", "legal@acme.example", phone="+1 202 555 0100", postal_address="1 Main St\nDC")
ON_FILE = RightOnFile("ACME & Co", "1234567", "CN", ("certificate-1.pdf", "certificate-2.png"))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer.from_file(ISSUER, tmp_path_factory.mktemp("keys") / "link-key.pem")


@pytest.fixture(scope="module")
def writer(signer: Signer) -> LetterWriter:
    peers = FakePeers(rights={RIGHT: ON_FILE})
    peers.complainants["acc-intl-3V9YQ2C7XN4M8K1TZ0RB"] = COMPLAINANT
    links = MerchantLinks(signer, PORTALS, "ipp")
    return LetterWriter(Texts(), peers, links, load_policy_book(), SteppedClock(NOW))


def notice_of(event: cases.CaseEvent, template: str, party: str = "owner") -> Notice:
    found = [each for each in plans.of_case(event, "cause") if (each.template, each.party) == (template, party)]
    notice = after(plan(None, found[0], NOW))
    assert notice is not None
    return notice


def example(kind: type[cases.CaseEvent], **more: object) -> cases.CaseEvent:
    [found] = [each for each in cases.TOPIC.examples if type(each) is kind]
    assert isinstance(found, cases.CaseEvent)
    return found.model_copy(update={"merchant_id": "m-taobao-17", **more})


async def takedown(writer: LetterWriter, language: Language, **more: object) -> Letter:
    notice = notice_of(example(cases.ListingTakenDown, **more), "takedown", "merchant")
    return writer.write(notice, await writer.gather(notice), MERCHANT[language])


ALL_ROWS = [(row, language) for row in plans.CASES for language in ("en", "zh")]


@pytest.mark.parametrize(("row", "language"), ALL_ROWS, ids=lambda value: getattr(value, "template", value))
async def test_every_letter_about_a_case_names_the_case(
    writer: LetterWriter, row: plans.Row, language: Language
) -> None:
    assert issubclass(row.event, cases.CaseEvent)
    notice = notice_of(example(row.event), row.template, row.party)
    letter = writer.write(notice, await writer.gather(notice), Reader("Reader", "r@x.example", language))
    assert CASE in letter.subject
    assert CASE in letter.text
    assert notice.id in letter.text
    assert "\n" not in letter.subject
    assert "{" not in letter.text
    assert "\n\n\n" not in letter.text


async def test_the_merchant_learns_the_claim_their_rights_and_their_deadline_in_english(writer: LetterWriter) -> None:
    text = (await takedown(writer, "en")).text
    assert "Marketplace: Taobao" in text
    assert "Complaint: trademark, counterfeit" in text
    assert "ACME & Co, registration number 1234567, China" in text
    assert "- certificate-1.pdf\n- certificate-2.png" in text
    assert "Acme Legal\nlegal@acme.example\n+1 202 555 0100\n1 Main St DC" in text  # what the owner discloses
    assert "counter-notification" in text
    assert "3 business days" in text  # 001: "e.g., three business days"
    assert "Asia/Shanghai" in text


async def test_the_same_in_chinese(writer: LetterWriter) -> None:
    letter = await takedown(writer, "zh")
    assert letter.subject == f"您的商品因投诉被移除（{CASE}）"
    assert "平台：淘宝网" in letter.text
    assert "商标，假冒商品" in letter.text
    assert "3个工作日" in letter.text
    assert "提交日期：2026年2月13日" in letter.text


@pytest.mark.parametrize("platform", ["alibaba", "aliexpress"])
async def test_on_alibaba_and_aliexpress_it_invites_direct_resolution_and_endorses_nothing(
    writer: LetterWriter, platform: str
) -> None:
    """002 §4 and §5."""
    more = {"platform": platform, "listing_id": f"{platform}:item:1"}
    english, chinese = (await takedown(writer, "en", **more)).text, (await takedown(writer, "zh", **more)).text
    assert "directly with the rights holder" in english
    assert "No action taken by the platform endorses any claim" in english
    assert "直接协商解决" in chinese
    assert "不代表认可任何侵权主张" in chinese


@pytest.mark.parametrize("platform", ["taobao", "tmall", "1688"])
async def test_elsewhere_it_says_nothing_of_direct_resolution(writer: LetterWriter, platform: str) -> None:
    text = (await takedown(writer, "en", platform=platform, listing_id=f"{platform}:item:1")).text
    assert "directly with the rights holder" not in text


async def test_a_lazada_notice_counts_in_the_zone_of_its_country(writer: LetterWriter) -> None:
    filed = datetime(2026, 2, 13, 17, 30, tzinfo=UTC)  # 14 February 01:30 in Manila, 00:30 in Bangkok
    more = {"platform": "lazada", "listing_id": "lazada.ph:item:456", "filed_at": filed}
    text = (await takedown(writer, "en", **more)).text
    assert "Asia/Manila" in text
    assert "Filed on: 14 February 2026" in text


async def test_the_links_are_a_token_for_this_merchant_this_case_and_this_right_only(
    writer: LetterWriter, signer: Signer
) -> None:
    text = (await takedown(writer, "en")).text
    [link] = [line for line in text.splitlines() if line.startswith("https://portal.example/")]
    [certificates] = [line for line in text.splitlines() if line.startswith("https://ipr.example/")]
    parts = urlsplit(link)
    assert parts.path == f"/v1/merchant/cases/{CASE}"
    [token] = parse_qs(parts.query)["token"]
    assert urlsplit(certificates).path == f"/v1/merchant/rights/{RIGHT}/certificates"
    assert parse_qs(urlsplit(certificates).query)["token"] == [token]

    async def published(_: str) -> dict[str, object]:
        return signer.key_set()

    actor = await Verifier({ISSUER: "https://n.example/jwks"}, "ipp", fetch=published).authenticate(token)
    assert (actor.id, actor.roles) == ("m-taobao-17", frozenset({Role.MERCHANT}))
    assert actor.scopes == frozenset({f"case:{CASE}", f"right:{RIGHT}"})


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_both_links_can_be_opened_in_the_html(writer: LetterWriter, language: Language) -> None:
    letter = await takedown(writer, language)
    for start in ("https://portal.example/v1/merchant/cases/", "https://ipr.example/v1/merchant/rights/"):
        assert letter.text.count(start) == 1
        assert letter.html.count(f'<a href="{start}') == 1


async def test_names_cannot_become_markup(writer: LetterWriter) -> None:
    letter = await takedown(writer, "en")
    assert "Dear Lee's <Shop>," in letter.text
    assert "<Shop>" not in letter.html
    assert "Lee&#39;s &lt;Shop&gt;" in letter.html
    assert '<a href="https://portal.example/v1/merchant/cases/' in letter.html


async def test_a_notice_that_starts_the_owners_clock_says_how_long_it_is(writer: LetterWriter) -> None:
    reader = Reader("Acme", "legal@acme.example", "en")
    counter = writer.write(notice_of(example(cases.CounterNotified), "counter-received"), Matter(), reader)
    assert "You have 3 business days" in counter.text
    assert "deemed accepted" in counter.text
    # 06:00 UTC in the platform's zone, Asia/Shanghai
    assert "13 February 2026 14:00 (Asia/Shanghai)" in counter.text
    supplement = writer.write(notice_of(example(cases.SupplementRequested), "supplement-requested"), Matter(), reader)
    assert "You have 3 business days" in supplement.text
    assert "- photographs that compare the genuine article with the one offered" in supplement.text


async def test_given_the_right_is_not_on_file_then_there_is_no_letter(signer: Signer) -> None:
    links = MerchantLinks(signer, PORTALS, "ipp")
    bare = LetterWriter(Texts(), FakePeers(), links, load_policy_book(), SteppedClock(NOW))
    with pytest.raises(NotKnown):
        await bare.gather(notice_of(example(cases.ListingTakenDown), "takedown", "merchant"))


def test_every_template_is_there_in_both_languages() -> None:
    folder = Path(__file__).parents[3] / "services/notifications/delivery/texts"
    rows = (
        *(*plans.CASES, *plans.ACCOUNTS, *plans.INCIDENTS, *plans.RIGHTS, *plans.GOOD_FAITH, *plans.ERASURES),
        *plans.PRIVACY_REQUESTS,
    )
    wanted = {f"{row.party}/{row.template}.txt" for row in rows} | {"merchant/erasure-request.txt"}
    for language in ("en", "zh"):
        there = {f"{path.parent.name}/{path.name}" for path in (folder / language).glob("*/*.txt")}
        assert there == wanted


async def test_what_others_wrote_makes_no_paragraph_of_its_own_and_hides_nothing(signer: Signer) -> None:
    number = "123\n\nPay at http://evil.example"
    peers = FakePeers(rights={"rgt-8Y1D6ZK4W0QF3M7XB2NC": RightOnFile("AC\u202eEM\x00", number, "CN", ())})
    peers.complainants["acc-intl-3V9YQ2C7XN4M8K1TZ0RB"] = Complainant("Acme\r\nBcc: x@evil.example", "a@acme.example")
    links = MerchantLinks(signer, PORTALS, "ipp")
    letter = await takedown(LetterWriter(Texts(), peers, links, load_policy_book(), SteppedClock(NOW)), "en")
    assert not any(line.startswith(("Pay at", "Bcc:")) for line in letter.text.splitlines())
    assert "AC EM" in letter.text
    assert not {"\u202e", "\x00"} & set(letter.text + letter.html + letter.subject)
