"""What every service stands on in a process: clock, database, producer, inbox; and how its parts are added.

A wiring says in one line each: which aggregates are kept (with their relays), what is reacted to, which processors
run, what is served. Nothing here knows a service.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from shared.access import Operations, Role, Verifier
from shared.access.key_cache import StoredKeys
from shared.eventstore import AggregateType, Repository
from shared.eventstore.aggregate import Event, State
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.eventstore.relay import Relay
from shared.files import FileIntake
from shared.files.inspector import InspectorProcess
from shared.files.scanning import scanner_from
from shared.httpkit import HttpServer, Route, create_app
from shared.kafka.producer import Producer
from shared.kernel.clock import Clock, clock_from
from shared.mongo import Database, connect
from shared.peers import Bearer, FetchedToken, Peers
from shared.policies.retention import RetentionBook
from shared.reactions import Subscription
from shared.reactions.mongo_inbox import MongoInbox
from shared.reactions.runner import ReactionRunner
from shared.retention import Judges, KeptBack, retention_job
from shared.retention.api import RemovalsApi
from shared.runtime.assembly import Assembly, Background
from shared.runtime.process import ProcessRole
from shared.runtime.surroundings import Surroundings
from shared.streams.app import StreamSettings
from shared.streams.processor import Processor
from shared.streams.worker import StreamWorker
from shared.vault import LocalKeyRing, LocalSecret, MongoVaultStore, Region, RegionalVault, RegionOf, Vault

log = structlog.get_logger(__name__)

AUDIENCE = "ipp"
"""Of tokens for our own APIs."""

GRANTS = {"notifications": frozenset({Role.MERCHANT})}
"""What an issuer other than identity may say of a caller: notifications signs merchants' links and nothing else."""


