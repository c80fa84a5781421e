"""The penalty processor: outcomes by merchant to points and the rung of the ladder.

Table: `merchant|case` -> what the case scores. A lapse is told by the next outcome; readers see it coming from the
entries, which say when each lapses.
"""

from dataclasses import asdict
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from services.scoring.outcomes.model import merchant_key
from services.scoring.penalties.model import Book, RulesAt, Score, Sheet
from shared.contracts.envelope import Envelope
from shared.contracts.scoring import merchants, outcomes
from shared.contracts.scoring.merchants import MerchantPoints
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.streams.processor import NOTHING, Effects, Processor, Put, Record, Send, Shape, Unreadable

NAME = "scoring.penalties"
_SCORE = TypeAdapter(Score)


def shape(*, version: int = 1, suffix: str = "") -> Shape:
    """What it reads and writes; a rebuild is the next version, on topics with a suffix."""
    inputs = {outcomes.BY_MERCHANT.name + suffix: outcomes.BY_MERCHANT}
    return Shape(NAME, inputs, (merchants.TOPIC.name + suffix,), version)


class PenaltyProcessor(Processor):
    """rules_at: the ladder of a platform at an instant."""

    def __init__(self, shape: Shape, rules_at: RulesAt) -> None:
        self.shape = shape
        self._rules_at = rules_at
        self._partitions: dict[int, dict[str, Book]] = {}

    def restore(self, partition: int, key: str, value: bytes) -> None:
        try:
            merchant, case_id = key.rsplit("|", 1)
            self._book(partition, merchant).put(case_id, _SCORE.validate_json(value))
        except (ValidationError, ValueError) as problem:
            raise Unreadable(repr(problem)) from problem

    def drop(self, partition: int) -> None:
        self._partitions.pop(partition, None)

    def process(self, record: Record) -> Effects:
        data, at = record.data, record.envelope.time
        if not isinstance(data, CaseOutcome) or data.merchant_id is None:
            return NOTHING
        merchant = merchant_key(data.platform, data.merchant_id)
        book = self._book(record.partition, merchant)
        platforms = book.platforms() | {data.platform}
        before = self._sheets(book, platforms, at)
        fresh = book.put(data.case_id, _score(data))
        after = self._sheets(book, platforms, at)
        put = Put(f"{merchant}|{data.case_id}", _SCORE.dump_json(book.scores[data.case_id]))
        changed = [name for name in sorted(platforms) if not fresh or after[name] != before[name]]
        sends = [self._publish(name, data.merchant_id, after[name], book.progress, record.envelope) for name in changed]
        return Effects((put,), tuple(sends))

    def _sheets(self, book: Book, platforms: frozenset[str], at: datetime) -> dict[str, Sheet]:
        return {platform: book.sheet(platform, at, self._rules_at) for platform in platforms}

    def _publish(self, platform: str, merchant_id: str, sheet: Sheet, progress: int, cause: Envelope) -> Send:
        data = MerchantPoints.model_validate(
            {
                "platform": platform,
                "merchant_id": merchant_id,
                "points": sheet.points,
                "step": sheet.step,
                "entries": [asdict(entry) for entry in sheet.entries],
                "policy_version": sheet.version,
            }
        )
        key = f"{platform}:{merchant_id}"
        envelope = Envelope(
            id=f"merchant-points/{key}/{progress}",
            source="/scoring/penalties",
            type=data.type,
            subject=key,
            time=cause.time,
            dataschema=data.dataschema(),
            sequence=progress,
            data=data.model_dump(mode="json"),
            causationid=cause.id,
            correlationid=cause.correlationid,
        )
        return Send.of(self.shape.outputs[0], key, envelope)

    def _book(self, partition: int, merchant: str) -> Book:
        return self._partitions.setdefault(partition, {}).setdefault(merchant, Book())


def _score(data: CaseOutcome) -> Score:
    return Score(
        sequence=data.case_sequence,
        platform=data.platform,
        owner=data.principal_id or data.account_id,
        reason=data.reason,
        scored_at=data.taken_down_at,
        stands=data.points_stand,
    )
