"""Letters about accounts, rights and the Good Faith Program."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from services.identity.incidents.model import Impact, Measure, What
from services.notifications.delivery.letters import LetterWriter, Matter
from services.notifications.delivery.links import ISSUER, MerchantLinks
from services.notifications.delivery.peers import Reader
from services.notifications.delivery.texts import Letter, Texts
from services.notifications.notices import plans
from services.notifications.notices.model import Language, PlanNotice, after, plan
from shared.access import Signer
from shared.contracts.identity import accounts, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.scoring import goodfaith
from shared.kernel.clock import SteppedClock
from shared.policies.loading import load_policy_book
from tests.support.post_office import PORTALS, FakePeers

NOW = datetime(2026, 5, 31, 6, 0, tzinfo=UTC)


@pytest.fixture
def writer(tmp_path: Path) -> LetterWriter:
    links = MerchantLinks(Signer.from_file(ISSUER, tmp_path / "key.pem"), PORTALS, "ipp")
    return LetterWriter(Texts(), FakePeers(), links, load_policy_book(), SteppedClock(NOW))


def letter(
    writer: LetterWriter, commands: list[PlanNotice], language: Language, matter: Matter | None = None
) -> Letter:
    [command] = commands
    notice = after(plan(None, command, NOW))
    assert notice is not None
    return writer.write(notice, matter or Matter(), Reader("", "a@x.example", language))


def test_the_code_is_in_the_letter_and_not_in_its_subject(writer: LetterWriter) -> None:
    [registered] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountRegistered)]
    for language in ("en", "zh"):
        found = letter(writer, list(plans.of_account(registered, "c")), language, Matter(code="482913"))
        assert "\n482913\n" in found.text
        assert "482913" not in found.subject


def test_a_failed_verification_says_why(writer: LetterWriter) -> None:
    [failed] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountVerificationFailed)]
    assert "- the image is not clear" in letter(writer, list(plans.of_account(failed, "c")), "en").text
    assert "- 图片不清晰" in letter(writer, list(plans.of_account(failed, "c")), "zh").text


def test_a_reason_without_a_word_is_shown_as_it_is(writer: LetterWriter) -> None:
    [failed] = [each for each in rights.TOPIC.examples if isinstance(each, rights.RightAuthenticationFailed)]
    odd = failed.model_copy(update={"reasons": ("certificate-unclear", "seal-missing")})
    text = letter(writer, list(plans.of_right(odd, "c")), "en").text
    assert "Your trademark could not be authenticated" in text
    assert "- the certificate is not clear\n- seal-missing" in text


def test_good_faith_carries_the_figures_that_caused_it(writer: LetterWriter) -> None:
    [granted] = goodfaith.TOPIC.examples
    assert isinstance(granted, goodfaith.GoodFaithStatus)
    text = letter(writer, list(plans.of_good_faith(granted)), "en").text
    # 112 of 118 and 2 of 112, by hand: 94.9 % and 1.8 %
    assert "Success rate: 94.9 %" in text
    assert "Rate of successful counter-notifications: 1.8 %" in text
    assert "Requests filed after 28 February 2026, up to 31 May 2026: 120" in text
    changed = {"change": "lost", "eligible": False, "unmet": ("success-rate",), "barred_until": date(2026, 8, 31)}
    lost = letter(writer, list(plans.of_good_faith(granted.model_copy(update=changed))), "zh").text
    assert "- 投诉成功率" in lost
    assert "自 2026年8月31日 起可重新加入" in lost


def test_a_rate_over_nothing_is_shown_as_none(writer: LetterWriter) -> None:
    [granted] = goodfaith.TOPIC.examples
    assert isinstance(granted, goodfaith.GoodFaithStatus)
    nothing = granted.model_copy(update={"change": "lost", "counter_success_rate": None, "upheld": 0})
    assert (
        "Rate of successful counter-notifications: –" in letter(writer, list(plans.of_good_faith(nothing)), "en").text
    )


def test_an_incident_is_told_in_the_readers_language_with_all_that_the_policy_promises(writer: LetterWriter) -> None:
    [affected] = [each for each in incidents.TOPIC.examples if isinstance(each, incidents.AccountAffected)]
    said = letter(writer, list(plans.of_incident(affected, "c")), "zh")
    assert "个人信息安全事件" in said.subject
    for each in (
        "访问凭证被盗用",
        "他人可能冒用您的身份",
        "已撤销相关访问权限",
        "2026年3月2日 10:00",
        "身份证件或营业执照影像",
    ):
        assert each in said.text
    assert "inc-4T0ZJ7Y2KQ9XW5C1M8RD" in said.subject


def test_every_code_of_an_incident_has_words_in_both_languages() -> None:
    english, chinese = Texts().words("en"), Texts().words("zh")
    codes = {
        "incident": get_args(What),
        "incident_impact": get_args(Impact),
        "incident_advice": get_args(Impact),
        "incident_measure": get_args(Measure),
    }
    for kind, each in ((kind, code) for kind, every in codes.items() for code in every):
        assert english.of(kind, each) != each
        assert chinese.of(kind, each) not in (each, english.of(kind, each))


def test_a_request_about_data_is_told_with_the_last_day_of_its_answer(writer: LetterWriter) -> None:
    received = privacy_requests.TOPIC.examples[0]
    assert isinstance(received, privacy_requests.PrivacyRequestReceived)
    english = letter(writer, list(plans.of_privacy_request(received, "c")), "en").text
    # The example is due before 16:00 UTC on 1 April 2026, which is midnight after 1 April in Shanghai.
    assert "by the end of 1 April 2026, free of charge" in english
    assert "restriction of the processing of your data" in english
    assert "在 2026年4月1日 结束前免费答复" in letter(writer, list(plans.of_privacy_request(received, "c")), "zh").text


def test_a_refused_request_says_why_and_where_else_to_go(writer: LetterWriter) -> None:
    [refused] = [e for e in privacy_requests.TOPIC.examples if isinstance(e, privacy_requests.PrivacyRequestRefused)]
    english = letter(writer, list(plans.of_privacy_request(refused, "c")), "en").text
    assert "Reason: the data are correct as they are" in english
    assert "data protection authority" in english
    assert "原因：现有信息正确" in letter(writer, list(plans.of_privacy_request(refused, "c")), "zh").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_notice_of_a_request_can_be_written(writer: LetterWriter, language: Language) -> None:
    for event in privacy_requests.TOPIC.examples:
        assert isinstance(event, privacy_requests.PrivacyRequestEvent)
        for command in plans.of_privacy_request(event, "c"):
            assert event.request_id in letter(writer, [command], language).text
