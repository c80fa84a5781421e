"""The agreements that a registrant accepts: document, version, language and the hash of the text shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

from services.identity.accounts.model import Accepted
from shared.kernel.decider import Refusal

DOCUMENTS = ("user-agreement", "privacy-policy")


@dataclass(frozen=True)
class Agreement:
    """One document in one language. `sha256` is what a registrant names to say what was read."""

    document: str
    version: str
    language: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Agreements:
    """The versions in force: the last of each document."""

    def __init__(self, published: Sequence[Agreement]) -> None:
        latest = {agreement.document: agreement.version for agreement in published}
        self.in_force = tuple(one for one in published if latest[one.document] == one.version)

    def check(self, accepted: Sequence[Accepted]) -> None:
        """Raises Refusal: not agreeing = no account (DOMAIN: Accounts 1)."""
        known = {(one.document, one.version, one.language, one.sha256) for one in self.in_force}
        unknown = [one for one in accepted if (one.document, one.version, one.language, one.sha256) not in known]
        if unknown:
            names = ", ".join(f"{one.document} {one.version}" for one in unknown)
            mend = "Read the versions in force (GET /v1/agreements) and accept those."
            raise Refusal("agreement-outdated", f"These are not the texts in force: {names}.", mend)
        missing = set(DOCUMENTS) - {one.document for one in accepted}
        if missing:
            mend = "Accept both, or use the online form without an account."
            raise Refusal("agreement-missing", f"Not accepted: {', '.join(sorted(missing))}.", mend)


def load_agreements() -> Agreements:
    """Those of the package; called by wiring."""
    entries = yaml.safe_load((files(__package__) / "agreements.yaml").read_text(encoding="utf-8"))
    return Agreements([
        Agreement(entry["document"], entry["version"], language, text)
        for entry in entries
        for language, text in entry["texts"].items()
    ])  # fmt: skip
