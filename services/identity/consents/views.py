"""What is shown of consents: each purpose with its text, and what the person said to it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.identity.accounts.model import Account, Language
from services.identity.consents.purposes import Purpose, Purposes

State = Literal["never-given", "given", "outdated", "withdrawn"]


class ConsentTextView(BaseModel):
    language: Language
    text: str
    sha256: str


class AgreedView(BaseModel):
    """The text that was agreed to last, also where that was withdrawn since."""

    version: str
    language: Language
    sha256: str


class ConsentView(BaseModel):
    """state: `outdated` says that an earlier version was agreed to, which does not cover the one in force; since: when
    it was given, or withdrawn. data, recipients, needed_for: codes; needed_for: what is not done without it."""

    purpose: str
    version: str
    state: State
    since: datetime | None
    agreed: AgreedView | None
    sensitive: bool
    data: tuple[str, ...]
    recipients: tuple[str, ...]
    needed_for: tuple[str, ...]
    texts: list[ConsentTextView]


class ConsentsView(BaseModel):
    account_id: str
    consents: list[ConsentView]


def consents_view(purposes: Purposes, account: Account) -> ConsentsView:
    return ConsentsView(account_id=account.id, consents=[_view(each, account) for each in purposes.in_force])


def _view(purpose: Purpose, account: Account) -> ConsentView:
    given = account.choices.consent(purpose.code)
    gone = next((one for one in account.choices.withdrawn if one.purpose == purpose.code), None)
    last = given or gone
    state: State = "never-given"
    if given is not None:
        state = "given" if given.version == purpose.version else "outdated"
    elif gone is not None:
        state = "withdrawn"
    return ConsentView(
        purpose=purpose.code,
        version=purpose.version,
        state=state,
        since=last.at if last else None,
        agreed=AgreedView(version=last.version, language=last.language, sha256=last.sha256) if last else None,
        sensitive=purpose.sensitive,
        data=purpose.data,
        recipients=purpose.recipients,
        needed_for=purpose.needed_for,
        texts=[
            ConsentTextView(language=language, text=text, sha256=purpose.sha256(language))
            for language, text in purpose.texts.items()
        ],
    )
