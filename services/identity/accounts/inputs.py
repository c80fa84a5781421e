"""What registrants may send: checked for form, all at once, and normalized."""

from typing import Annotated, Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from services.identity.accounts.model import Accepted, Category, Language, Region, Registrant, Standing

MAINLAND = "CN"


def normalized_email(text: str) -> str:
    """Form only: whether the mailbox exists is what the e-mailed code finds out."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as problem:
        # The library's message repeats parts of the address, which is personal.
        raise PydanticCustomError("email_not_valid", "This is no e-mail address.") from problem


Email = Annotated[str, Field(max_length=254), AfterValidator(normalized_email)]


class AcceptedBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Literal["user-agreement", "privacy-policy"]
    version: str = Field(max_length=20)
    language: Language
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    def accepted(self) -> Accepted:
        return Accepted(self.document, self.version, self.language, self.sha256)


class RegistrationBody(BaseModel):
    """001 Step 1. `country`: ISO 3166 alpha-2 of the registrant; CN is mainland China."""

    model_config = ConfigDict(extra="forbid")

    country: str = Field(pattern="^[A-Z]{2}$")
    category: Category
    registrant: Registrant
    language: Language = "en"
    email: Email
    password: SecretStr = Field(min_length=10, max_length=128)
    phone: str | None = Field(default=None, max_length=40)
    accepted: list[AcceptedBody] = Field(max_length=4)

    @property
    def region(self) -> Region:
        return "cn" if self.country == MAINLAND else "intl"

    @model_validator(mode="after")
    def _check_phone(self) -> "RegistrationBody":
        if self.phone is not None:
            self.phone = normalized_phone(self.phone, self.country)
            if self.phone is None:
                raise PydanticCustomError("phone_not_valid", "There is no such phone number in its country.")
        elif self.country == MAINLAND and self.category == "individual":
            raise PydanticCustomError("phone_missing", "Individuals from mainland China give a phone number.")
        return self


class CodeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern="^[0-9]{6}$")


class EmailBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class StandingBody(BaseModel):
    """`reason` is a code, never free text: it travels in an event."""

    model_config = ConfigDict(extra="forbid")

    standing: Standing
    reason: str = Field(pattern="^[a-z][a-z0-9-]{2,63}$")
    deliberate_falsehood: bool = False


def normalized_phone(text: str, country: str | None) -> str | None:
    """E.164; None where there is no such number. Without a country the text begins with `+`."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
