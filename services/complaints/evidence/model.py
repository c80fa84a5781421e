"""A file that somebody sent as evidence, from its upload to its use. The file itself is sealed in the vault.

It is begun before it is sealed and kept afterwards, so that nothing sealed is ever without a document that knows it.
It is claimed before what refers to it is written and attached afterwards; what is claimed for something that never came
to be is loose like what nobody used, and is forgotten when the policy's period has passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never, get_args

from shared.kernel.decider import Obsolete, Refusal

Status = Literal["begun", "kept", "claimed", "attached", "forgotten", "removed"]
Kind = Literal["gif", "jpg", "png", "bmp", "pdf", "tsa"]
Scan = Literal["clean", "not_configured"]
UseKind = Literal["submission", "case"]

# code: what is wrong with a file that a complaint or an answer names, and what would mend it
FILE_TEXTS: Mapping[str, tuple[str, str]] = {
    "evidence-file-unknown": ("There is no such file of yours.", "Upload it first, and name the id that you get."),
    "evidence-file-repeated": ("The file is named twice.", "Name each file once."),
    "evidence-file-used": ("The file is used in another complaint already.", "Upload it once more for this one."),
    "evidence-file-elsewhere": (
        "The file was uploaded for another marketplace or case, whose data may be kept in another region.",
        "Upload it for this one.",
    ),
    "evidence-file-gone": ("The file was not used in time and is no longer kept.", "Upload it again."),
    "evidence-files-too-many": ("There are more files than are taken at once.", "Send those that matter most."),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """unused_period: how long a file is kept that nothing refers to; max_files: of one complaint or answer."""

    version: str
    unused_period: timedelta
    max_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What refers to the file: a submission with all its cases, or an answer in a case."""

    kind: UseKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who wants to use files, and where: the marketplace, and the case where there is one already."""

    party: str
    platform: str
    case_id: str | None
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """party: who sent it, an account's or a merchant's id, and its data subject. case_id: the only case that it is
    for (a merchant's); None: any of the party's on the platform. holds_location: whether the camera wrote the place
    into it. loose_since: since when nothing was known to refer to it; None once something does, or it is removed."""

    id: str
    party: str
    platform: str
    case_id: str | None
    kind: Kind
    media_type: str
    size: int
    sha256: str
    scan: Scan
    holds_location: bool
    begun_at: datetime
    status: Status = "begun"
    ref: str = ""
    use: Use | None = None
    loose_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginEvidence:
    """The file was found acceptable and is about to be sealed."""

    file_id: str
    party: str
    platform: str
    case_id: str | None = None
    kind: Kind
    media_type: str
    size: int
    sha256: str
    scan: Scan
    holds_location: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepEvidence:
    """It is sealed: `ref` in the vault."""

    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEvidence:
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachEvidence:
    """What refers to it is written."""

    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetEvidence:
    """Nothing refers to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRemoved:
    """Its ciphertext is gone."""


Command = BeginEvidence | KeepEvidence | ClaimEvidence | AttachEvidence | ForgetEvidence | ConfirmRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBegun:
    at: datetime
    policy_version: str
    file_id: str
    party: str
    platform: str
    case_id: str | None
    kind: Kind
    media_type: str
    size: int
    sha256: str
    scan: Scan
    holds_location: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKept:
    at: datetime
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceClaimed:
    at: datetime
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAttached:
    at: datetime
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceForgotten:
    at: datetime
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRemoved:
    at: datetime


Event = EvidenceBegun | EvidenceKept | EvidenceClaimed | EvidenceAttached | EvidenceForgotten | EvidenceRemoved
EVENTS: tuple[type[Event], ...] = get_args(Event)


def decide(file: EvidenceFile | None, command: Command, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Exhaustive over states × commands. Raises Refusal, or Obsolete for what was done already."""
    if isinstance(command, BeginEvidence):
        return _begin(file, command, now, rules)
    if file is None:
        raise refuse("evidence-file-unknown")
    match command:
        case KeepEvidence():
            return _keep(file, command, now)
        case ClaimEvidence():
            return _claim(file, command.claim, now)
        case AttachEvidence():
            return _attach(file, command.use, now)
        case ForgetEvidence():
            return _forget(file, now, rules)
        case ConfirmRemoved():
            if file.status != "forgotten":
                raise Obsolete("not-forgotten", "Only what was forgotten is removed.")
            return (EvidenceRemoved(at=now),)
        case _:
            assert_never(command)


def _begin(file: EvidenceFile | None, command: BeginEvidence, now: datetime, rules: Rules) -> tuple[Event, ...]:
    if file is not None:
        if file.sha256 != command.sha256:
            raise Refusal(
                "idempotency-key-reused",
                "This Idempotency-Key was used with another file.",
                "Send a new key with a new file.",
            )
        raise Obsolete("already-begun", "This file was begun already.")
    return (
        EvidenceBegun(
            at=now,
            policy_version=rules.version,
            file_id=command.file_id,
            party=command.party,
            platform=command.platform,
            case_id=command.case_id,
            kind=command.kind,
            media_type=command.media_type,
            size=command.size,
            sha256=command.sha256,
            scan=command.scan,
            holds_location=command.holds_location,
        ),
    )


def _keep(file: EvidenceFile, command: KeepEvidence, now: datetime) -> tuple[Event, ...]:
    match file.status:
        case "begun":
            return (EvidenceKept(at=now, ref=command.ref),)
        case "kept" | "claimed" | "attached":
            raise Obsolete("already-kept", "This file is kept already.")
        case "forgotten" | "removed":
            raise refuse("evidence-file-gone")
        case _:
            assert_never(file.status)


def _claim(file: EvidenceFile, claim: Claim, now: datetime) -> tuple[Event, ...]:
    problem = problem_with(file, claim)
    if problem:
        raise refuse(problem)
    if file.use is not None:
        raise Obsolete("already-claimed", "The file is claimed for this already.")
    return (EvidenceClaimed(at=now, use=claim.use),)


def _attach(file: EvidenceFile, use: Use, now: datetime) -> tuple[Event, ...]:
    match file.status:
        case "claimed" if file.use == use:
            return (EvidenceAttached(at=now, use=use),)
        case "attached" if file.use == use:
            raise Obsolete("already-attached", "The file is attached to this already.")
        case "claimed" | "attached":
            raise refuse("evidence-file-used")
        case "begun" | "kept":
            raise refuse("evidence-file-unknown")
        case "forgotten" | "removed":
            raise refuse("evidence-file-gone")
        case _:
            assert_never(file.status)


def _forget(file: EvidenceFile, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match file.status:
        case "begun" | "kept" | "claimed":
            if file.loose_since is None or now < file.loose_since + rules.unused_period:
                raise Obsolete("not-due", "The file may still be used.")
            return (EvidenceForgotten(at=now, policy_version=rules.version),)
        case "attached":
            raise Obsolete("already-attached", "Something refers to the file.")
        case "forgotten" | "removed":
            raise Obsolete("already-forgotten", "The file was forgotten already.")
        case _:
            assert_never(file.status)


def problem_with(file: EvidenceFile | None, claim: Claim) -> str | None:
    """Why the file cannot be used so: a code of FILE_TEXTS. Another's looks like one that does not exist."""
    if file is None or file.party != claim.party or file.status == "begun":
        return "evidence-file-unknown"
    if file.status in ("forgotten", "removed"):
        return "evidence-file-gone"
    if file.platform != claim.platform or file.case_id not in (None, claim.case_id):
        return "evidence-file-elsewhere"
    if file.use not in (None, claim.use):
        return "evidence-file-used"
    return None


def problems_with(
    ids: Sequence[str], found: Mapping[str, EvidenceFile | None], claim: Claim, rules: Rules
) -> tuple[tuple[int, str], ...]:
    """For each id that cannot be used its position and why, all at once."""
    problems: list[tuple[int, str]] = []
    for position, file_id in enumerate(ids):
        if position == rules.max_files:
            problems.append((position, "evidence-files-too-many"))
            break
        if file_id in ids[:position]:
            problems.append((position, "evidence-file-repeated"))
        elif code := problem_with(found.get(file_id), claim):
            problems.append((position, code))
    return tuple(problems)


def refuse(code: str) -> Refusal:
    return Refusal(code, *FILE_TEXTS[code])


def evolve(file: EvidenceFile | None, event: Event) -> EvidenceFile:
    """The file after the event."""
    if isinstance(event, EvidenceBegun):
        return _begun(event)
    if file is None:
        raise ValueError("a file is begun before anything else becomes of it")
    match event:
        case EvidenceKept():
            return replace(file, status="kept", ref=event.ref, loose_since=event.at)
        case EvidenceClaimed():
            return replace(file, status="claimed", use=event.use, loose_since=event.at)
        case EvidenceAttached():
            return replace(file, status="attached", loose_since=None)
        case EvidenceForgotten():
            return replace(file, status="forgotten")
        case EvidenceRemoved():
            return replace(file, status="removed", loose_since=None)
        case _:
            assert_never(event)


def _begun(event: EvidenceBegun) -> EvidenceFile:
    return EvidenceFile(
        id=event.file_id,
        party=event.party,
        platform=event.platform,
        case_id=event.case_id,
        kind=event.kind,
        media_type=event.media_type,
        size=event.size,
        sha256=event.sha256,
        scan=event.scan,
        holds_location=event.holds_location,
        begun_at=event.at,
        loose_since=event.at,
    )
