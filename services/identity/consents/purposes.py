"""What consent is asked for: purposes with their texts, as data, each version with the hash of what was shown."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

import yaml

from services.identity.accounts.model import Account, Language
from shared.kernel.decider import Refusal

IDENTITY_PROVIDER = "identity-provider"
CONTACT_DISCLOSURE = "contact-disclosure"


@dataclass(frozen=True)
class Purpose:
    """One version of one purpose. data, recipients, needed_for: codes; needed_for: what is not done without it."""

    code: str
    version: str
    sensitive: bool
    data: tuple[str, ...]
    recipients: tuple[str, ...]
    needed_for: tuple[str, ...]
    texts: Mapping[Language, str]

    def sha256(self, language: Language) -> str:
        """What a person names to say what was read."""
        return hashlib.sha256(self.texts[language].encode()).hexdigest()


class Purposes:
    """The versions in force: the last one of each purpose."""

    def __init__(self, published: Iterable[Purpose]) -> None:
        self._latest = {purpose.code: purpose for purpose in published}

    @property
    def in_force(self) -> tuple[Purpose, ...]:
        return tuple(self._latest.values())

    def latest(self, code: str) -> Purpose:
        """Raises Refusal `purpose-unknown`."""
        if code not in self._latest:
            mend = f"Choose one of {', '.join(self._latest)}."
            raise Refusal("purpose-unknown", "Consent is not asked for such a purpose.", mend)
        return self._latest[code]

    def check(self, code: str, version: str, language: Language, sha256: str) -> None:
        """Raises Refusal where this is not the text in force."""
        purpose = self.latest(code)
        if (version, sha256) != (purpose.version, purpose.sha256(language)):
            mend = f"Read version {purpose.version} (GET /v1/accounts/me/consents) and agree to that."
            raise Refusal("consent-outdated", f"This is not the text of {code} in force.", mend)

    def covers(self, account: Account, code: str) -> bool:
        """Whether the person has agreed to the text in force: another version is another purpose (000 I.6)."""
        given = account.choices.consent(code)
        return given is not None and given.version == self.latest(code).version

    def require(self, account: Account, code: str) -> None:
        """Raises Refusal `consent-missing`, which says to what the person would have to agree."""
        if not self.covers(account, code):
            detail = f"This needs your separate consent for {code}, version {self.latest(code).version}."
            mend = "Read its text (GET /v1/accounts/me/consents) and agree to it (POST /v1/accounts/me/consents)."
            raise Refusal("consent-missing", detail, mend)


def load_purposes() -> Purposes:
    """Those of the package; called by wiring."""
    entries = yaml.safe_load((files(__package__) / "purposes.yaml").read_text(encoding="utf-8"))
    return Purposes(
        Purpose(
            code=entry["purpose"],
            version=entry["version"],
            sensitive=entry["sensitive"],
            data=tuple(entry["data"]),
            recipients=tuple(entry["recipients"]),
            needed_for=tuple(entry["needed_for"]),
            texts=entry["texts"],
        )
        for entry in entries
    )
