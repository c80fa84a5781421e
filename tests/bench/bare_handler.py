"""What intake is measured against: an aiohttp handler that makes one durable insert of what it was sent, and nothing
else. The same loop, HTTP server, store and write concern as the product, one process.

    python -m tests.bench.bare_handler MONGO_URL PORT
"""

import asyncio
import sys
import uuid

import orjson
import uvloop
from aiohttp import web

from shared.httpkit import HttpServer
from shared.mongo import connect


async def serve(mongo_url: str, port: int) -> None:
    inserted = connect(mongo_url, "bench-bare").collection("requests")

    async def insert(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        number = uuid.uuid4().hex
        await inserted.insert({"_id": number, **body})
        return web.Response(body=orjson.dumps({"id": number}), status=201, content_type="application/json")

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/submissions", insert)
    app.router.add_get("/health/ready", ready)
    server = HttpServer(app, "127.0.0.1", port)
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