@dataclass(frozen=True)
class Foundation:
    """One process of one service. Parts are started as they are added and stopped in reverse."""

    service: str
    surroundings: Surroundings
    roles: frozenset[ProcessRole]
    assembly: Assembly
    clock: Clock
    database: Database
    producer: Producer
    inbox: MongoInbox
    secret: LocalSecret

    async def repository(self, aggregate: AggregateType[State, Event]) -> Repository[State, Event]:
        """A collection of aggregates with its relay."""
        store = MongoAggregateStore(self.database, aggregate.collection, aggregate.indexes)
        await store.prepare()
        relay = Relay(aggregate.collection, store, self.producer)
        await self.assembly.start(Background(f"relay:{aggregate.collection}", relay.run), backlog=relay.backlog)
        return Repository(aggregate, store, self.clock, self.service, on_commit=relay.wake)

    async def vault(self, region_of: RegionOf) -> RegionalVault:
        """Data of operations in China in the China region's store, all else in the service's own database. Keys of
        subjects are wrapped and blind indexes made alike in both."""
        surroundings = self.surroundings
        mainland = connect(surroundings.mainland_mongo_url, f"{surroundings.database}_cn")
        self.assembly.at_end(mainland.close)
        ring, blind_key = LocalKeyRing(self.secret, surroundings.state_folder), self.secret.derive("blind-index")
        databases: Mapping[Region, Database] = {"intl": self.database, "cn": mainland}
        vaults: dict[Region, Vault] = {}
        for region, database in databases.items():
            store = MongoVaultStore(database)
            await store.prepare()
            vaults[region] = Vault(store, ring, blind_key)
        return RegionalVault(vaults, region_of, blind=vaults["intl"])

    async def files(self) -> FileIntake:
        """What looks at uploads. Without a scanner's address it says so, here and with every file."""
        inspector, scanner_url = InspectorProcess(), self.surroundings.scanner_url
        await self.assembly.start(inspector)
        if not scanner_url:
            log.warning("file-scanner-not-configured", service=self.service)
        return FileIntake(inspector, scanner_from(scanner_url))

    async def peers(self, bearer: Bearer | None = None) -> Peers:
        """Asks our other services; `bearer`: in place of a token that is fetched from identity."""
        known = self.surroundings
        fetched = FetchedToken(known.peers.get("identity", ""), self.service, known.service_secret)
        return await self.assembly.enter(Peers(bearer or fetched))

    async def react(self, *subscriptions: Subscription) -> None:
        """Starts a consumer for each, in processes that have the role."""
        if ProcessRole.REACTIONS not in self.roles:
            return
        for subscription in subscriptions:
            runner = ReactionRunner(subscription, self.surroundings.kafka_bootstrap, self.inbox, self.producer)

            async def health(of: ReactionRunner = runner) -> str:
                return "" if of.healthy else of.stopped_because or "not started"

            part = Background(f"reaction:{subscription.group}", runner.run)
            await self.assembly.start(part, health=health, backlog=runner.backlog)

    async def stream(self, *processors: Processor) -> None:
        """Starts a worker for each, in processes that have the role."""
        if ProcessRole.STREAMS not in self.roles:
            return
        for processor in processors:
            instance = self.surroundings.instance
            folder = self.surroundings.state_folder / "streams" / instance
            settings = StreamSettings(self.surroundings.kafka_bootstrap, instance=instance, state_folder=folder)
            worker = StreamWorker(processor, settings)
            part = Background(f"stream:{worker.name}", worker.run)
            await self.assembly.start(part, health=worker.health, backlog=worker.backlog)

    async def background(self, part: Background) -> None:
        """A sweeper or sender of the service's own, in processes that have the role `reactions`."""
        if ProcessRole.REACTIONS in self.roles:
            await self.assembly.start(part)

    async def retain(
        self, rules: RetentionBook, vault: RegionalVault, judges: Judges, kept_back: KeptBack
    ) -> RemovalsApi:
        """The daily removal of what is kept long enough, in processes that have the role `reactions`; and who tells
        people of it."""
        job = retention_job(
            self.service,
            self.database,
            vault.stores,
            judges,
            rules,
            self.clock,
            kept_back,
            holder=self.surroundings.instance,
        )
        await job.ledger.prepare()
        await self.background(Background("retention", job.run))
        return RemovalsApi(job.ledger, rules)

    async def serve(self, routes: Sequence[Route], operations: Operations, summary: str) -> None:
        """The HTTP server, last of all: whoever asks finds everything else started. A process without the role `api`
        serves what watches it, and no operations."""
        is_api = ProcessRole.API in self.roles
        app = create_app(
            self.service,
            routes if is_api else (),
            operations=operations,
            authenticator=Verifier(self.surroundings.issuers, AUDIENCE, cache=StoredKeys(self.database), grants=GRANTS),
            readiness=self.assembly.readiness,
            backlog=self.assembly.backlog,
            hash_key=self.secret.derive("request-hash"),
            summary=summary,
        )
        server = HttpServer(app, self.surroundings.http_host, self.surroundings.http_port)
        await self.assembly.start(server, health=server.health)


@asynccontextmanager
async def foundation(
    service: str, surroundings: Surroundings, roles: frozenset[ProcessRole]
) -> AsyncIterator[Foundation]:
    """The ground to build on; everything that was started on it is stopped at the end."""
    async with AsyncExitStack() as stack:
        assembly = Assembly(stack)
        database = connect(surroundings.mongo_url, surroundings.database)
        stack.callback(database.close)
        inbox = MongoInbox(database)
        await inbox.prepare()
        producer = Producer(surroundings.kafka_bootstrap, service)
        await producer.start()
        stack.push_async_callback(producer.stop)

        async def store_health() -> str:
            await database.ping()
            return ""

        async def broker_health() -> str:
            return "" if await producer.healthy() else "no answer"

        assembly.watch("store", health=store_health)
        assembly.watch("broker", health=broker_health)
        yield Foundation(
            service=service,
            surroundings=surroundings,
            roles=roles,
            assembly=assembly,
            clock=clock_from(surroundings.clock_file),
            database=database,
            producer=producer,
            inbox=inbox,
            secret=LocalSecret.from_file(surroundings.state_folder / "secret"),
        )
