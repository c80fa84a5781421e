"""What operators decided about records that waited: by whom, when and why. Only added to, in the service's store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

from shared.kernel.clock import wall_seconds
from shared.kernel.ids import random_id
from shared.mongo import Database, InsertOne

Verdict = Literal["retry", "discard"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Decision:
    """about: the id of a parked record or of a dead letter; by: the operator, as they name themselves; at: UTC, by the
    machine's clock."""

    about: str
    verdict: Verdict
    by: str
    why: str
    at: datetime


class DecisionLog:
    """In the database of the service whose group let the record wait."""

    def __init__(self, database: Database) -> None:
        self._decisions = database.collection("inbox.decisions")

    async def add(self, about: Sequence[str], verdict: Verdict, by: str, why: str) -> None:
        at = datetime.fromtimestamp(wall_seconds(), UTC)
        await self._decisions.write(
            [
                InsertOne(
                    {
                        "_id": random_id("decision"),
                        "about": each,
                        "verdict": verdict,
                        "by": by,
                        "why": why,
                        "at": at.isoformat(),
                    }
                )
                for each in about
            ]
        )
        for each in about:
            log.info("operator.decided", about=each, verdict=verdict, by=by)

    async def all(self) -> list[Decision]:
        """Oldest first."""
        found = await self._decisions.find({})
        decisions = [
            Decision(each["about"], each["verdict"], each["by"], each["why"], datetime.fromisoformat(each["at"]))
            for each in found
        ]
        return sorted(decisions, key=lambda decision: decision.at)
