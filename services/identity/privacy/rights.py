"""What a person can ask for about their own data and how, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import yaml

from services.identity.accounts.model import Language

Applies = Literal["everybody", "eea"]


@dataclass(frozen=True)
class PersonalRight:
    """how: method and path of each operation, `me` for one's own account; source: the document that it comes from."""

    right: str
    applies: Applies
    how: tuple[str, ...]
    source: str
    texts: Mapping[Language, str]


def load_personal_rights() -> tuple[PersonalRight, ...]:
    """Those of the package; called by wiring."""
    entries = yaml.safe_load((files(__package__) / "rights.yaml").read_text(encoding="utf-8"))
    return tuple(
        PersonalRight(each["right"], each["applies"], tuple(each["how"]), each["source"], each["texts"])
        for each in entries
    )
