"""`ipp vault`: the keys that wrap the keys of data subjects, service by service."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.ending import CannotDo, one_line
from deploy.cli.platform import Platform, find
from shared.mongo import connect
from shared.vault import LocalKeyRing, LocalSecret, MongoVaultStore, rewrap

KEEPERS = ("identity", "ipr", "complaints")
"""Services that seal personal data, each in a store of each region."""

SETTLED_AFTER = 60.0
"""Seconds after which nobody is still about to store a key that an older wrapping key has wrapped."""

vault = typer.Typer(help="The keys that wrap the keys of data subjects.", no_args_is_help=True)
Keeper = StrEnum("Keeper", {name: name for name in KEEPERS})  # type: ignore[misc]  # the names are data
_Which = Annotated[Keeper | None, typer.Option("--service", help="Only this service's.")]


@dataclass(frozen=True)
class Held:
    """A service's wrapping keys, and its stores by region."""

    service: str
    ring: LocalKeyRing
    stores: dict[str, MongoVaultStore]


@vault.command()
def keys(service: _Which = None) -> None:
    """Say which wrapping keys there are and how many subjects' keys each holds. Exit status 1 where a subject's key is
    under one that is not there: it cannot be opened."""
    with one_line():
        missing = asyncio.run(_each(service, _tell))
    raise typer.Exit(1 if any(missing) else 0)


@vault.command()
def rotate(service: _Which = None) -> None:
    """Make a new wrapping key and wrap every subject's key anew, while the services run. Sealed texts stay as they are.
    Ended half-way, a second call makes a further key and goes on. Exit status 1 where a subject's key could not be
    opened: it stays as it was."""
    with one_line():
        unreadable = asyncio.run(_each(service, _rotate))
    raise typer.Exit(1 if any(unreadable) else 0)


@vault.command()
def retire(
    key: Annotated[str, typer.Argument(help="The wrapping key, for instance local-2-9f3c01d7.")],
    service: Annotated[Keeper, typer.Option("--service", help="Whose it is.")],
) -> None:
    """Destroy a wrapping key that holds no subject's key any more. Backups from before its rotation cannot be opened
    after that."""
    with one_line():
        asyncio.run(_retire(str(service), key))


async def _each(service: Keeper | None, work: Callable[[Held], Awaitable[int]]) -> list[int]:
    platform = find(broker=False)
    results = []
    for name in KEEPERS:
        if service in (None, name):
            async with _held(platform, name) as held:
                results.append(await work(held))
    return results


async def _tell(held: Held) -> int:
    missing = 0
    for region, store in held.stores.items():
        counts = dict(await store.count_keys())
        destroyed = counts.pop("", 0)
        for key_id in sorted({*held.ring.ids, *counts}):
            there = key_id in held.ring.ids
            missing += 0 if there else counts[key_id]
            note = "" if there else "  MISSING: they cannot be opened"
            typer.echo(f"{held.service} {region} {key_id}: {counts.get(key_id, 0)} subjects{note}")
        typer.echo(f"{held.service} {region} destroyed: {destroyed} subjects")
    return missing


async def _rotate(held: Held) -> int:
    key_id, unreadable = held.ring.add(), 0
    for region, store in held.stores.items():
        done = await rewrap(store, held.ring)
        unreadable += len(done.unreadable)
        typer.echo(f"{held.service} {region}: {done.count} subjects are under {key_id} now")
        for subject in done.unreadable:
            typer.echo(f"{held.service} {region}: the key of {subject} cannot be opened", err=True)
    return unreadable


async def _retire(service: str, key_id: str) -> None:
    async with _held(find(broker=False), service) as held:
        if key_id not in held.ring.ids:
            raise CannotDo(f"{service} has no wrapping key {key_id}: it has {', '.join(held.ring.ids)}")
        if key_id == held.ring.newest:
            raise CannotDo(f"{key_id} is the newest wrapping key of {service}: rotate first")
        for region, store in held.stores.items():
            count = (await store.count_keys()).get(key_id, 0)
            if count:
                raise CannotDo(f"{key_id} still holds the keys of {count} subjects ({region}): rotate first")
        age = time.time() - held.ring.made_at(held.ring.newest)
        if age < SETTLED_AFTER:
            raise CannotDo(f"{held.ring.newest} is {age:.0f} s old: wait until it is {SETTLED_AFTER:.0f} s old")
        try:
            held.ring.remove(key_id)
        except ValueError as problem:
            raise CannotDo(str(problem)) from problem
        typer.echo(f"{service}: {key_id} is destroyed")


@asynccontextmanager
async def _held(platform: Platform, service: str) -> AsyncIterator[Held]:
    folder = _folder(platform, service)
    secret = folder / "secret"
    if not secret.is_file():
        raise CannotDo(f"{secret} is not there: name the folder of the services' keys by IPP_STATE_FOLDER")
    if not platform.mongo:
        raise CannotDo("the store is not known: name it by MONGO_URL")
    name = f"{platform.database_prefix}_{service}"
    databases = {
        "intl": connect(platform.mongo, name),
        "cn": connect(platform.mainland or platform.mongo, f"{name}_cn"),
    }
    try:
        ring = LocalKeyRing(LocalSecret.from_file(secret), folder)
        yield Held(service, ring, {region: MongoVaultStore(database) for region, database in databases.items()})
    finally:
        for database in databases.values():
            database.close()


def _folder(platform: Platform, service: str) -> Path:
    if platform.state_folder is None:
        raise CannotDo("the folder of the services' keys is not known: name it by IPP_STATE_FOLDER")
    return platform.state_folder / service
