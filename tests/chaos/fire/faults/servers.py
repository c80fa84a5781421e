"""Faults of the broker and of the store."""

import ctypes
import ctypes.util
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from deploy.local.child import Child
from tests.chaos.fire.faults.fault import Field, NotPossibleHere


@dataclass(frozen=True)
class KillBroker:
    """kill -9, away for `lasts` seconds, then started again on the same data and ports."""

    kind: ClassVar[str] = "kill broker"
    lasts: float = 3.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({"broker"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        broker = field.stage.stack.kafka
        if broker is None:
            raise NotPossibleHere("the broker is not ours")
        await _killed(broker.child)
        try:
            yield f"away for {self.lasts:g} s"
        finally:
            await broker.start_again()


@dataclass(frozen=True)
class KillStore:
    """kill -9, away for `lasts` seconds, then started again on the same data and port."""

    kind: ClassVar[str] = "kill store"
    lasts: float = 2.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({"store"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        store = field.stage.stack.mongo
        if store is None:
            raise NotPossibleHere("the store is not ours")
        await _killed(store.child)
        try:
            yield f"away for {self.lasts:g} s"
        finally:
            await store.start_again()


async def _killed(child: Child) -> None:
    child.kill()
    await child.stop(10)


_FILLER = "filler"
_PIECE = bytes(1 << 20)
_MS_SIZE = "2g"
_NEW_MOUNTS = 0x20000  # CLONE_NEWNS of <linux/sched.h>
_RECURSIVE, _PRIVATE = 0x4000, 0x40000  # MS_REC, MS_PRIVATE of <sys/mount.h>


@dataclass(frozen=True)
class DiskFull:
    """The disk of the store is full for `lasts` seconds; then there is room again and the store is started again. Needs
    a disk of the store's own: see `mount_own_disk`. It lasts longer than a minute: the store lays its journal out
    ahead, so that it is the next file or the next checkpoint that finds no room."""

    kind: ClassVar[str] = "disk full"
    lasts: float = 70.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({"store"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        store = field.stage.stack.mongo
        if store is None or not os.path.ismount(store.folder / "data"):
            raise NotPossibleHere("the store has no disk of its own: that takes Linux and the right to mount one")
        filler = store.folder / "data" / _FILLER
        _fill(filler)
        try:
            yield f"no byte left for {self.lasts:g} s"
        finally:
            filler.unlink()
            if store.child.running:
                # MongoDB ends itself when its engine does; the stand-in may go on with an engine that does not.
                field.notes.append("the store did not end on the full disk: it was killed and started again")
                await _killed(store.child)
            await store.start_again()


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        for size in (len(_PIECE), 4096, 64, 1):
            try:
                while file.write(_PIECE[:size]):
                    pass
            except OSError:
                continue


def mount_own_disk(folder: Path, size: str = _MS_SIZE) -> bool:
    """A disk in memory of `size` at `folder`; whether that was possible."""
    folder.mkdir(parents=True, exist_ok=True)
    return _libc("mount", b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode())


def keep_mounts_to_ourselves() -> None:
    """What this process mounts from now on is seen by it and its children alone, and goes with them, also when they are
    killed. For the beginning of a process: threads that are there already stay outside. Does nothing where the machine
    does not let us, and then there is no disk of our own either."""
    if _libc("unshare", _NEW_MOUNTS):
        _libc("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)


def unmount_own_disk(folder: Path) -> None:
    _libc("umount2", str(folder).encode(), 2)  # MNT_DETACH: also where somebody still has a file open


def _libc(call: str, *arguments: bytes | int | None) -> bool:
    name = ctypes.util.find_library("c")
    function = getattr(ctypes.CDLL(name, use_errno=True), call, None) if name else None
    return function is not None and function(*arguments) == 0
