"""Where a photo of a document was taken stays sealed: reviewers get copies, and the original only for a reason."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from services.identity.settings import Settings
from shared.mongo import connect
from tests.integration.services.test_identity_journey import (  # noqa: F401 - the fixture is used by its name
    licence,
    reviewer_token,
    send_identity,
    verified_email,
    world,
)
from tests.support.files.photos import exif, saved, scene
from tests.support.world import World

PHOTO = saved(scene(), "PNG", exif=exif(gps=True))


async def raw(world: World, path: str, token: str) -> tuple[int, bytes, Mapping[str, str]]:  # noqa: F811
    url = f"http://127.0.0.1:{world.port}{path}"
    async with world.http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
        return response.status, await response.read(), response.headers


async def test_a_reviewer_learns_that_there_is_a_place_and_not_which(world: World) -> None:  # noqa: F811
    account_id, _, token = await verified_email(world)
    status, _ = await send_identity(world, account_id, token, licence(), PHOTO)
    assert status == 201
    reviewer = await reviewer_token(world)
    base = f"/v1/accounts/{account_id}/identity"
    _, identity = await world.call("GET", base, reviewer)
    assert identity["holds_location"] is True
    assert len(identity["document_sha256"]) == 64
    status, copy, headers = await raw(world, f"{base}/document", reviewer)
    assert (status, headers["Content-Disposition"]) == (200, 'attachment; filename="document.png"')
    assert b"iPhone" in PHOTO
    assert b"iPhone" not in copy
    with Image.open(io.BytesIO(copy)) as picture:
        assert not picture.getexif()
        assert picture.tobytes() == scene().tobytes()
    assert (await raw(world, f"{base}/document/original", reviewer))[0] == 422
    assert (await raw(world, f"{base}/document/original?purpose=because", reviewer))[0] == 422
    assert (await raw(world, f"{base}/document/original?purpose=suspected-forgery", token))[0] == 403
    status, original, _ = await raw(world, f"{base}/document/original?purpose=suspected-forgery", reviewer)
    assert (status, original) == (200, PHOTO)
    assert await _log(world, account_id) == [
        ("identity-details", "verification"),
        ("identity-document", "verification"),
        ("identity-document-original", "suspected-forgery"),
    ]


async def _log(world: World, account_id: str) -> list[tuple[Any, Any]]:  # noqa: F811
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    found = await database.collection("disclosures").find({"account": account_id})
    database.close()
    return sorted((each["what"], each["purpose"]) for each in found if each["what"].startswith("identity"))
