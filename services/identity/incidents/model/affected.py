"""One person affected by an incident: listed, told, and whether the notice reached them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from services.identity.incidents.model.incident import Impact, Incident, Measure, What
from shared.kernel.decider import Obsolete, Refusal
from shared.kernel.ids import derived_id

State = Literal["listed", "told", "served", "failed"]


@dataclass(frozen=True)
class Touched:
    """Data of one kind: how many entries or sealed texts, and between which times, where that is known."""

    what: str
    records: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class PersonListed:
    incident_id: str
    account_id: str
    language: Literal["zh", "en"]
    touched: tuple[Touched, ...]
    at: datetime


@dataclass(frozen=True)
class PersonTold:
    """With all that the notice says."""

    round: int
    what: What
    impact: Impact
    measures: tuple[Measure, ...]
    since: datetime
    until: datetime
    detected_at: datetime


@dataclass(frozen=True)
class NoticeServed:
    notice_id: str
    served_at: datetime


@dataclass(frozen=True)
class NoticeFailed:
    """No address took it. cause: a code."""

    notice_id: str
    cause: str


Event = PersonListed | PersonTold | NoticeServed | NoticeFailed


@dataclass(frozen=True)
class Affected:
    listed: PersonListed
    state: State = "listed"
    notice_id: str = ""
    served_at: datetime | None = None
    cause: str = ""

    @property
    def id(self) -> str:
        return affected_id(self.listed.incident_id, self.listed.account_id)


def affected_id(incident_id: str, account_id: str) -> str:
    """One document for each incident and account."""
    return derived_id("aff", incident_id, account_id)


@dataclass(frozen=True)
class Tell:
    incident: Incident


@dataclass(frozen=True)
class RecordNotice:
    """served_at: None where it failed, by `cause`."""

    notice_id: str
    served_at: datetime | None
    cause: str = ""


Command = Tell | RecordNotice


def decide(affected: Affected | None, command: Command) -> tuple[Event, ...]:
    """What follows from a command. Raises Obsolete for what was done already."""
    if affected is None:
        raise Refusal("not-affected", "This account is not on the list of this incident.")
    match command:
        case Tell(incident):
            return _tell(affected, incident)
        case RecordNotice():
            return _record(affected, command)
        case _:
            assert_never(command)


def _tell(affected: Affected, incident: Incident) -> tuple[Event, ...]:
    if affected.state != "listed":
        raise Obsolete("told-already", "This person was told already.")
    said = incident.declared
    told = PersonTold(
        round=incident.rounds,
        what=said.what,
        impact=said.impact,
        measures=said.measures,
        since=said.since,
        until=said.until,
        detected_at=said.detected_at,
    )
    return (told,)


def _record(affected: Affected, command: RecordNotice) -> tuple[Event, ...]:
    if affected.state != "told":
        raise Obsolete("notice-settled", "What came of the notice is known already, or none was sent.")
    if command.served_at is None:
        return (NoticeFailed(command.notice_id, command.cause),)
    return (NoticeServed(command.notice_id, command.served_at),)


def evolve(affected: Affected | None, event: Event) -> Affected:
    if isinstance(event, PersonListed):
        return Affected(event)
    if affected is None:
        raise ValueError("an affected person begins with being listed")
    match event:
        case PersonTold():
            return replace(affected, state="told")
        case NoticeServed(notice_id, served_at):
            return replace(affected, state="served", notice_id=notice_id, served_at=served_at)
        case NoticeFailed(notice_id, cause):
            return replace(affected, state="failed", notice_id=notice_id, cause=cause)
        case _:
            assert_never(event)
