"""`scoring.merchants.v1` (compacted): a merchant's penalty points and where they put it on its platform's ladder."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class PointEntry(BaseModel):
    """Points of one case; `counted` is 0 where the case fell into the group of an earlier one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    case_id: str
    scored_at: datetime
    lapses_at: datetime
    counted: int


class MerchantPoints(EventData):
    """As of the latest outcome: later lapses follow from `entries`, which say when each lapses; lapsed ones are left
    out. `step`: the highest rung of the ladder reached (`none` below the first)."""

    type: ClassVar[str] = "ipp.scoring.merchant-points"

    platform: str
    merchant_id: str
    points: int
    step: str
    entries: tuple[PointEntry, ...]
    policy_version: str


TOPIC = Topic(
    name="scoring.merchants.v1",
    key="platform and merchant id, joined by a colon",
    producers=("penalty processor of scoring",),
    consumers=("scoring", "analysts"),
    events=(MerchantPoints,),
    examples=(
        MerchantPoints(
            platform="alibaba",
            merchant_id="m-alibaba-17",
            points=6,
            step="warning",
            entries=(
                PointEntry(
                    case_id="IPP-7K2M9QX4TD-001",
                    scored_at=datetime.fromisoformat("2026-02-13T06:05:00Z"),
                    lapses_at=datetime.fromisoformat("2027-02-13T06:05:00Z"),
                    counted=6,
                ),
            ),
            policy_version="2026-01",
        ),
    ),
    sequence="rises with every outcome that was counted; the highest counts",
    compacted=True,
)
