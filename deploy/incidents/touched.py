"""Which people and what data were touched: from the logs of disclosures, or from the vault of a store that was copied.

The logs are read by the indexes of `DisclosureLog`; of the vaults only whose a text is and where, never the text.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from deploy.incidents.places import kind_of
from deploy.incidents.question import Answer, Counting, Question
from shared.disclosures import DisclosureLog
from shared.kernel.clock import SystemClock
from shared.mongo import Database, connect
from shared.vault import MongoVaultStore

LOGS = ("identity", "ipr", "complaints")
"""Services that seal personal data, and so keep a log of what left them."""

ALL_OWN_DATA = "all-own-data"
"""Of an account whose token was in wrong hands: an owner who reads what is theirs is in no log."""

_SLOW_S = 120.0


class StoreAddresses:
    """mongo: of the services' stores; mainland: of the China region's, empty where it has none of its own."""

    def __init__(self, mongo: str, prefix: str, mainland: str) -> None:
        self._mongo = mongo
        self._prefix = prefix
        self._mainland = mainland or mongo

    def database(self, service: str) -> Database:
        return connect(self._mongo, f"{self._prefix}_{service}", timeout_seconds=_SLOW_S)

    def regions(self, service: str) -> Mapping[str, Database]:
        mainland = connect(self._mainland, f"{self._prefix}_{service}_cn", timeout_seconds=_SLOW_S)
        return {"intl": self.database(service), "cn": mainland}


async def touched(stores: StoreAddresses, question: Question) -> Answer:
    """Raises StoreUnavailable."""
    began = time.perf_counter()
    answer = await (_sealed(stores, question) if question.store else _disclosed(stores, question))
    return answer.model_copy(update={"seconds": time.perf_counter() - began})


async def _disclosed(stores: StoreAddresses, question: Question) -> Answer:
    counting, by_service = Counting(), {}

    async def ask(service: str, database: Database) -> None:
        count = 0
        log = DisclosureLog(database, SystemClock())
        found = log.touches(since=question.since, until=question.until, to=question.actor, account=question.account)
        async for subject, what, at in found:
            counting.add(subject, what, at)
            count += 1
        by_service[service] = count

    async with AsyncExitStack() as ends:
        asked = []
        for service in LOGS:
            if question.service in ("", service):
                database = stores.database(service)
                ends.callback(database.close)
                asked.append(ask(service, database))
        await asyncio.gather(*asked)
    notes = []
    if question.actor.startswith("acc-"):
        counting.add(question.actor, ALL_OWN_DATA, None)
        notes.append(f"{question.actor} is an account: all that is its own could be read with its token, unlogged.")
    ordered = {service: by_service[service] for service in LOGS if service in by_service}
    return Answer(question=question, persons=counting.persons(), records_by_service=ordered, notes=notes)


async def _sealed(stores: StoreAddresses, question: Question) -> Answer:
    """Everybody with something sealed there now. Who was forgotten since the copy was made is not found any more."""
    counting, notes = Counting(), []
    async with AsyncExitStack() as ends:
        for region, database in stores.regions(question.store).items():
            ends.callback(database.close)
            vault = MongoVaultStore(database)
            async for subject, place in vault.places(question.account):
                counting.add(subject, kind_of(place), None)
            keys = {name: count for name, count in (await vault.count_keys()).items() if name}
            if keys:
                named = ", ".join(f"{count} under {name}" for name, count in sorted(keys.items()))
                notes.append(
                    f"{region}: the keys of {sum(keys.values())} persons are in it, wrapped ({named}). What wraps them "
                    "is not: without the folder of keys of the service nothing sealed can be read."
                )
    notes.append("Who was forgotten after the copy was made is in the copy and not in this answer.")
    notes.append("Beside what is sealed the store holds ids, codes and times in clear.")
    by_service = {question.store: counting.records}
    return Answer(question=question, persons=counting.persons(), records_by_service=by_service, notes=notes)
