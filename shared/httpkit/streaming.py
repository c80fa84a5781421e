"""Answers that are made while they are sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import structlog
from aiohttp import web

from shared.httpkit.context import CORRELATION_HEADER, context_of

log = structlog.get_logger(__name__)


async def streamed(
    request: web.Request,
    pieces: AsyncGenerator[bytes, None],
    media_type: str,
    headers: Mapping[str, str] | None = None,
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
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
            await response.write_eof()
        except ConnectionError:
            log.info("answer-not-taken-to-its-end")
        except Exception:
            log.exception("answer-broken-off")
            if request.transport is not None:
                request.transport.abort()
        return response
