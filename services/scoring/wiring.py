"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.scoring.exports.api import ExportsApi
from services.scoring.exports.queries import ExportQueries
from services.scoring.goodfaith.api import GoodFaithApi
from services.scoring.goodfaith.store import StatusRecords
from services.scoring.operations import OPERATIONS
from services.scoring.penalties.api import MerchantsApi
from services.scoring.penalties.store import MerchantRecords
from services.scoring.rules import RuleBook
from services.scoring.settings import Settings
from services.scoring.streams import goodfaith, outcomes, penalties
from shared.disclosures import DisclosureLog
from shared.policies.loading import load_policy_book
from shared.runtime.assembly import Assembly
from shared.runtime.foundation import foundation
from shared.runtime.process import ProcessRole


@asynccontextmanager
async def running(settings: Settings, roles: frozenset[ProcessRole]) -> AsyncIterator[Assembly]:
    """The service, until the block ends."""
    async with foundation("scoring", settings.surroundings, roles) as ground:
        rules = RuleBook(load_policy_book())
        statuses = StatusRecords(ground.database)
        merchants = MerchantRecords(ground.database)
        await statuses.prepare()
        await merchants.prepare()
        disclosures = DisclosureLog(ground.database, ground.clock)
        await disclosures.prepare()
        exports = ExportQueries(statuses, disclosures)
        version, suffix = settings.streams_version, settings.output_suffix

        await ground.stream(
            outcomes.OutcomeProcessor(outcomes.shape(version=version, suffix=suffix)),
            goodfaith.GoodFaithProcessor(
                goodfaith.shape(version=version, suffix=suffix), ground.clock, rules.good_faith, rules.zone
            ),
            penalties.PenaltyProcessor(penalties.shape(version=version, suffix=suffix), rules.penalties),
        )
        await ground.react(statuses.subscription(), merchants.subscription())
        await ground.serve(
            (
                *GoodFaithApi(statuses).routes(),
                *MerchantsApi(merchants, rules.penalties, ground.clock).routes(),
                *ExportsApi(exports.entries, disclosures).routes(),
            ),
            OPERATIONS,
            "What follows from many cases: the Good Faith Program and merchants' penalty points.",
        )
        yield ground.assembly
