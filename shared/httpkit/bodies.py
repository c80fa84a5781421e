"""Reading what was sent: JSON into models, queries into models, multipart parts under their limits."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import orjson
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from shared.httpkit.in_flight import take_room
from shared.httpkit.problems import FieldProblem, of_validation, standard
from shared.httpkit.routes import MIB, ROUTE, Part, route_of

Model = TypeVar("Model", bound=BaseModel)

BODY_SECONDS = 30.0
FORM_SECONDS = 120.0
"""Ours, from the head to the last byte. The first is shorter than the grace of a deadline (60 s): an answer counts from
its head, and nobody gains time by sending the rest slowly."""

_CHUNK = 65_536
_MAX_PARTS = 64
_UNKNOWN_PART_BYTES = 65_536
_FORM_BYTES = 64 * MIB
"""Ours, of all parts together: a part that may be repeated must not fill the memory."""

_AROUND_PARTS = _MAX_PARTS * (_UNKNOWN_PART_BYTES + 16_384)
"""Boundaries, heads, and parts that nobody expects, which are read so that they can be named."""

_CLOSE = {"Connection": "close"}  # The rest of the body is not read, so the connection cannot be used again.


@dataclass(frozen=True)
class Upload:
    """A file as it was sent. The media type is what the sender says; look at the bytes before trusting it."""

    filename: str
    media_type: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Form:
    """A multipart body: texts and files by the part's name, in the order sent."""

    texts: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[Upload, ...]]

    def text(self, name: str) -> str:
        return self.texts[name][0]

    def file(self, name: str) -> Upload:
        return self.files[name][0]

    def digest(self) -> str:
        """The same for the same parts: a repeat has another boundary, so the raw bytes cannot be compared."""
        parts = [[name, *values] for name, values in sorted(self.texts.items())]
        parts += [[name, *(f"{each.filename}:{each.sha256}" for each in files)] for name, files in self.files.items()]
        return hashlib.sha256(orjson.dumps(sorted(parts))).hexdigest()


_BODY = web.RequestKey("body", bytes)
_FORM = web.RequestKey("form", Form)


async def read_body(request: web.Request) -> bytes:
    """The whole body, never more than the route's limit in memory; the same bytes again on a second call."""
    kept: bytes | None = request.get(_BODY)
    if kept is not None:
        return kept
    limit = route_of(request).max_body
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    content = request.content
    if content.is_eof() and content.exception() is None:
        # It came with its head, as most do.
        whole = content.read_nowait()
        if len(whole) > limit:
            raise _too_large(limit)
        request[_BODY] = whole
        return whole
    body = bytearray()
    async with _receiving(BODY_SECONDS):
        async for chunk in request.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    request[_BODY] = bytes(body)
    return request[_BODY]


