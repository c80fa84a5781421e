"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.identity.access.api import AccessApi
from services.identity.access.attempts import Attempts
from services.identity.access.commands import AccessCommands
from services.identity.access.own_token import OwnToken
from services.identity.access.passwords import Passwords
from services.identity.access.sessions import Sessions
from services.identity.access.store import STAFF
from services.identity.accounts.agreements import load_agreements
from services.identity.accounts.api import AccountsApi
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.email_codes import EmailCodes
from services.identity.accounts.queries import AccountQueries
from services.identity.accounts.store import ACCOUNTS
from services.identity.consents.api import ConsentsApi
from services.identity.consents.purposes import load_purposes
from services.identity.contacts.api import ContactsApi
from services.identity.contacts.commands import ContactCommands
from services.identity.deadlines import Expiries
from services.identity.disclosed.api import DisclosedApi
from services.identity.disclosed.queries import DisclosureQueries
from services.identity.erasure.api import ErasureApi
from services.identity.erasure.commands import ErasureCommands
from services.identity.erasure.queries import ErasureQueries
from services.identity.erasure.reactions import Answers, Farewell, HoldsReleased, OwnPart
from services.identity.erasure.store import ERASURES
from services.identity.exports.api import ExportsApi
from services.identity.exports.holders import Holders
from services.identity.exports.log import ExportLog
from services.identity.exports.making import ArchiveMaker
from services.identity.exports.own import OwnHolding
from services.identity.exports.pages import Pages
from services.identity.holds.api import HoldsApi
from services.identity.incidents.api import IncidentsApi
from services.identity.incidents.commands import IncidentCommands
from services.identity.incidents.reactions import ServiceOfNotices, Tellings
from services.identity.incidents.store import AFFECTED, INCIDENTS, IncidentIndex
from services.identity.operations import OPERATIONS
from services.identity.phone.api import PhoneApi
from services.identity.privacy.api import PrivacyApi
from services.identity.privacy.rights import load_personal_rights
from services.identity.privacy_desk.api import PrivacyDeskApi
from services.identity.privacy_requests.api import PrivacyRequestsApi
from services.identity.privacy_requests.commands import RequestCommands
from services.identity.privacy_requests.queries import RequestQueries
from services.identity.privacy_requests.reactions import Effects, ServedNotices
from services.identity.privacy_requests.store import REQUESTS
from services.identity.retention import KeptBackHere, judges
from services.identity.settings import Settings
from services.identity.streams.deadlines import deadline_processor
from services.identity.verification.api import VerificationApi
from services.identity.verification.commands import VerificationCommands
from services.identity.verification.providers import HttpIdentityProvider, IdentityProvider, NoIdentityProvider
from services.identity.verification.queries import VerificationQueries
from services.identity.verification.reactions import FirstRights
from shared.access import Signer
from shared.disclosures import DisclosureLog
from shared.policies.loading import load_policy_book
from shared.policies.retention_loading import load_retention_book
from shared.runtime.assembly import Assembly
from shared.runtime.foundation import foundation
from shared.runtime.process import ProcessRole
from shared.vault import region_of_account

ISSUER = "identity"


@asynccontextmanager
async def running(
    settings: Settings, roles: frozenset[ProcessRole], provider: IdentityProvider | None = None
) -> AsyncIterator[Assembly]:
    """The service, until the block ends. `provider`: in place of the one that the settings name."""
    async with foundation("identity", settings.surroundings, roles) as ground:
        clock, database, book = ground.clock, ground.database, load_policy_book()
        vault = await ground.vault(region_of_account)
        signer = Signer.from_file(ISSUER, settings.surroundings.state_folder / "signing-key.pem")
        accounts = await ground.repository(ACCOUNTS)
        staff = await ground.repository(STAFF)
        queries = AccountQueries(database, vault)
        passwords, attempts, sessions = Passwords(), Attempts(database), Sessions(database)
        disclosures, exports = DisclosureLog(database, clock), ExportLog(database, book, clock)
        for kept in (attempts, sessions, disclosures, exports):
            await kept.prepare()

        registry = AccountCommands(
            accounts, queries, vault, EmailCodes(vault), passwords, attempts, load_agreements(), clock
        )
        access = AccessCommands(
            accounts,
            staff,
            queries,
            vault,
            passwords,
            attempts,
            sessions,
            signer,
            settings.service_secrets,
            settings.token_lifetime_s,
        )
        intake, purposes = await ground.files(), load_purposes()
        asked_of = provider or _provider(settings)
        verification = VerificationCommands(accounts, vault, asked_of, intake, book, clock, disclosures, purposes)
        contacts = ContactCommands(accounts, vault)
        requests = await ground.repository(REQUESTS)
        asked_for = RequestQueries(database, requests)
        privacy = RequestCommands(requests, accounts, asked_for, access, vault, book, clock)
        asked = await ground.peers(OwnToken(signer, settings.token_lifetime_s))
        maker = ArchiveMaker(
            OwnHolding(accounts, vault, sessions, disclosures, exports, ErasureQueries(database), asked_for),
            Holders(asked, settings.surroundings.peers),
            exports,
            Pages(),
            clock,
        )
        kept_back, rules = KeptBackHere(database), load_retention_book()
        incident_store = await ground.repository(INCIDENTS)
        removals = await ground.retain(rules, vault, judges(accounts, incident_store, asked_for), kept_back)
        if settings.operator is not None:
            await access.ensure_operator(*settings.operator)

        disclosed = DisclosureQueries(disclosures, asked, settings.surroundings.peers, staff)
        incidents = IncidentCommands(
            incident_store,
            await ground.repository(AFFECTED),
            accounts,
            IncidentIndex(database),
            vault,
            clock,
        )
        erasures = ErasureCommands(await ground.repository(ERASURES), accounts, vault, sessions, book, clock)

        await ground.react(
            FirstRights(verification).subscription(),
            Expiries(verification, erasures, privacy).subscription(),
            Effects(privacy).subscription(),
            ServedNotices(privacy).subscription(),
            OwnPart(erasures).subscription(),
            Answers(erasures).subscription(),
            Farewell(erasures).subscription(),
            HoldsReleased(erasures).subscription(),
            Tellings(incidents).subscription(),
            ServiceOfNotices(incidents).subscription(),
        )
        await ground.stream(deadline_processor(clock, book.at(clock.now()).deadlines.expiry_grace))
        await ground.serve(
            (
                *AccountsApi(registry, disclosures).routes(),
                *VerificationApi(registry, verification, VerificationQueries(database), disclosures).routes(),
                *ContactsApi(registry, contacts, disclosures, purposes).routes(),
                *PhoneApi(registry).routes(),
                *ConsentsApi(registry, purposes, clock).routes(),
                *PrivacyRequestsApi(registry, privacy).routes(),
                *PrivacyDeskApi(privacy, disclosures).routes(),
                *PrivacyApi(registry, asked_for, purposes, load_personal_rights(), book, clock).routes(),
                *AccessApi(access).routes(),
                *ExportsApi(registry, access, maker, exports, disclosures).routes(),
                *DisclosedApi(registry, disclosed).routes(),
                *IncidentsApi(incidents, book, clock).routes(),
                *HoldsApi(accounts, kept_back, rules, clock).routes(),
                *removals.routes(),
                *ErasureApi(registry, access, erasures, ErasureQueries(database)).routes(),
            ),
            OPERATIONS,
            "Accounts: registered, verified, contacted, logged in.",
        )
        yield ground.assembly


def _provider(settings: Settings) -> IdentityProvider:
    return HttpIdentityProvider(settings.provider_url) if settings.provider_url else NoIdentityProvider()
