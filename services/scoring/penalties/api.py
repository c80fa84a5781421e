"""Reading a merchant's penalty points and its rung, as of now: what lapsed meanwhile counts no more."""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel

from services.scoring.penalties.model import Entry, RulesAt, standing_at
from services.scoring.penalties.store import MerchantRecords
from shared.httpkit import Route, not_found, ok
from shared.kernel.clock import Clock
from shared.policies.platforms import PLATFORMS


class EntryView(BaseModel):
    """`counted` is 0 where the case fell into the group of an earlier one."""

    case_id: str
    scored_at: datetime
    lapses_at: datetime
    counted: int


class MerchantView(BaseModel):
    platform: str
    merchant_id: str
    points: int
    step: str
    entries: tuple[EntryView, ...]
    policy_version: str


class MerchantsApi:
    def __init__(self, records: MerchantRecords, rules_at: RulesAt, clock: Clock) -> None:
        self._records = records
        self._rules_at = rules_at
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/merchants/{platform}/{merchant_id}",
                "read-merchant-points",
                "A merchant's penalty points and the rung of the ladder that they reach",
                self.read,
                output=MerchantView,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        platform, merchant_id = request.match_info["platform"], request.match_info["merchant_id"]
        told = await self._records.get(platform, merchant_id) if platform in PLATFORMS else None
        if told is None:
            raise not_found("merchant")
        now = self._clock.now()
        rules = self._rules_at(platform, now)
        entries = [Entry(one.case_id, one.scored_at, one.lapses_at, one.counted) for one in told.entries]
        points, step = standing_at(entries, now, rules.ladder)
        standing = [EntryView.model_validate(one.model_dump()) for one in told.entries if now < one.lapses_at]
        return ok(
            MerchantView(
                platform=platform,
                merchant_id=merchant_id,
                points=points,
                step=step,
                entries=tuple(standing),
                policy_version=rules.version,
            )
        )
