"""What intake and uploads are measured against: aiohttp handlers that make one durable insert of what they were sent,
and nothing else. The same loop, HTTP server, store and write concern as the product, one process.

    python -m tests.bench.bare_handler MONGO_URL PORT
"""

import asyncio
import sys
import uuid

import orjson
import uvloop
from aiohttp import BodyPartReader, web

from shared.httpkit import HttpServer
from shared.mongo import connect

_PIECE = 65_536


async def serve(mongo_url: str, port: int) -> None:
    database = connect(mongo_url, "bench-bare")
    inserted, files = database.collection("requests"), database.collection("files")

    async def insert(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        number = uuid.uuid4().hex
        await inserted.insert({"_id": number, **body})
        return web.Response(body=orjson.dumps({"id": number}), status=201, content_type="application/json")

    async def keep(request: web.Request) -> web.Response:
        number, content = uuid.uuid4().hex, bytearray()
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                while piece := await part.read_chunk(_PIECE):
                    content += piece
        await files.insert({"_id": number, "content": bytes(content)})
        return web.Response(body=orjson.dumps({"id": number}), status=201, content_type="application/json")

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application(client_max_size=0)
    app.router.add_post("/v1/submissions", insert)
    app.router.add_post("/v1/evidence", keep)
    app.router.add_get("/health/ready", ready)
    server = HttpServer(app, "127.0.0.1", port)
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
