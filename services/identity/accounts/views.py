"""What callers see of an account."""

from datetime import datetime

from pydantic import BaseModel

from services.identity.accounts.model import Account, Category, Language, Region, Registrant, Standing, Verification
from shared.policies.calendars import Deadline


class RegisteredView(BaseModel):
    account_id: str
    email_verified: bool


class VerificationView(BaseModel):
    """`due`: end of the three working days, exclusive; null while nothing runs or the calendar does not reach it."""

    account_id: str
    status: Verification
    identity_submitted: bool
    right_submitted: bool
    round: int
    due: datetime | None
    overdue: bool
    reasons: tuple[str, ...]


class AccountView(BaseModel):
    """`email` is shown to the account's owner only. leaving: erasure was asked for; erased: nothing of the person is
    there any more; restricted: data are kept and not used; legal_hold: nothing may be erased."""

    account_id: str
    region: Region
    category: Category
    registrant: Registrant
    language: Language
    email: str | None
    email_verified: bool
    standing: Standing
    deliberate_falsehood: bool
    registered_at: datetime
    leaving: bool
    erased: bool
    restricted: bool
    legal_hold: bool
    verification: VerificationView


class AgreementView(BaseModel):
    document: str
    version: str
    language: str
    text: str
    sha256: str


class AgreementsView(BaseModel):
    agreements: list[AgreementView]


class EmailVerificationView(BaseModel):
    """For the service that sends the code."""

    account_id: str
    email: str
    code: str
    language: Language
    expires_at: datetime


def registered_view(account: Account) -> RegisteredView:
    return RegisteredView(account_id=account.id, email_verified=account.email_verified)


def verification_view(account: Account) -> VerificationView:
    return VerificationView(
        account_id=account.id,
        status=account.verification,
        identity_submitted=account.identity is not None,
        right_submitted=account.first_right_id is not None,
        round=account.round,
        due=account.deadline.due if isinstance(account.deadline, Deadline) else None,
        overdue=account.overdue,
        reasons=account.failure_reasons,
    )


def account_view(account: Account, email: str | None = None) -> AccountView:
    return AccountView(
        account_id=account.id,
        region=account.region,
        category=account.category,
        registrant=account.registrant,
        language=account.language,
        email=email,
        email_verified=account.email_verified,
        standing=account.standing,
        deliberate_falsehood=account.deliberate_falsehood,
        registered_at=account.registered_at,
        leaving=account.leaving,
        erased=account.erased,
        restricted=account.restricted,
        legal_hold=bool(account.legal_holds),
        verification=verification_view(account),
    )
