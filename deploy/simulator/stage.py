"""Everything that runs on one machine, in the order in which it can: broker and store, topics, the simulated world,
the five services. What it started it ends, in reverse."""

import asyncio
import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.services import environment, free_addresses
from deploy.local.stack import LocalStack
from deploy.local.supervisor import Program, Supervisor, service_programs
from deploy.provision import apply, declared
from deploy.simulator.contacts import ContactPort
from deploy.simulator.mailbox import Mailbox
from deploy.simulator.marketplaces import Marketplaces
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD
from shared.kernel.clock import Clock, FileClock, SystemClock

RUNNING = "running.json"
_DEAD_LETTERS = ".dlq.v1"
_READY_WITHIN = 180.0  # on a machine that is busy with other things

Say = Callable[[str], None]


@dataclass(frozen=True)
class Scene:
    """How a stage is set. data: where broker and store keep their data, None for a stack that leaves nothing behind;
    files: logs, keys and the clock; start: where stepped business time begins, None for the machine's time; seed: of
    the marketplaces' manners, None where all are prompt."""

    files: Path
    data: Path | None = None
    start: datetime | None = None
    seed: int | None = None
    sellers: Mapping[str, str] = field(default_factory=dict)
    database_prefix: str = "ipp"
    log_level: str = "INFO"


class Stage:
    """`async with Stage(scene) as stage:` and all is ready."""

    def __init__(
        self,
        scene: Scene,
        say: Say = lambda _: None,
        stack: LocalStack | None = None,
        mailbox: Mailbox | None = None,
    ) -> None:
        self.scene = scene
        self.addresses = free_addresses()
        self.stack = stack or LocalStack(scene.data)
        self.mailbox = mailbox or Mailbox()
        self.contacts = ContactPort(self.mailbox)
        self.clock: Clock = SystemClock()
        self.stepped: FileClock | None = None
        self.topics: tuple[str, ...] = ()
        self._service_secret = secrets.token_urlsafe(24)
        self._say = say
        self._exit = AsyncExitStack()

    @property
    def groups(self) -> tuple[str, ...]:
        """Our consumer groups: each has a dead-letter topic of its own."""
        return tuple(name.removesuffix(_DEAD_LETTERS) for name in self.dead_letter_topics)

    @property
    def dead_letter_topics(self) -> tuple[str, ...]:
        return tuple(name for name in self.topics if name.endswith(_DEAD_LETTERS))

    async def __aenter__(self) -> Self:
        try:
            await self._set()
        except BaseException:
            await self._exit.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    async def _set(self) -> None:
        self.scene.files.mkdir(parents=True, exist_ok=True)
        self._say("starting the broker and the store")
        await self._exit.enter_async_context(self.stack)
        topics = declared()
        self.topics = tuple(topic.name for topic in topics)
        self._say(f"provisioning {len(topics)} topics")
        await apply(self.stack.kafka_bootstrap, topics)
        await self._begin(self.mailbox)
        await self._begin(self.contacts)
        if self.scene.start is not None:
            self.clock = self.stepped = FileClock.create(self._clock_file, self.scene.start)
        self.marketplaces = Marketplaces(
            self.stack.kafka_bootstrap, self.clock, self.scene.seed, sellers=self.scene.sellers
        )
        await self._begin(self.marketplaces)
        self._say("starting the five services")
        self.supervisor = await self._exit.enter_async_context(Supervisor(self.programs(), self.scene.files / "logs"))
        await self.supervisor.wait_until_ready(within=_READY_WITHIN)
        self._tell_others()

    async def _begin(self, part: "Mailbox | ContactPort | Marketplaces") -> None:
        await part.start()
        self._exit.push_async_callback(part.stop)

    def programs(self) -> list[Program]:
        """The processes of the services."""
        return service_programs(self.environment(), self.addresses)

    def environment(self) -> dict[str, str]:
        """What the services find in their environment."""
        common = environment(
            kafka_bootstrap=self.stack.kafka_bootstrap,
            mongo_url=self.stack.mongo_url,
            addresses=self.addresses,
            state_folder=self._state_folder,
            mail=f"{self.mailbox.host}:{self.mailbox.port}",
            marketplace_contacts=self.contacts.url,
            service_secret=self._service_secret,
            database_prefix=self.scene.database_prefix,
            clock_file=self._clock_file if self.stepped else None,
        )
        return {
            **common,
            "IPP_IDENTITY_PROVIDER_URL": self.contacts.url,
            "IPP_OPERATOR_EMAIL": OPERATOR,
            "IPP_OPERATOR_PASSWORD": OPERATOR_PASSWORD,
            "IPP_LOG_LEVEL": os.environ.get("IPP_LOG_LEVEL", self.scene.log_level),
            "IPP_DIE_WITH_PARENT": "1",
        }

    @property
    def _clock_file(self) -> Path:
        return (self.scene.files / "clock").absolute()

    @property
    def _state_folder(self) -> Path:
        return (self.scene.files / "state").absolute()

    def _tell_others(self) -> None:
        """Other commands find the running platform by this file."""
        file = self.scene.files / RUNNING
        body = {
            "pid": os.getpid(),
            "kafka": self.stack.kafka_bootstrap,
            "mongo": self.stack.mongo_url,
            "database_prefix": self.scene.database_prefix,
            "services": self.addresses,
            "simulator": self.contacts.url,
            "clock_file": str(self._clock_file) if self.stepped else None,
            "state_folder": str(self._state_folder),
        }
        file.write_text(json.dumps(body, indent=2))

        def forget() -> None:
            with suppress(FileNotFoundError):
                file.unlink()

        self._exit.callback(forget)

    async def until_stopped(self) -> None:
        """Waits for ever, but ends with the failure of a simulated marketplace."""
        while True:
            self.marketplaces.check()
            await asyncio.sleep(1)
