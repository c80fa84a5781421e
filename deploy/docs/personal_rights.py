"""What a person can ask for about their own data, and the consents that are asked for: from identity's own lists."""

from collections.abc import Iterator

from services.identity.consents.purposes import Purpose, load_purposes
from services.identity.privacy.rights import PersonalRight, load_personal_rights

_APPLIES = {"everybody": "everybody", "eea": "residents of the EEA"}
_BEGINNING = """# What a person can ask for

Made by `python -m deploy.docs --write` from `services/identity/privacy/rights.yaml` and
`services/identity/consents/purposes.yaml`. [What happens then](../your-data.md).

## Rights

| Right | For | What | How | Source |
|---|---|---|---|---|
"""
_CONSENTS = """
## Consents

Each is asked for by itself. The text in force, in Chinese and English, is at `GET /v1/accounts/me/consents`.

| Purpose | Version | What is given | To whom | Not done without it |
|---|---|---|---|---|
"""


def page() -> str:
    rights = "".join(f"{_right(each)}\n" for each in load_personal_rights())
    consents = "".join(f"{_consent(each)}\n" for each in load_purposes().in_force)
    return f"{_BEGINNING}{rights}{_CONSENTS}{consents}"


def _right(one: PersonalRight) -> str:
    how = "<br>".join(f"`{way}`" for way in one.how) or "at the authority"
    return _row((f"`{one.right}`", _APPLIES[one.applies], one.texts["en"].strip(), how, one.source))


def _consent(one: Purpose) -> str:
    needed = _codes(one.needed_for) or "nothing as yet"
    return _row((f"`{one.code}`", one.version, _codes(one.data), _codes(one.recipients), needed))


def _codes(codes: tuple[str, ...]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_escaped(cells))} |"


def _escaped(cells: tuple[str, ...]) -> Iterator[str]:
    return (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
