"""Answers: models as JSON, and the same bytes again for a repeated request (Idempotency-Key)."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel

from shared.eventstore import Answer, Cause, Executed, Receipt
from shared.httpkit.bodies import read_body, read_form
from shared.httpkit.context import context_of
from shared.httpkit.problems import standard
from shared.httpkit.routes import route_of

State = TypeVar("State")

HASH_KEY = web.AppKey("hash_key", bytes)
IDEMPOTENCY_HEADER = "Idempotency-Key"

_KEY = re.compile(r"[\x21-\x7e]{8,128}")


@dataclass(frozen=True)
class Idempotency:
    """The request's key and the keyed hash of what came with it (who asks, operation, path and body).

    The hash is keyed because a body may hold a password: a plain one could be guessed at from a stolen store.
    """

    key: str
    body_hash: str

    def receipt(self, answer: Callable[[State], BaseModel], status: int = 200) -> Receipt[State]:
        """For `Repository.execute` and `create`: answers from the state after the change, and is kept with it."""
        return Receipt(self.key, self.body_hash, lambda state: Answer(status, to_json(answer(state))))


async def idempotency_of(request: web.Request) -> Idempotency:
    """The validated Idempotency-Key with the body's hash. Reads the body, which can be read again afterwards."""
    key = request.headers.get(IDEMPOTENCY_HEADER, "").strip('"')
    if not _KEY.fullmatch(key):
        raise key_problem(request.headers.get(IDEMPOTENCY_HEADER))
    if route_of(request).parts:
        content = (await read_form(request)).digest().encode()
    else:
        content = await read_body(request)
    # Who asks is part of it: another's answer is not given to whoever sends the same key and body.
    said = (context_of(request).actor.id, route_of(request).operation, request.path)
    material = b"\n".join((*(each.encode() for each in said), content))
    return Idempotency(key, hmac.new(request.app[HASH_KEY], material, hashlib.sha256).hexdigest())


def check_key(request: web.Request) -> None:
    """Before anything is read: a request that changes something has a well-formed key."""
    shown = request.headers.get(IDEMPOTENCY_HEADER)
    if shown is None or not _KEY.fullmatch(shown.strip('"')):
        raise key_problem(shown)


def key_problem(shown: str | None) -> Exception:
    mend = f"Send {IDEMPOTENCY_HEADER}: a fresh UUID for each new request, the same one for a retry."
    if shown is None:
        return standard("idempotency-key-missing", "The header Idempotency-Key is missing.", mend)
    return standard("idempotency-key-not-valid", "The key is 8 to 128 visible ASCII characters.", mend)


def cause_of(request: web.Request) -> Cause:
    """Why the events of this request come about, for `Repository.execute` and `create`."""
    context = context_of(request)
    return Cause(context.actor.id, context.correlation_id, context.causation_id, context.traceparent)


def answered(executed: Executed[Any, Any]) -> web.Response:
    """What the receipt says: the same status and bytes the first time and at each retry."""
    if executed.answer is None:
        raise ValueError("the command was executed without a receipt")
    return web.Response(
        body=executed.answer.body,
        status=executed.answer.status,
        content_type="application/json",
        headers={"Idempotent-Replayed": "true"} if executed.repeated else None,
    )


def ok(body: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A model as a JSON answer."""
    return web.Response(body=to_json(body), status=status, content_type="application/json", headers=headers)


def to_json(body: BaseModel) -> bytes:
    return orjson.dumps(body.model_dump(mode="json"))
