"""The same case as each part of the platform sees it: its own store, scoring, notifications, replicas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import ACCOUNTS, CASES, OUTCOMES, RIGHTS
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import kept
from tests.chaos.checker.rules import NOTICES
from tests.chaos.checker.stalls import poisoned, stalled_cases

_BY_MERCHANT = "complaints.outcomes-by-merchant.v1"
_BY_KEY = ("complaints.outcomes-by-account.v1", _BY_MERCHANT)
_REPLICAS: Mapping[str, tuple[str, str]] = {
    "complaints.replica.accounts": (ACCOUNTS, "complaints.accounts"),
    "complaints.replica.rights": (RIGHTS, "complaints.rights"),
    "ipr.replica.accounts": (ACCOUNTS, "ipr.accounts"),
    "scoring.replica.goodfaith": ("scoring.goodfaith.v1", "scoring.status-records"),
    "scoring.replica.merchants": ("scoring.merchants.v1", "scoring.merchant-records"),
}
"""Replica → the topic that it follows, and the group that feeds it."""


def stores(evidence: Evidence, invariant: str) -> Iterator[Breach]:
    """A case's document is in the state that its last event told, where the two are of the same version."""
    lives = evidence.lives.get(CASES, {})
    for case in kept(evidence, "complaints.cases"):
        life = lives.get(case.id, ())
        if life and life[-1].sequence == case.version and life[-1].data["state"] != case.state["state"]:
            story = f"the store says {case.state['state']}, and {life[-1]} says {life[-1].data['state']}"
            yield Breach(invariant, case.id, story)


def outcomes(evidence: Evidence, invariant: str) -> Iterator[Breach]:
    """The latest outcome of each case says what its events say, under each of its keys."""
    if OUTCOMES not in evidence.by_topic and OUTCOMES not in evidence.looked_at:
        return
    stalled = stalled_cases(evidence)
    told = evidence.lives.get(OUTCOMES, {})
    for case, life in evidence.lives.get(CASES, {}).items():
        if case in stalled:
            continue
        if case not in told:
            yield Breach(invariant, case, f"no outcome was told, though {life[-1]} was")
            continue
        said = told[case][-1]
        if differing := _differing(said.data, _facts(life)):
            yield Breach(invariant, case, f"the outcome {said.where} says {differing}, by {life[-1]}")
        for topic in _BY_KEY:
            keyed = evidence.life(topic, case)
            if not keyed and topic in evidence.looked_at and (topic != _BY_MERCHANT or said.data["merchant_id"]):
                yield Breach(invariant, case, f"{said} is missing on {topic}")
            if keyed and keyed[-1].data != said.data:
                yield Breach(invariant, case, f"the outcomes {said.where} and {keyed[-1].where} differ")


def _facts(life: Sequence[Seen]) -> Mapping[str, Any]:
    """What came of a case, counted from its events by the rules of docs/domain.md (Good Faith)."""
    decision: str | None = None
    countered = won = withdrawn = False
    for event in life:
        match event.name:
            case "complaint-upheld" | "complaint-rejected":
                decision = decision or event.name.removeprefix("complaint-")
            case "supplement-received" if decision == "rejected":
                decision = None
            case "counter-notified":
                countered = True
            case "counter-accepted":
                countered = won = True
            case "dispute-opened":
                won = False
            case "dispute-decided":
                won = won or event.data["determination"] == "overturned"
            case "complaint-withdrawn":
                withdrawn = True
    facts = {"first_decision": decision, "countered": countered, "counter_success": won, "withdrawn": withdrawn}
    return {"state": life[-1].data["state"], **facts}


def _differing(said: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {said.get(name)} and not {fact}" for name, fact in facts.items() if said.get(name) != fact
    )


def replicas(evidence: Evidence, invariant: str) -> Iterator[Breach]:
    """A replica knows the latest that was told of each subject."""
    waiting = poisoned(evidence)
    for name, (topic, group) in _REPLICAS.items():
        if name not in evidence.documents:
            continue
        latest: dict[str, Seen] = {}
        for record in evidence.by_topic.get(topic, ()):
            if record.sequence and record.sequence >= (latest[record.key].sequence if record.key in latest else 0):
                latest[record.key] = record
        for key, record in latest.items():
            stored = evidence.stored(name).get(key)
            known = stored.body["sequence"] if stored else 0
            if known != record.sequence and group not in waiting.get(key, ()):
                yield Breach(invariant, key, f"{name} knows number {known}, and {record} was told")


def notices(evidence: Evidence, invariant: str) -> Iterator[Breach]:
    """Who is told by notice is told of what happened, and of all of it."""
    if "notifications.notices" not in evidence.documents:
        return
    stalled = stalled_cases(evidence)
    events = {event.id: event for life in evidence.lives.get(CASES, {}).values() for event in life}
    planned: set[tuple[str, str, str]] = set()
    for notice in kept(evidence, "notifications.notices"):
        state = notice.state
        if state["about_kind"] != "case":
            continue
        what = (state["party"], state["template"])
        event = events.get(state["cause_id"])
        if event is None or what not in NOTICES.get(event.name, ()):
            of = event or f"{state['cause_id']}, which never happened"
            yield Breach(invariant, state["about"], f"notice {notice.id} tells the {what[0]} {what[1]} because of {of}")
        planned.add((state["cause_id"], *what))
    for event in events.values():
        if event.subject not in stalled:
            for party, template in NOTICES.get(event.name, ()):
                if _concerns(event, party) and (event.id, party, template) not in planned:
                    yield Breach(invariant, event.subject, f"{event} was not told to the {party} ({template})")


def _concerns(event: Seen, party: str) -> bool:
    """A merchant that is not known yet, or never heard of the complaint, is told nothing."""
    data = event.data
    return party == "owner" or (data["merchant_id"] is not None and bool(data.get("after_takedown", True)))
