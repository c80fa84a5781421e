"""What a hand-written Good Faith program does with an outcome, for the peers: as little as the same result allows.

The tallies and the judgement are the product's own (plain Python, no dependencies), so that what differs is how events
reach it and how state and results leave it. Unlike the product it checks nothing that it reads.
"""

import hashlib
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from services.scoring.goodfaith.model import (
    Contribution,
    Judgement,
    Rules,
    Standing,
    Tally,
    days_to_judge,
    judge,
    passes,
    stands,
)
from shared.policies.policy import GoodFaithPolicy

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules(GoodFaithPolicy(100, 0.90, 0.05, 3, 3, every_reason_code=False), "bench")
_TYPE = "ipp.scoring.good-faith-status"


class Program:
    """One owner."""

    __slots__ = ("published", "standing", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self.standing: Standing | None = None
        self.published: dict[str, Any] | None = None


class Programs:
    """All owners of a process, decoded, in memory."""

    def __init__(self) -> None:
        self.owners: dict[str, Program] = {}

    def apply(self, event: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
        """The rows to write, and keys and bodies of the statuses to send."""
        data = event["data"]
        owner = data["account_id"]
        day = _day(event["time"])
        program = self.owners.get(owner)
        if program is None:
            program = self.owners[owner] = Program()
        case = Contribution(
            data["case_sequence"],
            _day(data["filed_at"]),
            data["first_decision"] is not None,
            data["first_decision"] == "upheld",
            data["counter_success"],
        )
        before = program.standing
        judgements: list[Judgement] = []
        if before is not None:
            for passed in days_to_judge(before, day):
                standing = program.standing
                assert standing is not None
                if not passes(program.tally, standing, passed, RULES):
                    self._judge(program, passed, judgements)
            if program.standing is not None and program.standing.day < day:
                program.standing = replace(program.standing, day=day)
        program.tally.put(data["case_id"], case)
        self._judge(program, day, judgements)
        rows: dict[str, Any] = {f"case|{owner}||{data['case_id']}": _row(case)}
        sends = []
        for judgement in judgements:
            if judgement.change is not None:
                program.published = _facts(owner, judgement)
                sends.append((owner, _event(owner, program, event, judgement.day)))
        if program.standing != before and program.standing is not None:
            rows[f"status|{owner}|"] = {
                "seq": program.tally.progress,
                "standing": _standing(program.standing),
                "published": program.published,
            }
        return rows, sends

    @staticmethod
    def _judge(program: Program, day: date, into: list[Judgement]) -> None:
        before = program.standing
        if before is not None:
            day = max(day, before.day)
            if stands(program.tally, False, before, day, RULES):
                return
        judgement = judge(program.tally, False, before, day, RULES)
        program.standing = judgement.standing
        into.append(judgement)

    def digest(self) -> str:
        """Of each owner's final standing and the sums behind it; the same in all contenders."""
        return digest({owner: (one.tally, one.standing) for owner, one in self.owners.items()})


def digest(owners: dict[str, tuple[Tally, Standing | None]]) -> str:
    lines = []
    for owner, (tally, standing) in sorted(owners.items()):
        assert standing is not None
        days = sorted((str(day), tuple(counts)) for day, counts in tally.days.items())
        lines.append(repr((owner, str(standing.day), standing.eligible, standing.unmet, standing.barred_until, days)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def eligible(owners: dict[str, tuple[Tally, Standing | None]]) -> int:
    return sum(standing is not None and standing.eligible for _, standing in owners.values())


def _row(case: Contribution) -> dict[str, Any]:
    return {
        "sequence": case.sequence,
        "filed_on": case.filed_on.isoformat(),
        "decided": case.decided,
        "upheld": case.upheld,
        "counter_success": case.counter_success,
    }


@lru_cache(maxsize=1 << 16)
def _of_hour(hour: str) -> date:
    return datetime.fromisoformat(hour + ":00:00Z").astimezone(ZONE).date()


def _day(instant: str) -> date:
    """Shanghai is eight whole hours ahead, so the hour decides on the day."""
    return _of_hour(instant[:13])


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "day": standing.day.isoformat(),
        "eligible": standing.eligible,
        "barred_until": standing.barred_until and standing.barred_until.isoformat(),
        "unmet": standing.unmet,
        "told": standing.told and standing.told._asdict(),
    }


def _facts(owner: str, judgement: Judgement) -> dict[str, Any]:
    counts = judgement.counts
    barred = judgement.standing.barred_until
    return {
        "account_id": owner,
        "principal_id": None,
        "eligible": judgement.standing.eligible,
        "change": judgement.change,
        "day": judgement.day.isoformat(),
        "window_from": judgement.window.after.isoformat(),
        "window_to": judgement.window.through.isoformat(),
        "requests": counts.requests,
        "decided": counts.decided,
        "upheld": counts.upheld,
        "counter_successes": counts.counter_successes,
        "success_rate": counts.success_rate,
        "counter_success_rate": counts.counter_success_rate,
        "unmet": judgement.standing.unmet,
        "barred_until": barred and barred.isoformat(),
        "policy_version": judgement.version,
    }


def _event(owner: str, program: Program, cause: dict[str, Any], day: date) -> dict[str, Any]:
    sequence = program.tally.progress + day.toordinal()
    return {
        "specversion": "1.0",
        "id": f"goodfaith/{owner}/{sequence}",
        "source": "/scoring/goodfaith",
        "type": _TYPE,
        "subject": owner,
        "time": cause["time"],
        "datacontenttype": "application/json",
        "dataschema": f"/{_TYPE}/v1",
        "sequence": str(sequence),
        "causationid": cause["id"],
        "correlationid": cause["correlationid"],
        "data": program.published,
    }