async def read_json(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as its model. All that does not fit is named at once."""
    if not _is_json(request.content_type):
        raise standard("media-type-not-supported", f"{request.content_type} is not JSON.", "Send application/json.")
    body = await read_body(request)
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        detail = f"The body is not JSON: {problem.msg} (line {problem.lineno}, column {problem.colno})."
        raise standard("body-not-json", detail, "Send one JSON object in UTF-8.") from problem
    return parse_json(body, model)


def parse_json(body: bytes | str, model: type[Model], prefix: str = "") -> Model:
    """JSON text as its model; `prefix` is the pointer of the text itself, for a JSON part of a form."""
    try:
        return model.model_validate_json(body)
    except ValidationError as problem:
        raise of_validation(problem, prefix=prefix) from problem


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The query parameters as their model; a repeated parameter is a list. The token of a signed link is none."""
    values: dict[str, object] = {}
    route = request.get(ROUTE)
    is_link = route is not None and route.link_token
    for name in request.query:
        if is_link and name == "token":
            continue
        every = request.query.getall(name)
        values[name] = every if len(every) > 1 else every[0]
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        raise of_validation(problem, "query-not-valid", prefix="?") from problem


async def read_form(request: web.Request) -> Form:
    """The multipart body as the route declares it. A part over its limit ends the reading at once (413); where too many
    forms are held already, it is not begun (503)."""
    kept: Form | None = request.get(_FORM)
    if kept is not None:
        return kept
    if request.content_type != "multipart/form-data":
        detail = f"{request.content_type} is not multipart/form-data."
        raise standard("media-type-not-supported", detail, "Send multipart/form-data.")
    declared = {part.name: part for part in route_of(request).parts}
    most = _most_of(declared.values())
    _make_room(request, most)
    texts: dict[str, list[str]] = {}
    files: dict[str, list[Upload]] = {}
    problems: list[FieldProblem] = []
    try:
        async with _receiving(FORM_SECONDS):
            received = 0
            async for reader in _parts(request):
                received += await _take(reader, declared, texts, files, problems)
                if received > most:
                    raise _too_large(most)
    except (ValueError, AssertionError, RuntimeError) as problem:
        # Of these three kinds is what the reader of parts raises, whatever is wrong with them.
        raise standard("body-not-form", "The body is no well-formed multipart form.", "Send it again.") from problem
    problems += _missing(declared, texts, files)
    if problems:
        raise standard("body-not-valid", "The form does not fit.", "Correct what is named.", problems=tuple(problems))
    form = Form({k: tuple(v) for k, v in texts.items()}, {k: tuple(v) for k, v in files.items()})
    request[_FORM] = form
    return form


def _most_of(parts: Collection[Part]) -> int:
    """Bytes that a form of these parts can have."""
    if any(part.repeated for part in parts):
        return _FORM_BYTES
    return min(_FORM_BYTES, sum(part.max_bytes for part in parts) + _AROUND_PARTS)


def _make_room(request: web.Request, most: int) -> None:
    """Before anything is read: for so much as was announced, or, where nothing was, for all that it may become."""
    announced = request.content_length
    if announced is not None and announced > most:
        raise _too_large(most)
    if not take_room(request, most if announced is None else announced):
        detail = "So many uploads are under way that there is no room for another."
        headers = {**_CLOSE, "Retry-After": "2"}
        raise standard("too-many-uploads", detail, "Send it again in some seconds.", headers=headers)


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    multipart = await request.multipart()
    for _ in range(_MAX_PARTS):
        reader = await multipart.next()
        if reader is None:
            return
        if not isinstance(reader, BodyPartReader):
            raise ValueError("a part is itself multipart")
        yield reader
    raise ValueError(f"more than {_MAX_PARTS} parts")


async def _take(
    reader: BodyPartReader,
    declared: Mapping[str, Part],
    texts: dict[str, list[str]],
    files: dict[str, list[Upload]],
    problems: list[FieldProblem],
) -> int:
    """The number of bytes that the part had."""
    name = _readable(reader.name or "")
    part = declared.get(name)
    if part is None:
        problems.append(FieldProblem(f"/{name}", "part-unknown", "No such part is expected.", "Leave it out."))
        return len(await _read_part(reader, Part(name, "", _UNKNOWN_PART_BYTES)))
    content = await _read_part(reader, part)
    if not part.repeated and (name in files or name in texts):
        # Not kept: a part of some MB that comes again and again must not fill the memory.
        problems.append(FieldProblem(f"/{name}", "part-repeated", "This part may come once.", "Send it once."))
    elif part.is_file:
        media_type = _readable(reader.headers.get("Content-Type", "application/octet-stream"))
        files.setdefault(name, []).append(Upload(_readable(reader.filename or ""), media_type, content))
    else:
        try:
            texts.setdefault(name, []).append(content.decode())
        except UnicodeDecodeError:
            problems.append(FieldProblem(f"/{name}", "text-not-utf8", "The text is not UTF-8.", "Send UTF-8."))
    return len(content)


async def _read_part(reader: BodyPartReader, part: Part) -> bytes:
    content = bytearray()
    while chunk := await reader.read_chunk(_CHUNK):
        content += chunk
        if len(content) > part.max_bytes:
            detail = f"The part {part.name} is larger than {part.max_bytes} bytes."
            mend = f"Send at most {part.max_bytes} bytes."
            problem = FieldProblem(f"/{part.name}", "part-too-large", detail, mend)
            raise standard("body-too-large", detail, mend, problems=(problem,), headers=_CLOSE)
    return bytes(content)


@asynccontextmanager
async def _receiving(seconds: float) -> AsyncIterator[None]:
    """What goes wrong on the way here is told as the sender's: too slow, cut short, broken chunks or compression."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as problem:
        detail = f"The body did not come within {seconds:g} s."
        raise standard("body-too-slow", detail, "Send it again, faster or smaller.", headers=_CLOSE) from problem
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as problem:
        detail = "The body is cut short, or its headers or encoding are broken."
        raise standard("body-broken", detail, "Send it again.", headers=_CLOSE) from problem


def _readable(text: str) -> str:
    """Headers of parts come in any encoding: what is not UTF-8 is replaced, so that it can be named and hashed."""
    return text.encode("utf-8", "replace").decode()


def _missing(
    declared: Mapping[str, Part], texts: Mapping[str, list[str]], files: Mapping[str, list[Upload]]
) -> list[FieldProblem]:
    return [
        FieldProblem(f"/{part.name}", "missing", "This part is required.", f"Send {part.name}: {part.description}.")
        for part in declared.values()
        if part.required and part.name not in texts and part.name not in files
    ]


def _too_large(limit: int) -> Exception:
    mend = f"Send at most {limit} bytes."
    return standard("body-too-large", f"The body is larger than {limit} bytes.", mend, headers=_CLOSE)


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")
