"""Files of evidence sent to complaints as its clients send them."""

import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.support.files.drawing import png
from tests.support.files.photos import exif, photo
from tests.support.world import World

PHOTO = photo(exif=exif(gps=True))
"""With the place where it was taken, as a phone writes it."""
PICTURE = png()


@dataclass
class Answer:
    status: int
    body: Any
    raw: bytes
    headers: Any


async def upload(
    world: World,
    token: str,
    content: bytes,
    name: str = "comparison.png",
    *,
    platform: str | None = "taobao",
    path: str = "/v1/evidence",
    key: str | None = None,
) -> tuple[int, Any]:
    """Status and answer. `platform` None: the part is left out."""
    form = aiohttp.FormData(default_to_multipart=True)
    if platform is not None:
        form.add_field("platform", platform)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid.uuid4().hex}
    async with world.http.post(f"http://127.0.0.1:{world.port}{path}", data=form, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def uploaded(
    world: World, token: str, content: bytes = PICTURE, name: str = "comparison.png", **more: Any
) -> str:
    """The id of a file that was taken."""
    status, answer = await upload(world, token, content, name, **more)
    assert status == 201, answer
    return str(answer["evidence_id"])


async def download(world: World, token: str, path: str) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    async with world.http.get(f"http://127.0.0.1:{world.port}{path}", headers=headers) as response:
        raw = await response.read()
        body = await response.json(content_type=None) if response.content_type.endswith("json") else None
        return Answer(response.status, body, raw, response.headers)
