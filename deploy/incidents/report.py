"""The form for an authority: what GDPR Art. 33(3) and PIPL Art. 57 ask for, from the incident. Counts, categories and
times; nothing of any person. What only people know is left open, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

OPEN = "(to be filled in)"
CONTACT = "ipr@alibaba-inc.com"
"""000 IX: how to contact us."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Kind(_Read):
    what: str
    persons: int


class Extent(_Read):
    persons: int
    records: int
    others: int
    kinds: tuple[Kind, ...]


class Authority(_Read):
    authority: str
    informed_at: datetime
    in_time: bool


class Notices(_Read):
    listed: int
    told: int
    served: int
    failed: int
    announce: bool

    @property
    def open(self) -> int:
        return self.listed + self.told


class Incident(_Read):
    """What identity answers of an incident; its note is left out, for people may be named in it."""

    incident_id: str
    state: str
    what: str
    impact: str
    measures: tuple[str, ...]
    scope: Mapping[str, str]
    extent: Extent
    since: datetime
    until: datetime
    detected_at: datetime
    declared_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None
    authority_due: datetime
    authorities: tuple[Authority, ...]
    notices: Notices


@dataclass(frozen=True)
class Field:
    """One field of the form, the articles that ask for it, and its lines."""

    title: str
    source: str
    lines: Sequence[str]


def fields(incident: Incident) -> Sequence[Field]:
    extent, notices = incident.extent, incident.notices
    kinds = [f"{each.what}: {each.persons} persons" for each in extent.kinds]
    told = [f"{each.authority}: {_at(each.informed_at)} ({_in_time(each.in_time)})" for each in incident.authorities]
    return (
        Field(
            "Nature of the incident",
            "GDPR 33(3)(a); PIPL 57(1)",
            (incident.what, f"from {_at(incident.since)} to {_at(incident.until)}", *_scope(incident.scope)),
        ),
        Field(
            "Categories and approximate number of data subjects",
            "GDPR 33(3)(a)",
            (
                f"rights holders and agents: {extent.persons}",
                f"others (staff, merchants): {extent.others}",
            ),
        ),
        Field(
            "Categories and approximate number of records",
            "GDPR 33(3)(a); PIPL 57(1)",
            (f"records: {extent.records}", *kinds),
        ),
        Field("Likely consequences", "GDPR 33(3)(c); PIPL 57(1)", (incident.impact,)),
        Field("Measures taken or proposed", "GDPR 33(3)(d); PIPL 57(2)", incident.measures),
        Field(
            "Those affected were told",
            "GDPR 34; PIPL 57",
            (
                f"first notified: {_at(incident.notified_at) if incident.notified_at else 'not yet'}",
                f"served: {notices.served}, failed: {notices.failed}, open: {notices.open}",
                *(("an announcement is due: too many notices failed",) if notices.announce else ()),
            ),
        ),
        Field(
            "Times",
            "GDPR 33(1); PIPL 57",
            (
                f"detected: {_at(incident.detected_at)}",
                f"72 h mark: {_at(incident.authority_due)}",
                *(told or [f"authority told: not yet; after the mark, reasons for the delay: {OPEN}"]),
            ),
        ),
        Field("Contact", "GDPR 33(3)(b); PIPL 57(3)", (CONTACT, f"data protection officer: {OPEN}")),
    )


def markdown(incident: Incident) -> str:
    parts = [f"# Report of a personal-data incident: {incident.incident_id}", f"State: {incident.state}"]
    for each in fields(incident):
        lines = "\n".join(f"- {line}" for line in each.lines)
        parts.append(f"## {each.title}\n\n*{each.source}*\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def as_json(incident: Incident) -> dict[str, Any]:
    form = [{"title": each.title, "source": each.source, "lines": list(each.lines)} for each in fields(incident)]
    known = incident.model_dump(mode="json")
    known["scope"] = {name: incident.scope.get(name, "") for name in ("service", "store")}
    return {**known, "form": form}


def _scope(scope: Mapping[str, str]) -> Sequence[str]:
    """Whose account it was is not said to anybody outside."""
    said = {"actor": "by one actor", "service": "from the service {}", "store": "from a copy of the store of {}"}
    return [text.format(scope[name]) for name, text in said.items() if scope.get(name)]


def _at(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")


def _in_time(held: bool) -> str:
    return "within the 72 h" if held else "after the 72 h: reasons for the delay " + OPEN
