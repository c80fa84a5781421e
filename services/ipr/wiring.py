"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.ipr.authentication.api import AuthenticationApi
from services.ipr.operations import OPERATIONS
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.api import RightsApi
from services.ipr.rights.commands import RightCommands
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reactions import Expiries
from services.ipr.rights.store import RIGHTS
from services.ipr.settings import Settings
from services.ipr.streams.deadlines import deadline_processor
from shared.mongo import connect
from shared.policies.loading import load_policy_book
from shared.runtime.assembly import Assembly
from shared.runtime.foundation import Foundation, foundation
from shared.runtime.process import ProcessRole
from shared.vault import MongoVaultStore, RegionalVault, Vault


@asynccontextmanager
async def running(settings: Settings, roles: frozenset[ProcessRole]) -> AsyncIterator[Assembly]:
    """The service, until the block ends."""
    async with foundation("ipr", settings.surroundings, roles) as ground:
        clock, book = ground.clock, load_policy_book()
        accounts = AccountReplica(ground.database)
        queries = RightQueries(ground.database)
        vault = await _vault(ground, settings)
        commands = RightCommands(await ground.repository(RIGHTS), accounts, vault, await ground.files(), book, clock)

        await ground.react(accounts.subscription(), Expiries(commands).subscription())
        await ground.stream(deadline_processor(clock, book.at(clock.now()).deadlines.expiry_grace))
        await ground.serve(
            (*RightsApi(commands, queries).routes(), *AuthenticationApi(commands, queries).routes()),
            OPERATIONS,
            "Rights: submitted, authenticated, withdrawn, expired.",
        )
        yield ground.assembly


async def _vault(ground: Foundation, settings: Settings) -> RegionalVault:
    """Documents of mainland registrants stay in the China region, like their other data (DOMAIN, Accounts 9)."""
    database = connect(settings.mainland_mongo_url, f"{settings.surroundings.database}_cn")
    ground.assembly.at_end(database.close)
    mainland_store = MongoVaultStore(database)
    await mainland_store.prepare()
    here = await ground.vault()
    mainland = Vault(mainland_store, ground.secret, ground.secret.derive("blind-index"))
    return RegionalVault({"cn": mainland, "intl": here}, _region_of, blind=here)


def _region_of(account_id: str) -> str:
    return "cn" if account_id.startswith("acc-cn-") else "intl"
