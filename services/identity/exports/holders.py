"""The other services as holders of a person's data: all are asked before anything is sent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from shared.exports import BadStream, Entry, EntryReader
from shared.httpkit.context import CORRELATION_HEADER
from shared.peers import PeerAway, Peers
from shared.runtime.surroundings import SERVICES

OTHERS = tuple(name for name in SERVICES if name != "identity")
ANSWER_S = 900.0
"""Ours: of a whole export. Who takes the archive more slowly than that has it cut off and asks again."""


BEGINS_S = 10.0
"""Ours: a holder that does not begin by then counts as out of reach."""


_AT_ONCE = 1_048_576
"""Bytes of a batch: each is worked on in a thread, and going there and back costs something."""


@dataclass
class Stream:
    """What one holder tells. Once it has begun, it tells all or raises PeerAway."""

    service: str
    response: aiohttp.ClientResponse
    reader: EntryReader
    _first: list[Entry] = field(default_factory=list)

    async def begin(self) -> None:
        """Reads until the stream has said whose it is. Raises PeerAway."""
        if self.response.status != 200:
            raise PeerAway(f"the export of {self.service}: it answered {self.response.status}")
        while not self.reader.begun:
            self._first += self.reader.feed(await self._piece())

    async def entries(self) -> AsyncIterator[Sequence[Entry]]:
        """In batches, as they come. Raises PeerAway."""
        ready, size = self._first, 0
        while not self.reader.ended:
            piece = await self._piece()
            ready += self.reader.feed(piece)
            size += len(piece)
            if size >= _AT_ONCE:
                yield ready
                ready, size = [], 0
        self.reader.close()
        yield ready

    async def _piece(self) -> bytes:
        try:
            piece = await self.response.content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise PeerAway(f"the export of {self.service}: {type(problem).__name__}") from None
        if not piece:
            raise BadStream(f"the export of {self.service}: it ends before its end")
        return piece


@dataclass
class Holders:
    peers: Peers
    addresses: Mapping[str, str]

    @asynccontextmanager
    async def streams(self, account_id: str, correlation_id: str) -> AsyncIterator[Sequence[Stream]]:
        """One of each holder, begun. Raises PeerAway where one cannot be reached, is not known here or does not answer
        as agreed: no archive is made that lacks a part and does not say so."""
        unknown = [name for name in OTHERS if name not in self.addresses]
        if unknown:
            raise PeerAway(f"no address is known of {', '.join(unknown)}")
        async with AsyncExitStack() as stack:
            yield [await self._begun(stack, name, account_id, correlation_id) for name in OTHERS]

    async def _begun(self, stack: AsyncExitStack, service: str, account_id: str, correlation_id: str) -> Stream:
        try:
            async with asyncio.timeout(BEGINS_S):
                stream = await stack.enter_async_context(self._asked(service, account_id, correlation_id))
                await stream.begin()
                return stream
        except TimeoutError:
            raise PeerAway(f"the export of {service}: it does not begin") from None

    @asynccontextmanager
    async def _asked(self, service: str, account_id: str, correlation_id: str) -> AsyncGenerator[Stream, None]:
        url = f"{self.addresses[service]}/v1/internal/accounts/{account_id}/export"
        headers = {CORRELATION_HEADER: correlation_id}
        async with self.peers.response(url, timeout_s=ANSWER_S, headers=headers) as response:
            yield Stream(service, response, EntryReader(service, account_id))
