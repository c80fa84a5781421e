"""The Good Faith processor: outcomes by account, findings of falsehood and the passing of days, in order, to who is in.

Table, all replaced as wholes: `case|account|principal|case` what a case adds; `status|account|principal` how it stands
and the record last published; `falsehood|account` the finding; `objection|account` whether its person
objects to the program. Time comes from the records: an outcome's, or that of
`scoring.goodfaith-days.v1`, which the tick sends when the business day turns (docs/adr); so a rebuild gives the same.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter, ValidationError

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
from services.scoring.streams.counted import CountedOutcome
from shared.contracts.envelope import Envelope, EventData
from shared.contracts.identity import accounts
from shared.contracts.scoring import goodfaith, outcomes
from shared.contracts.scoring.goodfaith import DayTurned, GoodFaithStatus
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.kernel.clock import Clock
from shared.streams.processor import NOTHING, Effects, Processor, Put, Reader, Record, Send, Shape, Unreadable

NAME = "scoring.goodfaith"
REPEAT_SECONDS = 5.0  # real time after which an unanswered turn of the day is sent again
_DAYS_REMEMBERED = 4096
Facts = Mapping[str, Any]
"""The data of a `GoodFaithStatus`, ready for JSON."""

_CONTRIBUTION = TypeAdapter(Contribution)
_STANDING = TypeAdapter(Standing)


def shape(*, version: int = 1, suffix: str = "") -> Shape:
    """What it reads and writes; a rebuild is the next version, on topics with a suffix."""
    days = goodfaith.DAYS.name + suffix
    inputs = {
        outcomes.BY_ACCOUNT.name + suffix: outcomes.BY_ACCOUNT,
        accounts.TOPIC.name: accounts.TOPIC,
        days: goodfaith.DAYS,
    }
    return Shape(NAME, inputs, (goodfaith.TOPIC.name + suffix, days), version)


_Judged = tuple[int, Judgement]
"""With the sequence of the record that tells of it."""


@dataclass(slots=True)
class _Program:
    """One account × principal. `published`: sequence and data of the record last sent, to send again on a repeat."""

    tally: Tally = field(default_factory=Tally)
    standing: Standing | None = None
    published: tuple[int, Facts] | None = None


@dataclass(slots=True)
class _Account:
    """falsehood: the sequence of the finding on identity's topic, 0 where there is none; objection_told: that of the
    last event that said whether the person objects to the program."""

    falsehood: int = 0
    objection_told: int = 0
    objects: bool = False
    programs: dict[str, _Program] = field(default_factory=dict)

    def program(self, principal: str) -> _Program:
        found = self.programs.get(principal)
        if found is None:
            found = self.programs[principal] = _Program()
        return found

    def behind(self, day: date) -> bool:
        return any(program.standing is not None and program.standing.day < day for program in self.programs.values())


_WANTED = frozenset(
    (
        CaseOutcome.type,
        DayTurned.type,
        accounts.StandingChanged.type,
        accounts.ObjectionGranted.type,
        accounts.ObjectionEnded.type,
    )
)
_OBJECTION_EVENTS = (accounts.ObjectionGranted, accounts.ObjectionEnded)
_THE_PROGRAM = "good-faith"
"""The purpose that a person objects to."""


class GoodFaithProcessor(Processor):
    """rules_at: the thresholds on a day; zone: of the business day."""

    tick_seconds: ClassVar[float | None] = 0.2

    def __init__(
        self,
        shape: Shape,
        clock: Clock,
        rules_at: Callable[[date], Rules],
        zone: ZoneInfo,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.shape = shape
        self._clock = clock
        self._rules_at = lru_cache(maxsize=_DAYS_REMEMBERED)(rules_at)
        self._zone = zone
        self._seconds = seconds
        self._partitions: dict[int, dict[str, _Account]] = {}
        self._scanned: date | None = None
        self._behind: dict[tuple[int, str], float] = {}  # (partition, account) -> when to send next, real seconds

    def wants(self, topic: str, event_type: str) -> bool:
        return event_type in _WANTED

    def reader(self, model: type[EventData]) -> Reader:
        return CountedOutcome.read if model is CaseOutcome else super().reader(model)

    def restore(self, partition: int, key: str, value: bytes) -> None:
        self._scanned = None
        kind, _, rest = key.partition("|")
        try:
            if kind == "case":
                account, principal, case_id = rest.split("|")
                self._program(partition, account, principal).tally.put(case_id, _CONTRIBUTION.validate_json(value))
            elif kind == "status":
                account, principal = rest.split("|")
                _restore_status(self._program(partition, account, principal), value)
            elif kind == "falsehood":
                self._account(partition, rest).falsehood = int(value)
            elif kind == "objection":
                _restore_objection(self._account(partition, rest), value)
            else:
                raise Unreadable(f"no such row: {kind}")
        except (ValidationError, KeyError, ValueError) as problem:
            raise Unreadable(repr(problem)) from problem

    def drop(self, partition: int) -> None:
        self._partitions.pop(partition, None)
        self._scanned = None

    def process(self, record: Record) -> Effects:
        data, day = record.data, record.envelope.time.astimezone(self._zone).date()
        if isinstance(data, CountedOutcome):
            return self._on_outcome(record, data, day)
        if isinstance(data, DayTurned):
            return self._on_all(record, data.account_id, data.day, again=True)
        if isinstance(data, accounts.StandingChanged) and data.deliberate_falsehood:
            account = self._account(record.partition, data.account_id)
            again = account.falsehood > 0
            account.falsehood = account.falsehood or record.envelope.sequence
            finding = Put(f"falsehood|{data.account_id}", str(account.falsehood).encode())
            effects = self._on_all(record, data.account_id, day, again=again)
            return Effects((finding, *effects.writes), effects.sends)
        if isinstance(data, _OBJECTION_EVENTS):
            return self._on_objection(record, data, day)
        return NOTHING

    def tick(self) -> Iterable[Send]:
        now, today = self._seconds(), self._today()
        self._collect(today)
        for (partition, account_id), due in list(self._behind.items()):
            if due <= now:
                self._behind[partition, account_id] = now + REPEAT_SECONDS
                yield self._day_turned(account_id, today)

    def backlog(self) -> int:
        """Accounts not yet judged for today."""
        self._collect(self._today())
        return len(self._behind)

    def _on_outcome(self, record: Record, data: CountedOutcome, day: date) -> Effects:
        account = self._account(record.partition, data.account_id)
        principal = data.principal_id or ""
        program = account.program(principal)
        case = Contribution(
            sequence=data.case_sequence,
            filed_on=data.filed_at.astimezone(self._zone).date(),
            decided=data.first_decision is not None,
            upheld=data.first_decision == "upheld",
            counter_success=data.counter_success,
        )
        before = program.standing
        judgements = self._days(account, program, day)
        fresh = program.tally.put(data.case_id, case)
        judgements += self._judge(account, program, day)
        effects = self._effects(record, program, data.account_id, principal, before, judgements, again=not fresh)
        row = case if fresh else program.tally.cases[data.case_id]
        put = Put(f"case|{data.account_id}|{principal}|{data.case_id}", orjson.dumps(row))
        return Effects((put, *effects.writes), effects.sends)

    def _on_objection(
        self, record: Record, data: accounts.ObjectionGranted | accounts.ObjectionEnded, day: date
    ) -> Effects:
        account, sequence = self._account(record.partition, data.account_id), record.envelope.sequence
        if sequence < account.objection_told:
            return NOTHING
        again = sequence == account.objection_told
        account.objection_told, account.objects = sequence, _THE_PROGRAM in data.objections
        row = orjson.dumps({"seq": sequence, "objects": account.objects})
        effects = self._on_all(record, data.account_id, day, again=again)
        return Effects((Put(f"objection|{data.account_id}", row), *effects.writes), effects.sends)

    def _on_all(self, record: Record, account_id: str, day: date, *, again: bool) -> Effects:
        """Every principal of the account is judged for the day."""
        account = self._account(record.partition, account_id)
        parts = []
        for principal, program in account.programs.items():
            before = program.standing
            if before is None:
                continue
            judgements = [*self._days(account, program, day), *self._judge(account, program, day)]
            parts.append(
                self._effects(
                    record, program, account_id, principal, before, judgements, again=again and before.day >= day
                )
            )
        return Effects(
            tuple(write for part in parts for write in part.writes),
            tuple(send for part in parts for send in part.sends),
        )

    def _days(self, account: _Account, program: _Program, through: date) -> list[_Judged]:
        """Judges the days gone by since the last one, with the figures as they were; those on which nothing can have
        changed are passed over."""
        if program.standing is None or program.standing.day >= through:
            return []
        judgements: list[_Judged] = []
        for day in days_to_judge(program.standing, through):
            before, rules = program.standing, self._rules_at(day)
            same_rules = rules.version == self._rules_at(before.day).version
            if not (same_rules and passes(program.tally, before, day, rules)):
                judgements += self._judge(account, program, day)
        if program.standing.day < through:
            program.standing = replace(program.standing, day=through)
        return judgements

    def _judge(self, account: _Account, program: _Program, day: date) -> tuple[_Judged, ...]:
        """Nothing where it stands as it stood."""
        before = program.standing
        day = max(day, before.day) if before else day
        rules, falsehood, objects = self._rules_at(day), account.falsehood > 0, account.objects
        if before is not None and stands(program.tally, falsehood, before, day, rules, objection=objects):
            return ()
        judgement = judge(program.tally, falsehood, before, day, rules, objection=objects)
        program.standing = judgement.standing
        # Each term only rises, and one of them did where anything is new.
        progress = program.tally.progress + account.falsehood + account.objection_told
        return ((progress + day.toordinal(), judgement),)

    def _effects(
        self,
        record: Record,
        program: _Program,
        account_id: str,
        principal: str,
        before: Standing | None,
        judgements: Iterable[_Judged],
        *,
        again: bool,
    ) -> Effects:
        key = f"{account_id}|{principal}" if principal else account_id
        sends = []
        for sequence, judgement in judgements:
            if judgement.change is not None:
                program.published = (sequence, _status(account_id, principal, judgement))
                sends.append(self._publish(key, program.published, record.envelope))
        if again and not sends and program.published is not None:
            sends.append(self._publish(key, program.published, record.envelope))
        if program.standing is before or program.standing is None or program.standing == before:
            return Effects((), tuple(sends))
        row = _status_row(program.standing, program.published)
        return Effects((Put(f"status|{account_id}|{principal}", row),), tuple(sends))

    def _publish(self, key: str, published: tuple[int, Facts], cause: Envelope) -> Send:
        sequence, facts = published
        envelope = Envelope(
            id=f"goodfaith/{key}/{sequence}",
            source="/scoring/goodfaith",
            type=GoodFaithStatus.type,
            subject=key,
            time=cause.time,
            dataschema=GoodFaithStatus.dataschema(),
            sequence=sequence,
            data=facts,
            causationid=cause.id,
            correlationid=cause.correlationid,
        )
        return Send.of(self.shape.outputs[0], key, envelope)

    def _day_turned(self, account_id: str, day: date) -> Send:
        data = DayTurned(account_id=account_id, day=day)
        envelope = Envelope(
            id=f"goodfaith-day/{account_id}/{day}",
            source="/scoring/goodfaith",
            type=data.type,
            subject=account_id,
            time=self._clock.now(),
            dataschema=data.dataschema(),
            sequence=day.toordinal(),
            data=data.model_dump(mode="json"),
        )
        return Send.of(self.shape.outputs[1], account_id, envelope)

    def _collect(self, today: date) -> None:
        """Looks through all accounts when the day turned or partitions came and went; else only at those behind."""
        if self._scanned != today:
            self._scanned = today
            self._behind = {(p, name): 0.0 for p, known in self._partitions.items() for name in known}
        for partition, name in list(self._behind):
            account = self._partitions.get(partition, {}).get(name)
            if account is None or not account.behind(today):
                del self._behind[partition, name]

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _account(self, partition: int, account_id: str) -> _Account:
        accounts_of = self._partitions.setdefault(partition, {})
        found = accounts_of.get(account_id)
        if found is None:
            found = accounts_of[account_id] = _Account()
        return found

    def _program(self, partition: int, account_id: str, principal: str) -> _Program:
        return self._account(partition, account_id).program(principal)


def _status(account_id: str, principal: str, judgement: Judgement) -> Facts:
    counts = judgement.counts
    return {
        "account_id": account_id,
        "principal_id": principal or None,
        "eligible": judgement.standing.eligible,
        "change": judgement.change,
        "day": judgement.day,
        "window_from": judgement.window.after,
        "window_to": judgement.window.through,
        "requests": counts.requests,
        "decided": counts.decided,
        "upheld": counts.upheld,
        "counter_successes": counts.counter_successes,
        "success_rate": counts.success_rate,
        "counter_success_rate": counts.counter_success_rate,
        "unmet": judgement.standing.unmet,
        "barred_until": judgement.standing.barred_until,
        "policy_version": judgement.version,
    }


def _restore_objection(account: _Account, value: bytes) -> None:
    body = orjson.loads(value)
    if int(body["seq"]) >= account.objection_told:
        account.objection_told, account.objects = int(body["seq"]), bool(body["objects"])


def _status_row(standing: Standing, published: tuple[int, Facts] | None) -> bytes:
    sequence, facts = published or (0, None)
    return orjson.dumps({"seq": sequence, "standing": standing, "published": facts}, default=tuple)


def _restore_status(program: _Program, value: bytes) -> None:
    """Keeps the row that was written later: by the day judged, then by the sequence published."""
    body = orjson.loads(value)
    standing, sequence = _STANDING.validate_python(body["standing"]), int(body["seq"])
    known = program.standing
    if known is None or (standing.day, sequence) >= (known.day, program.published[0] if program.published else 0):
        program.standing = standing
        if body["published"]:
            GoodFaithStatus.model_validate(body["published"])
        program.published = (sequence, body["published"]) if body["published"] else None
