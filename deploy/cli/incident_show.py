"""How incidents and those touched are shown to a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.incidents.question import Answer, Kind
from deploy.incidents.report import Incident


def answer(console: Console, found: Answer, most: int) -> None:
    if found.persons:
        table = Table("person", "what", "how often", "first", "last")
        for person in found.persons[:most]:
            for kind in person.kinds:
                table.add_row(person.subject, kind.what, str(kind.records), *_times(kind))
            table.add_section()
        console.print(table)
    if len(found.persons) > most:
        console.print(f"… and {len(found.persons) - most} more persons: --json or --out has all", highlight=False)
    where = ", ".join(f"{service} {count}" for service, count in found.records_by_service.items())
    accounts = len(found.accounts)
    others = len(found.persons) - accounts
    totals = f"{accounts} accounts, {others} others, {found.records} records ({where}) in {found.seconds:.1f} s"
    console.print(totals, highlight=False, soft_wrap=True)
    for what, persons in found.persons_by_kind.items():
        console.print(f"  {what}: {persons} persons", highlight=False)
    for note in found.notes:
        console.print(f"Note: {note}", highlight=False, markup=False, soft_wrap=True)


def incident(console: Console, known: Incident) -> None:
    console.print(f"[bold]{escape(known.incident_id)}[/]  {known.what}  [bold]{known.state}[/]", soft_wrap=True)
    extent, notices = known.extent, known.notices
    lines = [
        f"happened {_at(known.since)} to {_at(known.until)}, detected {_at(known.detected_at)}",
        f"may lead to: {known.impact}; done: {', '.join(known.measures)}",
        f"{extent.persons} accounts, {extent.others} others, {extent.records} records",
        f"notices: {notices.served} served, {notices.failed} failed, {notices.told} under way, "
        f"{notices.listed} listed and not told",
        *(f"authority {each.authority}: told {_at(each.informed_at)}" for each in known.authorities),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for each in to_do(known):
        console.print(f"[red]to do[/] {escape(each)}", highlight=False, soft_wrap=True)


def to_do(known: Incident) -> Sequence[str]:
    """What an operator still has to see to."""
    found = []
    if known.notices.listed:
        found.append(f"{known.notices.listed} persons were not written to: ipp incident notify")
    if known.notices.announce:
        found.append(f"an announcement: {known.notices.failed} notices failed (000 IV)")
    if not known.authorities:
        found.append(f"the authority, where the law requires it, until {_at(known.authority_due)}")
    return found


def incidents(console: Console, found: Sequence[dict[str, Any]]) -> None:
    if not found:
        console.print("No incident was ever declared.")
        return
    table = Table("incident", "what", "state", "accounts", "detected")
    for each in found:
        detected = _at(datetime.fromisoformat(each["detected_at"]))
        persons = str(each["extent"]["persons"])
        table.add_row(each["incident_id"], each["what"], each["state"], persons, detected)
    console.print(table)


def _times(kind: Kind) -> tuple[str, str]:
    return (_at(kind.first), _at(kind.last)) if kind.first and kind.last else ("", "")


def _at(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")
