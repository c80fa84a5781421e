"""One service on a real broker and a real store, with the test in the place of all others."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiokafka import AIOKafkaConsumer

from deploy.local.ports import free_ports
from deploy.local.stack import LocalStack
from deploy.provision import apply, declared
from shared.access import Actor, Role, Signer
from shared.contracts.envelope import Envelope, EventData, decode, encode
from shared.httpkit import HttpServer
from shared.kafka.producer import Producer
from shared.kernel.clock import FileClock
from shared.runtime.foundation import AUDIENCE
from tests.support.eventually import eventually

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai


@dataclass
class World:
    """What a test of one service holds in its hand. kept_back: what identity says of accounts, by the reason."""

    stack: LocalStack
    folder: Path
    clock: FileClock
    identity: Signer
    notifications: Signer
    producer: Producer
    http: aiohttp.ClientSession
    port: int
    env: Mapping[str, str]
    kept_back: dict[str, str]
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    def token(self, actor_id: str, *roles: Role, account: str | None = None) -> str:
        return self.identity.issue(Actor(actor_id, frozenset(roles), account), AUDIENCE, 3600)

    def merchant_token(self, merchant_id: str, case_id: str) -> str:
        actor = Actor(merchant_id, frozenset({Role.MERCHANT}), scopes=frozenset({f"case:{case_id}"}))
        return self.notifications.issue(actor, AUDIENCE, 3600)

    async def call(
        self, method: str, path: str, token: str = "", body: object = None, key: str | None = None
    ) -> tuple[int, Any]:
        """Status and JSON. A POST gets a fresh Idempotency-Key unless one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if method == "POST":
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def tell(self, topic: str, key: str, data: EventData, *, subject: str = "", sequence: int = 0) -> Envelope:
        """Publishes an event in another's place; sequences count by themselves unless one is given."""
        subject = subject or key
        count = self._sequences[topic, subject] = sequence or self._sequences.get((topic, subject), 0) + 1
        envelope = Envelope(
            id=f"test/{subject}/{count}",
            source="/test",
            type=data.type,
            subject=subject,
            time=self.clock.now(),
            dataschema=data.dataschema(),
            sequence=count,
            data=data.model_dump(mode="json"),
        )
        headers, value = encode(envelope)
        await self.producer.send(topic, key.encode(), value, headers)
        return envelope

    async def heard(self, topic: str, *, key: str | None = None) -> list[Envelope]:
        """All events that are on the topic now (of one key), in order."""
        return [decode(record.value) for record in await self.raw(topic, key=key)]

    async def raw(self, topic: str, *, key: str | None = None) -> list[Any]:
        """All records that are on the topic now (of one key), as the broker has them."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.stack.kafka_bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[Any] = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [record for record in records if key is None or record.key == key.encode()]
            return found
        finally:
            await consumer.stop()

    async def until(self, condition: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
        await eventually(condition, within=within)

    async def until_heard(self, topic: str, key: str, kind: type[EventData], within: float = 20.0) -> Envelope:
        found: list[Envelope] = []

        async def there() -> bool:
            found[:] = [e for e in await self.heard(topic, key=key) if e.type == kind.type]
            return bool(found)

        await eventually(there, within=within)
        return found[-1]

    def advance(self, by: timedelta) -> None:
        self.clock.move_to(self.clock.now() + by)


@asynccontextmanager
async def world_of(service: str, stack: LocalStack, folder: Path) -> AsyncIterator[World]:
    """Topics, a stepped clock, key sets that the service trusts, and its environment; the service itself is started
    by the test, so that it can be stopped and started again."""
    async with AsyncExitStack() as cleanup:
        await apply(stack.kafka_bootstrap, declared())
        clock = FileClock.create(folder / "clock", START)
        identity = Signer.from_file("identity", folder / "identity.pem")
        notifications = Signer.from_file("notifications", folder / "notifications.pem")
        kept_back: dict[str, str] = {}
        keys = await _serve_others(cleanup, {"identity": identity, "notifications": notifications}, kept_back)
        producer = Producer(stack.kafka_bootstrap, "test")
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        http = await cleanup.enter_async_context(aiohttp.ClientSession())
        [port] = free_ports(1)
        env = {
            "IPP_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
            "IPP_MONGO_URL": stack.mongo_url,
            "IPP_DATABASE_PREFIX": f"t{uuid.uuid4().hex[:10]}",
            "IPP_CLOCK_FILE": str(folder / "clock"),
            "IPP_STATE_FOLDER": str(folder / "state"),
            f"IPP_{service.upper()}_PORT": str(port),
            "IPP_ISSUERS": f"identity={keys}/identity,notifications={keys}/notifications",
            "IPP_IDENTITY_URL": keys,
        }
        yield World(stack, folder, clock, identity, notifications, producer, http, port, env, kept_back)


async def _serve_others(cleanup: AsyncExitStack, signers: Mapping[str, Signer], kept_back: Mapping[str, str]) -> str:
    """Key sets, and what identity says to a service: its token, and of whom nothing may be removed now."""

    async def key_set(request: web.Request) -> web.Response:
        return web.json_response(signers[request.match_info["issuer"]].key_set())

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "of-a-service", "expires_in": 1800})

    async def all_kept_back(_: web.Request) -> web.Response:
        accounts = [{"account_id": account, "because": because} for account, because in sorted(kept_back.items())]
        return web.json_response({"accounts": accounts, "more": False})

    app = web.Application()
    app.router.add_post("/v1/service-tokens", token)
    app.router.add_get("/v1/internal/kept-back", all_kept_back)
    app.router.add_get("/{issuer}", key_set)
    server = HttpServer(app, "127.0.0.1", 0)
    await server.start()
    cleanup.push_async_callback(server.stop)
    return f"http://127.0.0.1:{server.port}"
