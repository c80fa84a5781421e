"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.ipr.authentication.api import AuthenticationApi
from services.ipr.erasure.holder import RightsHolder
from services.ipr.erasure.store import ERASURES
from services.ipr.operations import OPERATIONS
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.api import RightsApi
from services.ipr.rights.commands import RightCommands
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reactions import Expiries
from services.ipr.rights.store import RIGHTS
from services.ipr.settings import Settings
from services.ipr.streams.deadlines import deadline_processor
from shared.erasure import ErasureRecipient
from shared.policies.loading import load_policy_book
from shared.runtime.assembly import Assembly
from shared.runtime.foundation import foundation
from shared.runtime.process import ProcessRole
from shared.vault import region_of_account


@asynccontextmanager
async def running(settings: Settings, roles: frozenset[ProcessRole]) -> AsyncIterator[Assembly]:
    """The service, until the block ends."""
    async with foundation("ipr", settings.surroundings, roles) as ground:
        clock, book = ground.clock, load_policy_book()
        accounts = AccountReplica(ground.database)
        queries = RightQueries(ground.database)
        vault = await ground.vault(region_of_account)
        commands = RightCommands(await ground.repository(RIGHTS), accounts, vault, await ground.files(), book, clock)
        holder = RightsHolder(accounts, commands, queries, vault)
        erasures = ErasureRecipient("ipr", await ground.repository(ERASURES), holder)

        await ground.react(accounts.subscription(), Expiries(commands).subscription(), erasures.subscription())
        await ground.stream(deadline_processor(clock, book.at(clock.now()).deadlines.expiry_grace))
        await ground.serve(
            (*RightsApi(commands, queries).routes(), *AuthenticationApi(commands, queries).routes()),
            OPERATIONS,
            "Rights: submitted, authenticated, withdrawn, expired.",
        )
        yield ground.assembly
