"""A MongoDB wire server as a child process: a stand-in for MongoDB, which is in no package registry.

SecantusDB comes as a Python program with the locked environment, and as a Rust program that `make store` builds once
and that is several times faster. It is a tool of development under GPL-2.0: a process of its own, never imported.
"""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.cache import cache_folder
from deploy.local.child import Child, ChildFailed, spawn
from deploy.local.ports import LOOPBACK, listens, steady_ports
from shared.mongo import StoreUnavailable, connect

_READY_WITHIN = 180.0
_START_ATTEMPTS = 3
_CACHE_SIZE = "512M"  # of the storage engine
_RUST = "secantusd-rs"
_PYTHON = "secantusd-py"


class StoreMissing(Exception):
    """The wished-for store is not on this machine."""


class MongoServer:
    """A running wire server; `url` is its address, `kind` is `rs` or `py`, `folder` has its log and its data."""

    def __init__(self, url: str, kind: str, folder: Path, command: Sequence[str]) -> None:
        self.url = url
        self.kind = kind
        self.folder = folder
        self._command = command
        self.child = self._spawn()

    def _spawn(self) -> Child:
        return spawn("mongo", self._command, self.folder / "mongo.log", cwd=self.folder)

    @classmethod
    async def start(cls, folder: Path) -> "MongoServer":
        """Start on the data under `folder`, which is made if it is not there; returns when a ping is answered."""
        kind, program = choose(os.environ)
        # The two do not promise to read each other's files.
        folder = folder / kind
        (folder / "data").mkdir(parents=True, exist_ok=True)
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                return await cls._start_once(folder, kind, program)
            except ChildFailed as error:
                # Somebody took the port between our choosing and the server's binding it.
                if attempt == _START_ATTEMPTS or "in use" not in str(error).lower():
                    raise
        raise AssertionError("unreachable")

    @classmethod
    async def _start_once(cls, folder: Path, kind: str, program: Path) -> "MongoServer":
        (port,) = steady_ports(1)
        # Without --sync-on-commit acknowledged writes are lost when the server is killed.
        options = ["--sync-on-commit", "--cache-size", _CACHE_SIZE, "--log-level", "WARNING"]
        if kind == "rs":
            options += ["--log-file-max", "32MB"]  # a log file is allocated whole, also for an empty store
        command = [str(program), "--host", LOOPBACK, "--port", str(port), "--storage-path", str(folder / "data")]
        url = f"mongodb://{LOOPBACK}:{port}/?directConnection=true"
        server = cls(url, kind, folder, [*command, *options])
        await server._ready_or_killed()
        return server

    async def start_again(self) -> None:
        """After it ended or was killed: on the same data and the same port; returns when a ping is answered."""
        self.child = self._spawn()
        await self._ready_or_killed()

    async def _ready_or_killed(self) -> None:
        try:
            await self._wait_until_ready()
        except BaseException:
            self.child.kill()
            raise

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        port = int(self.url.partition("/?")[0].rpartition(":")[2])
        while not (await listens(port) and await answers(self.url)):
            if not self.child.running:
                raise self.child.failed("ended while it started")
            if time.monotonic() > deadline:
                raise self.child.failed(f"was not ready within {_READY_WITHIN:.0f} s")
            await asyncio.sleep(0.1)


async def answers(url: str) -> bool:
    """Whether a store answers a ping there."""
    database = connect(url, "admin", timeout_seconds=2)
    try:
        await database.ping()
    except StoreUnavailable:
        return False
    finally:
        database.close()
    return True


def choose(env: Mapping[str, str]) -> tuple[str, Path]:
    """Which store: what `IPP_STORE` (`rs` or `py`) forces, else the Rust one where it is found, else the Python one."""
    wish = env.get("IPP_STORE", "")
    if wish not in ("", "rs", "py"):
        raise StoreMissing(f"IPP_STORE is {wish!r}; it can be rs or py")
    rust = _rust_program()
    if wish == "rs" and rust is None:
        raise StoreMissing(f"IPP_STORE=rs, but there is no {_RUST} on the PATH or in the cache: `make store` builds it")
    if rust is not None and wish != "py":
        return "rs", rust
    return "py", Path(sys.executable).with_name(_PYTHON)


def _rust_program() -> Path | None:
    found = shutil.which(_RUST)
    built = cache_folder() / "bin" / _RUST
    if found:
        return Path(found)
    return built if built.is_file() else None
