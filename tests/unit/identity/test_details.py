"""Forms of identity: what fits, what is refused, which spellings are one subject."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from services.identity.verification.details import IdentityDetails, check_method, document_kind, subject
from shared.kernel.decider import Refusal
from tests.unit.identity.test_deciders import account_after

LICENCE = {
    "method": "business-licence",
    "country": "US",
    "registration_number": "NY 12-34",
    "corporate_name": "Brand Inc.",
    "address": "New York",
    "permanent": True,
}
ENTERPRISE_CN = {
    "method": "legal-representative",
    "legal_representative": "张三",
    "id_number": "11010519491231002x",
    "corporate_name": "某某有限公司",
    "licence_code": "91110000600037341L",
    "term_expires_on": "2040-01-01",
}
PASSPORT = {
    "method": "personal-document",
    "document_kind": "passport",
    "issuing_country": "FR",
    "certificate_number": "12 AB 34567",
    "full_name": "Claire Martin",
    "address": "Paris",
}


def details(form: Mapping[str, object]) -> IdentityDetails:
    return IdentityDetails.model_validate(form)


def codes(form: Mapping[str, object]) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        details(form)
    return {error["type"] for error in refused.value.errors()}


def test_spellings_of_one_number_are_one_subject() -> None:
    assert subject(details(LICENCE).root) == "enterprise/US/NY1234"
    assert subject(details({**LICENCE, "registration_number": "ny-12 34"}).root) == "enterprise/US/NY1234"
    assert subject(details(PASSPORT).root) == "person/FR/passport/12AB34567"
    assert subject(details(ENTERPRISE_CN).root) == "enterprise/CN/91110000600037341L"


def test_chinese_numbers_are_checked_by_their_check_digits() -> None:
    wrong_person = {**ENTERPRISE_CN, "id_number": "110105194912310021"}
    assert codes(wrong_person) == {"id_number_not_valid"}
    assert codes({**ENTERPRISE_CN, "licence_code": "91110000600037341X"}) == {"licence_code_not_valid"}


def test_a_term_ends_on_a_day_or_is_permanent() -> None:
    assert codes({**LICENCE, "term_expires_on": "2030-01-01"}) == {"term_unclear"}
    assert codes({name: value for name, value in LICENCE.items() if name != "permanent"}) == {"term_unclear"}


def test_the_method_follows_region_and_category() -> None:
    enterprise_abroad = account_after()
    check_method(enterprise_abroad, details(LICENCE).root)
    for other in (ENTERPRISE_CN, PASSPORT):
        with pytest.raises(Refusal, match="method-not-allowed-here"):
            check_method(enterprise_abroad, details(other).root)


def test_the_event_names_the_kind_of_document_only() -> None:
    assert document_kind(details(PASSPORT).root) == "passport"
    assert document_kind(details(LICENCE).root) == "business-licence"
    assert document_kind(details(ENTERPRISE_CN).root) == "legal-representative"
