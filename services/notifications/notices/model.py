"""A notice: planned once for each event, party and template; served by the first address that takes it, or failed.

A passing failure (a server out of reach, a full mailbox) is no event: the notice stays planned and is tried again, so
that a long outage does not fill its history. Neither name, address nor text is in here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from shared.kernel.decider import Refusal, fold
from shared.kernel.ids import derived_id

Party = Literal["merchant", "owner"]
AboutKind = Literal["case", "account", "right"]
Language = Literal["zh", "en"]
Status = Literal["planned", "served", "failed"]

# Where a party is written to: an owner at the contact that is theirs for the platform or at the login e-mail; a
# merchant at what its marketplace says.
Address = Literal["contact", "login", "merchant"]

ALREADY_SERVED_THERE = "same-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a letter was taken by the mail server of an address, and when (business time).

    address_mac: keyed hash of the address, so that it can be shown later which address it was, but not found out.
    """

    address: Address
    at: datetime
    language: Language
    message_id: str
    address_mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePlanned:
    """account_id: whose matter it is, and who may see the proof; facts: what the text needs, ids and codes only;
    correlation_id: of the request that everything began with, carried on into what is published."""

    at: datetime
    notice_id: str
    cause_id: str
    about: str
    about_kind: AboutKind
    account_id: str
    party: Party
    recipient_id: str
    template: str
    addresses: tuple[Address, ...]
    language: Language
    facts: tuple[tuple[str, str], ...] = ()
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeServed:
    """The first address took it: electronic notice is served when it was sent successfully (003 三.2)."""

    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDelivered:
    """A further address took it; the first one has started the clock."""

    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFailed:
    """This address will never take it, or needs none because another of the same notice is the same."""

    at: datetime
    address: Address
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFailed:
    """No address of the notice took it or ever will: nothing was served."""

    at: datetime
    cause: str


Event = NoticePlanned | NoticeServed | CopyDelivered | AddressFailed | NoticeFailed
EVENTS: tuple[type[Event], ...] = (NoticePlanned, NoticeServed, CopyDelivered, AddressFailed, NoticeFailed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """open: addresses that neither took it nor failed for good; proofs: one for each address that took it.
    language: what the notice was written in, once served; before that, what it most likely will be."""

    id: str
    cause_id: str
    about: str
    about_kind: AboutKind
    account_id: str
    party: Party
    recipient_id: str
    template: str
    language: Language
    facts: tuple[tuple[str, str], ...]
    correlation_id: str
    planned_at: datetime
    open: tuple[Address, ...]
    status: Status = "planned"
    proofs: tuple[Proof, ...] = ()
    served_at: datetime | None = None
    failure: str = ""

    def fact(self, name: str, default: str = "") -> str:
        """One of the facts that the text needs."""
        return dict(self.facts).get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNotice:
    """To tell somebody of something. `addresses`: all of them are written to."""

    cause_id: str
    about: str
    about_kind: AboutKind
    account_id: str
    party: Party
    recipient_id: str
    template: str
    addresses: tuple[Address, ...]
    language: Language
    facts: tuple[tuple[str, str], ...] = ()
    correlation_id: str = ""

    @property
    def notice_id(self) -> str:
        """The same event, party and template give the same notice, however often the event is read."""
        return derived_id("ntc", self.cause_id, self.party, self.template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The mail server took the letter for this address."""

    address: Address
    language: Language
    message_id: str
    address_mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The letter will never get to this address; `cause` is a code (`recipient-unknown`, `smtp-550`)."""

    address: Address
    cause: str


Result = Taken | Refused


def plan(notice: Notice | None, command: PlanNotice, now: datetime) -> tuple[Event, ...]:
    """A repeat plans nothing."""
    if notice is not None:
        return ()
    if not command.addresses or len(set(command.addresses)) != len(command.addresses):
        raise Refusal("addresses-not-valid", "a notice goes to at least one address, to each once")
    return (
        NoticePlanned(
            at=now,
            notice_id=command.notice_id,
            cause_id=command.cause_id,
            about=command.about,
            about_kind=command.about_kind,
            account_id=command.account_id,
            party=command.party,
            recipient_id=command.recipient_id,
            template=command.template,
            addresses=command.addresses,
            language=command.language,
            facts=command.facts,
            correlation_id=command.correlation_id,
        ),
    )


def record(notice: Notice | None, results: Sequence[Result], now: datetime) -> tuple[Event, ...]:
    """What came of sending. A result for an address that is settled already changes nothing: after a crash between
    sending and recording the same letter is sent again."""
    if notice is None:
        raise Refusal("no-such-notice", "there is no notice of this number")
    events: list[Event] = []
    state = notice
    for result in results:
        for event in _settle(state, result, now):
            state = evolve(state, event)
            events.append(event)
    return tuple(events)


def _settle(notice: Notice, result: Result, now: datetime) -> tuple[Event, ...]:
    if result.address not in notice.open:
        return ()
    match result:
        case Taken():
            proof = Proof(
                address=result.address,
                at=now,
                language=result.language,
                message_id=result.message_id,
                address_mac=result.address_mac,
            )
            return (NoticeServed(proof=proof) if notice.status == "planned" else CopyDelivered(proof=proof),)
        case Refused():
            failed = AddressFailed(at=now, address=result.address, cause=result.cause)
            is_last = notice.open == (result.address,) and notice.status == "planned"
            return (failed, NoticeFailed(at=now, cause=result.cause)) if is_last else (failed,)
        case _:
            assert_never(result)


def evolve(notice: Notice | None, event: Event) -> Notice:
    if isinstance(event, NoticePlanned):
        return _planned(event)
    if notice is None:
        raise ValueError("a notice begins with its planning")
    match event:
        case NoticeServed(proof=proof):
            served = replace(notice, status="served", served_at=proof.at, language=proof.language)
            return replace(served, proofs=(*notice.proofs, proof), open=_without(notice.open, proof.address))
        case CopyDelivered(proof=proof):
            return replace(notice, proofs=(*notice.proofs, proof), open=_without(notice.open, proof.address))
        case AddressFailed(address=address):
            return replace(notice, open=_without(notice.open, address))
        case NoticeFailed(cause=cause):
            return replace(notice, status="failed", failure=cause)
        case _:
            assert_never(event)


def after(events: Sequence[Event], notice: Notice | None = None) -> Notice | None:
    """The notice after the events."""
    return fold(evolve, notice, events)


def _planned(event: NoticePlanned) -> Notice:
    return Notice(
        id=event.notice_id,
        cause_id=event.cause_id,
        about=event.about,
        about_kind=event.about_kind,
        account_id=event.account_id,
        party=event.party,
        recipient_id=event.recipient_id,
        template=event.template,
        language=event.language,
        facts=event.facts,
        correlation_id=event.correlation_id,
        planned_at=event.at,
        open=event.addresses,
    )


def _without(addresses: tuple[Address, ...], settled: Address) -> tuple[Address, ...]:
    return tuple(address for address in addresses if address != settled)
