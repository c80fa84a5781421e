"""An incident: declared with what the logs say, notified to those affected, closed.

000 IV: those affected are told the basic situation, its possible impact and the measures taken; authorities where the
law requires it. Codes, ids and counts only: what somebody wrote is in the vault, under the incident's own id.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from shared.kernel.decider import Obsolete, Refusal
from shared.kernel.ids import derived_id

What = Literal[
    "unauthorized-access",
    "credentials-stolen",
    "store-copied",
    "sent-to-wrong-recipient",
    "published",
    "lost-or-altered",
]
Impact = Literal[
    "identity-misuse",
    "unwanted-contact",
    "account-misuse",
    "confidentiality-lost",
    "none-expected",
]
Measure = Literal[
    "access-revoked",
    "sessions-ended",
    "passwords-reset",
    "keys-rotated",
    "weakness-closed",
    "recipient-asked-to-delete",
    "watched-more-closely",
    "investigation-open",
    "authority-informed",
]
"""What an incident is, what it may lead to and what was done: the words of the notices are in notifications (ours)."""

State = Literal["declared", "notified", "closed"]


@dataclass(frozen=True)
class Scope:
    """What was asked of the logs, ids only; empty where it was not narrowed. store: the service whose was copied."""

    actor: str = ""
    service: str = ""
    account: str = ""
    store: str = ""


@dataclass(frozen=True)
class Extent:
    """How much was touched. records: disclosures or sealed texts; others: data subjects that are no accounts and get no
    notice from us (staff, merchants); kinds: code of the data and in how many persons' cases."""

    persons: int
    records: int
    others: int
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class IncidentDeclared:
    """since, until: when it happened, as far as known; note_ref: free text for operators, in the vault."""

    incident_id: str
    what: What
    impact: Impact
    measures: tuple[Measure, ...]
    scope: Scope
    extent: Extent
    since: datetime
    until: datetime
    detected_at: datetime
    note_ref: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class IncidentNotified:
    """Everybody listed until now is told; persons who are found later are told in a further round."""

    round: int
    persons: int
    by: str
    at: datetime


@dataclass(frozen=True)
class AuthorityInformed:
    """authority: a code, such as `cac` or `ico`."""

    authority: str
    informed_at: datetime
    by: str


@dataclass(frozen=True)
class IncidentClosed:
    by: str
    at: datetime


Event = IncidentDeclared | IncidentNotified | AuthorityInformed | IncidentClosed


@dataclass(frozen=True)
class Incident:
    declared: IncidentDeclared
    state: State = "declared"
    rounds: int = 0
    notified_at: datetime | None = None
    authorities: tuple[tuple[str, datetime], ...] = ()
    closed_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.declared.incident_id


def incident_id(what: str, scope: Scope, since: datetime, until: datetime) -> str:
    """The same question to the logs and the same finding are the same incident, however often it is opened."""
    asked = (scope.actor, scope.service, scope.account, scope.store, since.isoformat(), until.isoformat())
    return derived_id("inc", what, *asked)


@dataclass(frozen=True)
class Declare:
    declared: IncidentDeclared


@dataclass(frozen=True)
class Notify:
    """listed: persons on the list who were not told yet; expected: how many the operator means to write to."""

    listed: int
    expected: int
    by: str


@dataclass(frozen=True)
class InformAuthority:
    authority: str
    informed_at: datetime
    by: str


@dataclass(frozen=True)
class Close:
    """open_notices: persons who are neither served nor failed yet."""

    open_notices: int
    by: str


Command = Declare | Notify | InformAuthority | Close


def decide(incident: Incident | None, command: Command, now: datetime) -> tuple[Event, ...]:
    """What follows from a command. Raises Refusal."""
    match command:
        case Declare(declared):
            return _declare(incident, declared, now)
        case Notify():
            return _notify(existing(incident), command, now)
        case InformAuthority(authority, informed_at, by):
            return _inform(existing(incident), authority, informed_at, by, now)
        case Close():
            return _close(existing(incident), command, now)
        case _:
            assert_never(command)


def existing(incident: Incident | None) -> Incident:
    if incident is None:
        raise Refusal("no-such-incident", "There is no such incident.")
    return incident


def _declare(incident: Incident | None, declared: IncidentDeclared, now: datetime) -> tuple[Event, ...]:
    if incident is not None:
        return ()
    if declared.since >= declared.until:
        raise Refusal("time-not-valid", "The incident ends before it begins.", "Let `until` be later than `since`.")
    if not declared.since <= declared.detected_at <= now:
        mend = "Let `detected_at` be no earlier than `since`, and no later than now."
        raise Refusal("time-not-valid", "An incident is detected after it began and before it is declared.", mend)
    return (declared,)


def _notify(incident: Incident, command: Notify, now: datetime) -> tuple[Event, ...]:
    _not_closed(incident)
    if not command.listed:
        raise Obsolete("nobody-to-tell", "Everybody on the list was told.", "List those who are affected first.")
    if command.listed != command.expected:
        detail = f"{command.listed} persons on the list were not told yet, not {command.expected}."
        raise Refusal("list-differs", detail, "Look at the list, complete it, and name its number.")
    return (IncidentNotified(incident.rounds + 1, command.listed, command.by, now),)


def _inform(incident: Incident, authority: str, at: datetime, by: str, now: datetime) -> tuple[Event, ...]:
    if (authority, at) in incident.authorities:
        return ()
    if not incident.declared.detected_at <= at <= now:
        mend = "Name the time at which the authority was told."
        raise Refusal("time-not-valid", "An authority is told after the detection, and not in the future.", mend)
    return (AuthorityInformed(authority, at, by),)


def _close(incident: Incident, command: Close, now: datetime) -> tuple[Event, ...]:
    _not_closed(incident)
    if incident.state == "declared" and incident.declared.extent.persons:
        raise Refusal("nobody-told", "Those affected were not told yet.", "Notify them first.")
    if command.open_notices:
        detail = f"{command.open_notices} persons are not told yet, or the notice is under way."
        raise Refusal("notices-open", detail, "Close it when each is served or has failed.")
    return (IncidentClosed(command.by, now),)


def _not_closed(incident: Incident) -> None:
    if incident.state == "closed":
        raise Obsolete("incident-closed", "The incident is closed.")


def evolve(incident: Incident | None, event: Event) -> Incident:
    if isinstance(event, IncidentDeclared):
        return Incident(event)
    if incident is None:
        raise ValueError("an incident begins with its declaration")
    match event:
        case IncidentNotified(number, _, _, at):
            return replace(incident, state="notified", rounds=number, notified_at=incident.notified_at or at)
        case AuthorityInformed(authority, at):
            return replace(incident, authorities=(*incident.authorities, (authority, at)))
        case IncidentClosed(_, at):
            return replace(incident, state="closed", closed_at=at)
        case _:
            assert_never(event)
