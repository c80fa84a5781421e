"""What the topics would hold if the platform did exactly what a plan says: written by hand from the state table, so
that the verdict can be tried without a platform."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.simulator import evidence as topics
from deploy.simulator.evidence import Evidence
from deploy.simulator.fates import COUNTERED, DISPUTED, RELEASED, UPHELD, Fate
from deploy.simulator.plan import Case, Plan
from deploy.simulator.verdict import Findings
from deploy.simulator.world import World

# Three business days after Tuesday, Wednesday and Thursday of each wave's week: midnights in Shanghai, by the PRC
# calendar of 2026 (off from 15 to 23 February, working on Saturday the 14th).
_TUESDAY = (datetime(2026, 2, 3, 7, tzinfo=UTC), datetime(2026, 2, 10, 7, tzinfo=UTC))
_AFTER_TUESDAY = (datetime(2026, 2, 6, 16, tzinfo=UTC), datetime(2026, 2, 13, 16, tzinfo=UTC))
_AFTER_WEDNESDAY = (datetime(2026, 2, 9, 16, tzinfo=UTC), datetime(2026, 2, 14, 16, tzinfo=UTC))
_AFTER_THURSDAY = (datetime(2026, 2, 10, 16, tzinfo=UTC), datetime(2026, 2, 24, 16, tzinfo=UTC))
_GRACE = timedelta(seconds=61)

Said = tuple[str, str, datetime, dict[str, Any]]


def case_id(case: Case) -> str:
    return f"IPP-{case.key.upper()}-001"


def world_of(plan: Plan) -> World:
    """Everything was filed as planned."""
    world = World(plan)
    world.account_ids = {key: f"acc-{key}" for key in plan.accounts}
    world.case_ids = {key: case_id(case) for key, case in plan.cases.items()}
    world.submission_ids = {submission.key: f"IPP-{submission.key.upper()}" for submission in plan.submissions}
    world.refused_rows = plan.refused_rows
    return world


def findings_of(plan: Plan) -> Findings:
    """Topics, API and marketplaces as they should be at the end."""
    evidence = Evidence()
    for case in plan.cases.values():
        for body in case_events(plan, case):
            evidence.take(topics.CASES, body)
        evidence.take(topics.OUTCOMES, _body(case_id(case), 1, "ipp.complaints.case-outcome", _outcome(case)))
        if case.fate in UPHELD:
            data = {"about": case_id(case), "template": "takedown", "party": "merchant"}
            served = _body(f"ntc-{case.key}", 1, "ipp.notifications.notice-served", data)
            evidence.take(topics.DELIVERIES, served)
    for listing in sorted({case.listing.id for case in plan.cases.values() if case.fate in UPHELD}):
        topic = f"takedowns.{listing.partition(':')[0].partition('.')[0]}.v1"
        evidence.take(topic, _body(listing, 1, "ipp.takedowns.remove", {}))
        if listing not in plan.down():
            evidence.take(topic, _body(listing, 2, "ipp.takedowns.reinstate", {}))
    for submission in plan.submissions:
        cases = [case_id(plan.cases[row.case]) for row in submission.rows if row.case]
        filed = {"case_ids": cases, "refused_rows": len(submission.rows) - len(cases)}
        body = _body(f"IPP-{submission.key.upper()}", 1, "ipp.complaints.submission-filed", filed)
        evidence.take(topics.SUBMISSIONS, body)
    for merchant, points in plan.merchant_points().items():
        platform, _, merchant_id = merchant.partition(":")
        sheet = {"platform": platform, "merchant_id": merchant_id, "points": points}
        evidence.take(topics.MERCHANTS, _body(merchant, 1, "ipp.scoring.merchant-points", sheet))
    shown = {case_id(case): {"state": case.end.state, "ended_because": case.end.word} for case in plan.cases.values()}
    linked = frozenset(case_id(case) for case in plan.cases.values() if case.fate in UPHELD)
    return Findings(evidence, shown, plan.down(), (), {}, linked)


def case_events(plan: Plan, case: Case) -> Iterator[dict[str, Any]]:
    """The events of one case, as the contract has them (only what the verdict and the teller look at)."""
    for number, (kind, state, at, more) in enumerate(_life(plan, case), start=1):
        down = case.fate in UPHELD and state not in ("received", "under_review", "awaiting_supplement", "upheld")
        data = {
            "account_id": f"acc-{case.account}",
            "listing_id": case.listing.id,
            "platform": case.platform,
            "right_id": case.right,
            "reason": "counterfeit",
            "state": state,
            "merchant_id": case.listing.merchant_id if down else None,
            "holds_listing": down
            and state not in ("accepted", "withdrawn")
            and more.get("determination") != "overturned",
            "deadlines": [],
            **more,
        }
        if case.fate in RELEASED and kind in ("reinstatement-due", "listing-reinstated"):
            data["holds_listing"] = False
        yield _body(case_id(case), number, f"ipp.complaints.{kind}", data, at)


def _holds(state: str, down: bool, more: dict[str, Any]) -> bool:
    return down and state not in ("accepted", "withdrawn") and more.get("determination") != "overturned"


def _life(plan: Plan, case: Case) -> Iterator[Said]:
    tuesday = _TUESDAY[case.wave]
    yield "complaint-filed", "received", tuesday, {}
    if case.fate == Fate.WITHDRAWN_UNREAD:
        yield "complaint-withdrawn", "withdrawn", tuesday, {"withdrawal_reason": "settled"}
        return
    yield "review-begun", "under_review", tuesday, {"reviewer_id": "staff-1"}
    match case.fate:
        case Fate.WITHDRAWN_IN_REVIEW:
            yield "complaint-withdrawn", "withdrawn", tuesday, {"withdrawal_reason": "settled"}
        case Fate.REJECTED:
            yield "complaint-rejected", "rejected", tuesday, {"reason_code": "insufficient_support"}
        case Fate.SUPPLEMENT_LAPSED:
            due = _AFTER_TUESDAY[case.wave]
            yield "supplement-requested", "awaiting_supplement", tuesday, {"missing": ["comparison-photo"]}
            yield _served("awaiting_supplement", "owner", "supplement-requested", "supplement", tuesday, due)
            yield "complaint-rejected", "rejected", due + _GRACE, {"reason_code": "supplement_lapsed"}
        case _:
            yield from _taken_down(plan, case, tuesday)


def _taken_down(plan: Plan, case: Case, tuesday: datetime) -> Iterator[Said]:
    day, due = tuesday, _AFTER_TUESDAY[case.wave]
    if case.fate == Fate.SUPPLEMENT_ANSWERED:
        day, due = tuesday + timedelta(days=1), _AFTER_WEDNESDAY[case.wave]
        yield "supplement-requested", "awaiting_supplement", tuesday, {"missing": ["comparison-photo"]}
        yield "supplement-received", "under_review", day, {}
    yield "complaint-upheld", "upheld", day, {"reviewer_id": "staff-1"}
    yield "listing-taken-down", "taken_down", day, {}
    yield _served("taken_down", "merchant", "takedown", "counter-notification", day, due)
    if case.fate in COUNTERED:
        yield from _countered(case, tuesday + timedelta(days=2))
    elif case.fate == Fate.WITHDRAWN_AFTER:
        yield "complaint-withdrawn", "withdrawn", tuesday + timedelta(days=2), {"withdrawal_reason": "settled"}
    else:
        yield "case-closed", "closed", due + _GRACE, {"why": "merchant_silent"}
    if case.fate in RELEASED:
        state = case.end.state
        held = {"held_by_others": plan.held_by_others(case)}
        yield "reinstatement-due", state, tuesday + timedelta(days=3), held
        if case.listing.id not in plan.down():
            yield "listing-reinstated", state, tuesday + timedelta(days=3), {}


def _countered(case: Case, thursday: datetime) -> Iterator[Said]:
    due, friday = _AFTER_THURSDAY[case.wave], thursday + timedelta(days=1)
    yield "counter-notified", "countered", thursday, {}
    yield _served("countered", "owner", "counter-received", "owner-response", thursday, due)
    if case.fate in DISPUTED:
        yield "dispute-opened", "disputed", friday, {}
        yield "dispute-decided", "final", friday, {"determination": case.end.word}
    else:
        at = due + _GRACE if case.fate == Fate.COUNTER_UNANSWERED else friday
        yield "counter-accepted", "accepted", at, {"how": case.end.word}


def _served(state: str, party: str, notice: str, kind: str, at: datetime, due: datetime) -> Said:
    deadline = {"id": f"{kind}:1", "kind": kind, "due": due.isoformat(), "skipped": []}
    return "notice-served", state, at, {"party": party, "notice": notice, "deadlines": [deadline]}


def _outcome(case: Case) -> dict[str, Any]:
    rejected = case.fate in (Fate.REJECTED, Fate.SUPPLEMENT_LAPSED)
    return {
        "state": case.end.state,
        "first_decision": "upheld" if case.fate in UPHELD else "rejected" if rejected else None,
        "countered": case.fate in COUNTERED,
        "counter_success": case.fate in COUNTERED and case.fate != Fate.DISPUTE_UPHELD,
    }


def _body(subject: str, sequence: int, kind: str, data: dict[str, Any], at: datetime = _TUESDAY[0]) -> dict[str, Any]:
    return {"subject": subject, "sequence": str(sequence), "type": kind, "time": at.isoformat(), "data": data}
