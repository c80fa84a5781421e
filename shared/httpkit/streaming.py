"""Answers that are made while they are sent."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import structlog
from aiohttp import web

from shared.httpkit.context import CORRELATION_HEADER, context_of

log = structlog.get_logger(__name__)

STALLED_S = 60.0
"""Ours: who takes nothing for so long is cut off, or else anybody could hold what is behind an answer for ever."""

_AT_ONCE = 262_144


async def streamed(
    request: web.Request,
    pieces: AsyncGenerator[bytes, None],
    media_type: str,
    headers: Mapping[str, str] | None = None,
    *,
    stalled_s: float = STALLED_S,
) -> web.StreamResponse:
    """Sends the pieces as they come, no faster than they are taken.

    The first is made before anything is sent, so what fails until then is answered as a problem. What fails later cuts
    the connection: whoever reads sees that it is not the whole, by the missing end of the transfer.
    """
    async with aclosing(pieces):
        first = await anext(pieces, b"")
        said = {CORRELATION_HEADER: context_of(request).correlation_id, "Cache-Control": "no-store", "Server": "ipp"}
        response = web.StreamResponse(headers={**said, **(headers or {})})
        response.content_type = media_type
        await response.prepare(request)
        try:
            await _send(response, first, stalled_s)
            async for piece in pieces:
                await _send(response, piece, stalled_s)
            await response.write_eof()
        except (ConnectionError, _Stalled) as problem:
            log.info("answer-not-taken-to-its-end", problem=type(problem).__name__)
            _cut(request)
        except Exception:
            log.exception("answer-broken-off")
            _cut(request)
        return response


class _Stalled(Exception):
    """Nothing was taken for too long."""


async def _send(response: web.StreamResponse, piece: bytes, stalled_s: float) -> None:
    """In parts, so that a slow reader of a large piece is told from one who takes nothing."""
    for at in range(0, len(piece), _AT_ONCE):
        try:
            async with asyncio.timeout(stalled_s):
                await response.write(piece[at : at + _AT_ONCE])
        except TimeoutError:
            raise _Stalled from None


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
