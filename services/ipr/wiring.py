"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.ipr.authentication.api import AuthenticationApi
from services.ipr.disclosed.api import DisclosedApi
from services.ipr.disclosure.api import DisclosureApi, MerchantsApi
from services.ipr.disclosure.copies import DisclosedCopies
from services.ipr.erasure.holder import RightsHolder
from services.ipr.erasure.store import ERASURES
from services.ipr.exports.api import ExportsApi
from services.ipr.exports.queries import ExportQueries
from services.ipr.operations import OPERATIONS
from services.ipr.retention import judges
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.api import RightsApi
from services.ipr.rights.commands import RightCommands
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reactions import Expiries
from services.ipr.rights.reading import RightReading
from services.ipr.rights.store import RIGHTS
from services.ipr.settings import Settings
from services.ipr.streams.deadlines import deadline_processor
from shared.disclosures import DisclosureLog
from shared.erasure import ErasureRecipient
from shared.policies.loading import load_policy_book
from shared.policies.retention_loading import load_retention_book
from shared.retention import AskedIdentity
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
        rights = await ground.repository(RIGHTS)
        commands = RightCommands(rights, accounts, vault, await ground.files(), book, clock)
        disclosures = DisclosureLog(ground.database, clock)
        await disclosures.prepare()
        exports = ExportQueries(ground.database, rights, vault, disclosures)
        kept_back = AskedIdentity(
            await ground.peers(), settings.surroundings.peers.get("identity", ""), accounts.replica
        )
        removals = await ground.retain(
            load_retention_book(), vault, judges(ground.database, rights, accounts), kept_back
        )
        holder = RightsHolder(accounts, commands, queries, vault)
        erasures = ErasureRecipient("ipr", await ground.repository(ERASURES), holder)
        reading, copies = RightReading(commands.repository, disclosures), DisclosedCopies(commands)

        await ground.react(accounts.subscription(), Expiries(commands).subscription(), erasures.subscription())
        await ground.stream(deadline_processor(clock, book.at(clock.now()).deadlines.expiry_grace))
        await ground.serve(
            (
                *RightsApi(commands, queries, reading).routes(),
                *AuthenticationApi(commands, queries).routes(),
                *DisclosureApi(copies, reading, queries).routes(),
                *MerchantsApi(copies, reading, disclosures).routes(),
                *ExportsApi(exports.entries, disclosures).routes(),
                *DisclosedApi(disclosures).routes(),
                *removals.routes(),
            ),
            OPERATIONS,
            "Rights: submitted, authenticated, withdrawn, expired.",
        )
        yield ground.assembly
