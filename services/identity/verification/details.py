"""What identifies a subject, by region × category (DOMAIN: Accounts 4): forms, checks, normalized numbers."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError
from stdnum.cn import ric, uscc

from services.identity.accounts.model import Account
from shared.kernel.decider import Refusal


def _resident_number(text: str) -> str:
    """GB 11643: eighteen characters with a check digit."""
    number = re.sub(r"\s", "", text).upper()
    if not ric.is_valid(number):
        raise PydanticCustomError("id_number_not_valid", "This is no PRC resident identity number.")
    return number


def _social_credit_code(text: str) -> str:
    """GB 32100: eighteen characters with a check digit."""
    code = re.sub(r"\s", "", text).upper()
    if not uscc.is_valid(code):
        raise PydanticCustomError("licence_code_not_valid", "This is no unified social credit code.")
    return code


Name = Annotated[str, Field(min_length=1, max_length=200)]
Address = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[str, Field(min_length=3, max_length=60)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
ResidentNumber = Annotated[str, Field(max_length=40), AfterValidator(_resident_number)]
SocialCreditCode = Annotated[str, Field(max_length=40), AfterValidator(_social_credit_code)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _WithTerm(_Form):
    """The operation term ends on a day, or it is permanent."""

    term_expires_on: date | None = None
    permanent: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "_WithTerm":
        if (self.term_expires_on is None) == (not self.permanent):
            raise PydanticCustomError("term_unclear", "Give the day on which the term ends, or say permanent.")
        return self


class PersonalDocument(_Form):
    """An individual outside the mainland: document image, number, name, address."""

    method: Literal["personal-document"]
    document_kind: Literal["id-card", "passport", "driving-licence"]
    issuing_country: Country
    certificate_number: Number
    full_name: Name
    address: Address


class BusinessLicence(_WithTerm):
    """An enterprise outside the mainland."""

    method: Literal["business-licence"]
    country: Country
    registration_number: Number
    corporate_name: Name
    address: Address


class RealPerson(_Form):
    """A mainland individual, authenticated as a real person by an external provider."""

    method: Literal["real-person"]
    full_name: Name
    id_number: ResidentNumber


class Household(_Form):
    """A mainland individual industrial and commercial household: its operator and its licence."""

    method: Literal["household"]
    full_name: Name
    id_number: ResidentNumber
    licence_code: SocialCreditCode


class MainlandEnterprise(_WithTerm):
    """A mainland enterprise, confirmed through one of three ways by an external provider."""

    method: Literal["corporate-email", "legal-representative", "corporate-alipay"]
    legal_representative: Name
    id_number: ResidentNumber
    corporate_name: Name
    licence_code: SocialCreditCode


AnyDetails = PersonalDocument | BusinessLicence | RealPerson | Household | MainlandEnterprise


class IdentityDetails(RootModel[Annotated[AnyDetails, Field(discriminator="method")]]):
    """One of the methods; `method` says which."""


METHODS: dict[tuple[str, str], tuple[str, ...]] = {
    ("intl", "individual"): ("personal-document",),
    ("intl", "enterprise"): ("business-licence",),
    ("cn", "individual"): ("real-person", "household"),
    ("cn", "enterprise"): ("corporate-email", "legal-representative", "corporate-alipay"),
}
NEEDS_IMAGE = frozenset({"personal-document", "business-licence", "household"})
NEEDS_PROVIDER = frozenset({"real-person", "corporate-email", "legal-representative", "corporate-alipay"})


def check_method(account: Account, details: AnyDetails) -> None:
    """Raises Refusal where the method is not one for this region and category."""
    allowed = METHODS[account.region, account.category]
    if details.method not in allowed:
        detail = f"{details.method} is not for this region and category."
        raise Refusal("method-not-allowed-here", detail, f"Use {' or '.join(allowed)}.")


def document_kind(details: AnyDetails) -> str:
    """What was shown, for the event."""
    match details:
        case PersonalDocument():
            return details.document_kind
        case BusinessLicence() | Household():
            return "business-licence"
        case _:
            return details.method


def subject(details: AnyDetails) -> str:
    """Who it is, whatever the spelling: the text under the blind index. One subject, one account."""
    match details:
        case PersonalDocument():
            return f"person/{details.issuing_country}/{details.document_kind}/{_plain(details.certificate_number)}"
        case BusinessLicence():
            return f"enterprise/{details.country}/{_plain(details.registration_number)}"
        case RealPerson():
            return f"person/CN/{details.id_number}"
        case Household() | MainlandEnterprise():
            return f"enterprise/CN/{details.licence_code}"


def _plain(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())
