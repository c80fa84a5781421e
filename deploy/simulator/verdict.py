"""Whether the platform did what the seed says: plan against topics, APIs and marketplaces."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploy.simulator import evidence as topics
from deploy.simulator.evidence import Event, Evidence
from deploy.simulator.fates import COUNTER_SUCCESSES, COUNTERED, RELEASED, UPHELD, Fate
from deploy.simulator.plan import Case, Plan
from deploy.simulator.reckoning import faith_changes
from deploy.simulator.world import World

# The event that ends a case in each state, and its field that says how.
_LAST_WORD: Mapping[str, tuple[str, str]] = {
    "rejected": ("complaint-rejected", "reason_code"),
    "withdrawn": ("complaint-withdrawn", "withdrawal_reason"),
    "accepted": ("counter-accepted", "how"),
    "final": ("dispute-decided", "determination"),
    "closed": ("case-closed", "why"),
}
# Counted by hand from the PRC calendar of 2026 (Spring Festival off from 15 to 23 February, 14 February working):
# three business days, the first day not counted, until midnight in Shanghai. By wave, and whether a supplement made
# the takedown a day later.
_MERCHANT_DUE = {
    (0, False): datetime(2026, 2, 6, 16, tzinfo=UTC),
    (0, True): datetime(2026, 2, 9, 16, tzinfo=UTC),
    (1, False): datetime(2026, 2, 13, 16, tzinfo=UTC),
    (1, True): datetime(2026, 2, 14, 16, tzinfo=UTC),
}
_OWNER_DUE = {0: datetime(2026, 2, 10, 16, tzinfo=UTC), 1: datetime(2026, 2, 24, 16, tzinfo=UTC)}
_SUPPLEMENT_DUE = {0: datetime(2026, 2, 6, 16, tzinfo=UTC), 1: datetime(2026, 2, 13, 16, tzinfo=UTC)}


@dataclass
class Verdict:
    """`lost`: accepted complaints of which nothing, or no end, is to be seen; `mismatched`: all other differences."""

    lost: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not self.lost and not self.mismatched


@dataclass(frozen=True)
class Findings:
    """What was seen at the end. `api_cases`: every case by number as the API shows it; `down`: listings down at the
    marketplaces; `gaps`: what marketplaces saw out of order; `parked`: parked keys by service; `linked`: cases whose
    merchant got a link by mail."""

    evidence: Evidence
    api_cases: Mapping[str, Mapping[str, Any]]
    down: frozenset[str]
    gaps: Sequence[str]
    parked: Mapping[str, int]
    linked: frozenset[str]


def judge(plan: Plan, world: World, found: Findings) -> Verdict:
    verdict = Verdict()
    for key, case in plan.cases.items():
        case_id = world.case_ids.get(key)
        events = found.evidence.of(topics.CASES).get(case_id, ()) if case_id else ()
        if not case_id or not events:
            verdict.lost.append(f"{key} ({case.listing.id}): {case_id or 'has no number'}")
            continue
        verdict.mismatched += _case(plan, case, case_id, events)
        verdict.mismatched += _api(case, case_id, found.api_cases.get(case_id))
        verdict.mismatched += _outcome(case, case_id, found.evidence.latest_outcome(case_id))
    verdict.mismatched += [
        *world.surprises,
        *_strangers(world, found.evidence),
        *_submissions(plan, world, found.evidence),
        *_listings(plan, found),
        *_notices(plan, world, found),
        *_faith(plan, world, found.evidence),
        *_points(plan, found.evidence),
        *found.gaps,
        *found.evidence.gaps,
        *(f"{count} dead letters on {topic}" for topic, count in found.evidence.dead.items()),
        *(f"{count} parked keys: {where}" for where, count in found.parked.items()),
    ]
    if world.refused_rows != plan.refused_rows:
        verdict.mismatched.append(f"{world.refused_rows} rows were refused, planned {plan.refused_rows}")
    return verdict


def _case(plan: Plan, case: Case, case_id: str, events: Sequence[Event]) -> Iterator[str]:
    end, last = case.end, events[-1]["data"]
    if last["state"] != end.state:
        yield f"{case_id} ({case.fate}): {last['state']}, planned {end.state}"
        return
    kind, name = _LAST_WORD[end.state]
    said = [event["data"][name] for event in events if _kind(event) == kind]
    if said[-1:] != [end.word]:
        yield f"{case_id} ({case.fate}): {name} {said[-1:]}, planned {end.word}"
    if last["holds_listing"] != end.holds:
        yield f"{case_id} ({case.fate}): holds its listing: {last['holds_listing']}, planned {end.holds}"
    if case.fate in UPHELD and last["merchant_id"] != case.listing.merchant_id:
        yield f"{case_id}: merchant {last['merchant_id']}, planned {case.listing.merchant_id}"
    yield from _release(plan, case, case_id, events)
    yield from _deadlines(case, case_id, events)


def _release(plan: Plan, case: Case, case_id: str, events: Sequence[Event]) -> Iterator[str]:
    due = [event["data"]["held_by_others"] for event in events if _kind(event) == "reinstatement-due"]
    up_again = any(_kind(event) == "listing-reinstated" for event in events)
    if case.fate not in RELEASED:
        if due or up_again:
            yield f"{case_id} ({case.fate}): let its listing go"
        return
    if due != [plan.held_by_others(case)]:
        yield f"{case_id} ({case.fate}): reinstatement due, held by others {due}, planned {plan.held_by_others(case)}"
    if up_again != (case.listing.id not in plan.down()):
        yield f"{case_id} ({case.fate}): listing up again: {up_again}"


def _deadlines(case: Case, case_id: str, events: Sequence[Event]) -> Iterator[str]:
    """Dates counted by hand where the PRC calendar holds; nowhere does silence end anything before its deadline."""
    by_hand = case.platform != "lazada"
    expected = {
        "counter-notification": _MERCHANT_DUE[case.wave, case.fate == Fate.SUPPLEMENT_ANSWERED],
        "owner-response": _OWNER_DUE[case.wave],
        "supplement": _SUPPLEMENT_DUE[case.wave],
    }
    due: datetime | None = None
    for event in events:
        if _silence(event) and (due is None or _time(event["time"]) <= due):
            yield f"{case_id}: {_kind(event)} at {event['time']}, though due {due}"
        for deadline in event["data"]["deadlines"]:
            due = _time(deadline["due"]) if deadline["due"] else None
            if by_hand and due != expected[deadline["kind"]]:
                yield f"{case_id}: {deadline['kind']} due {due}, by hand {expected[deadline['kind']]}"


def _silence(event: Event) -> bool:
    data = event["data"]
    said = {data.get("why"), data.get("how"), data.get("reason_code")}
    return not said.isdisjoint(("merchant_silent", "deemed_by_silence", "supplement_lapsed"))


def _api(case: Case, case_id: str, shown: Mapping[str, Any] | None) -> Iterator[str]:
    if shown is None:
        yield f"{case_id}: the API does not show it"
    elif (shown["state"], shown["ended_because"]) != (case.end.state, case.end.word):
        yield f"{case_id}: the API shows {shown['state']} {shown['ended_because']}, planned {case.end}"


def _outcome(case: Case, case_id: str, outcome: Mapping[str, Any] | None) -> Iterator[str]:
    if outcome is None:
        yield f"{case_id}: no outcome"
        return
    lapsed = case.fate in (Fate.REJECTED, Fate.SUPPLEMENT_LAPSED)
    planned = {
        "state": case.end.state,
        "first_decision": "upheld" if case.fate in UPHELD else "rejected" if lapsed else None,
        "countered": case.fate in COUNTERED,
        "counter_success": case.fate in COUNTER_SUCCESSES,
    }
    for name, value in planned.items():
        if outcome[name] != value:
            yield f"{case_id} ({case.fate}): outcome {name} {outcome[name]}, planned {value}"


def _strangers(world: World, found: Evidence) -> Iterator[str]:
    """Cases of our accounts that no row of the plan asked for."""
    known, ours = set(world.case_ids.values()), set(world.account_ids.values())
    for case_id, events in found.of(topics.CASES).items():
        if case_id not in known and events[0]["data"]["account_id"] in ours:
            yield f"{case_id}: nobody filed it"


def _submissions(plan: Plan, world: World, found: Evidence) -> Iterator[str]:
    """Each is told once, with its cases and the number of rows that were refused."""
    for submission in plan.submissions:
        submission_id = world.submission_ids.get(submission.key)
        told = found.of(topics.SUBMISSIONS).get(submission_id, ()) if submission_id else ()
        cases = [world.case_ids.get(row.case) for row in submission.rows if row.case]
        refused = sum(row.case is None for row in submission.rows)
        seen = [(event["data"]["case_ids"], event["data"]["refused_rows"]) for event in told]
        filed = sum(event["type"].endswith(".submission-filed") for event in told)
        if filed != 1 or seen[-1] != (cases, refused):
            yield f"{submission.key} {submission_id}: told {len(seen)} times, or not with its rows"


def _listings(plan: Plan, found: Findings) -> Iterator[str]:
    """At the marketplaces, and as a reader of their commands would have them."""
    planned, ours = plan.down(), set(plan.merchants())
    commanded: dict[str, str] = {}
    for topic in topics.TAKEDOWNS:
        for listing, events in found.evidence.of(topic).items():
            commanded[listing] = events[-1]["type"]
    told = frozenset(listing for listing, kind in commanded.items() if kind.endswith(".remove"))
    for where, down in (("marketplaces", found.down & ours), ("commands", told & ours)):
        yield from (f"{listing} is down by its {where}, planned up" for listing in sorted(down - planned))
        yield from (f"{listing} is up by its {where}, planned down" for listing in sorted(planned - down))


def _notices(plan: Plan, world: World, found: Findings) -> Iterator[str]:
    """Each takedown was served on the merchant exactly once, with a link."""
    served: dict[str, int] = {}
    for event in found.evidence.all_of(topics.DELIVERIES):
        data = event["data"]
        if data["template"] == "takedown" and event["type"].endswith("notice-served"):
            served[data["about"]] = served.get(data["about"], 0) + 1
        if event["type"].endswith("notice-failed"):
            yield f"{data['about']}: the notice {data['template']} failed: {data['cause']}"
    for key, case_id in world.case_ids.items():
        planned = int(plan.cases[key].fate in UPHELD)
        if served.get(case_id, 0) != planned:
            yield f"{case_id}: the takedown was served {served.get(case_id, 0)} times, planned {planned}"
        if planned and case_id not in found.linked:
            yield f"{case_id}: the merchant got no link"


def _faith(plan: Plan, world: World, found: Evidence) -> Iterator[str]:
    keys = {account_id: key for key, account_id in world.account_ids.items()}
    seen = [
        (keys[data["account_id"]], data["change"], data["day"])
        for data in (event["data"] for event in found.all_of(topics.GOOD_FAITH))
        if data["account_id"] in keys and data["change"] != "figures"
    ]
    planned = [(change.account, change.change, change.day.isoformat()) for change in faith_changes(plan)]
    if sorted(seen) != sorted(planned):
        yield f"Good Faith: {sorted(seen)}, planned {sorted(planned)}"


def _points(plan: Plan, found: Evidence) -> Iterator[str]:
    latest = {
        f"{event['data']['platform']}:{event['data']['merchant_id']}": event["data"]["points"]
        for event in found.latest(topics.MERCHANTS).values()
    }
    for merchant, points in plan.merchant_points().items():
        if latest.get(merchant) != points:
            yield f"{merchant}: {latest.get(merchant)} points, planned {points}"


def told_in_part(sentences: Iterable[str], most: int = 20) -> list[str]:
    """The first of many differences, and how many more there are."""
    told = list(sentences)
    return told if len(told) <= most else [*told[:most], f"… and {len(told) - most} more"]


def _kind(event: Event) -> str:
    return str(event["type"]).rpartition(".")[2]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
