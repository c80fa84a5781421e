"""The broker and the store together: what tests, the demonstration and `ipp up` run on."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.kafka import KafkaBroker, Listener
from deploy.local.mongo import MongoServer


class FolderInUse(Exception):
    """Another stack runs on this data folder."""


class LocalStack:
    """`async with LocalStack(folder) as stack:` gives `kafka_bootstrap` and `mongo_url`.

    What `KAFKA_BOOTSTRAP` or `MONGO_URL` name is used, and nothing is started in its place. Data and logs go under
    `folder`, where the next start finds them; without a folder they are temporary and go with the stack. Start and
    stop may happen on different event loops: nothing is kept between them that belongs to one. `listeners`: further
    addresses of a broker that is started.
    """

    def __init__(
        self,
        folder: Path | None = None,
        env: Mapping[str, str] = os.environ,
        *,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.kafka_bootstrap = env.get("KAFKA_BOOTSTRAP", "")
        self.mongo_url = env.get("MONGO_URL", "")
        self.kafka: KafkaBroker | None = None
        self.mongo: MongoServer | None = None
        self._temporary = folder is None
        self._folder = folder
        self._listeners = listeners
        self._cleanup = AsyncExitStack()

    @property
    def store(self) -> str:
        """Which store it is: `rs`, `py`, or `given` by the environment."""
        return self.mongo.kind if self.mongo else "given"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start what is not given, both at once; returns when both are ready."""
        if self.kafka_bootstrap and self.mongo_url:
            return
        folder = self._claim_folder()
        try:
            async with asyncio.TaskGroup() as group:
                if not self.kafka_bootstrap:
                    group.create_task(self._start_kafka(folder / "kafka"))
                if not self.mongo_url:
                    group.create_task(self._start_mongo(folder / "mongo"))
        except* Exception as errors:
            await self.stop()
            raise errors.exceptions[0] from None

    async def stop(self) -> None:
        """Stop what was started. A temporary stack is killed: nobody will read its data."""
        children = [running.child for running in (self.kafka, self.mongo) if running]
        if self._temporary:
            for child in children:
                child.kill()
        await asyncio.gather(*(child.stop() for child in children))
        await self._cleanup.aclose()

    async def _start_kafka(self, folder: Path) -> None:
        self.kafka = await KafkaBroker.start(folder, self._listeners)
        self.kafka_bootstrap = self.kafka.bootstrap

    async def _start_mongo(self, folder: Path) -> None:
        self.mongo = await MongoServer.start(folder)
        self.mongo_url = self.mongo.url

    def _claim_folder(self) -> Path:
        """The data folder, locked for as long as this stack or its process lives."""
        if self._folder is None:
            folder = Path(tempfile.mkdtemp(prefix="ipp-stack-"))
            self._cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
            return folder
        folder = self._folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        lock = self._cleanup.enter_context((folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another stack runs on {folder}") from None
        return folder
