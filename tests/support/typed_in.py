"""What tests and the simulator type in of people: noted where it leaves for a service, whoever asks for it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import FormData

_LEAST = 8  # bytes: shorter texts are words of the code as well
_MIDDLE = 24  # bytes that are looked for of a file
_CODE = re.compile(r"[a-z]+([-_.][a-z0-9]+)*|[0-9a-f-]{36}|\d{4}-\d\d-\d\d(T[0-9Z:.+-]+)?")
# What the platform itself calls things and accounts: `evd-…`, `acc-intl-…`, `IPP-…-001`. Given back, it tells nothing.
_OUR_ID = re.compile(r"[a-z]{2,6}(-[a-z]+)?-[0-9A-Z]{8,}|IPP-[0-9A-Z]{10}(-\d{3})?")
_SECRET = frozenset({"password", "client_secret", "refresh_token"})

# Texts under these names are about things or for machines. What is under any other name counts as personal, so that a
# new field is looked for until somebody says here that it need not be.
_OF_THINGS = frozenset({
    "accepted", "account", "account_id", "actor", "authority_id", "brand", "case_ids", "category", "client_id",
    "code", "complaint_type", "country", "decision", "determination", "document", "document_sha256", "expires_on",
    "kind", "language", "listings", "method", "missing", "office", "outcome", "place", "platform", "reason_code",
    "reasons", "reference", "registrant_category", "right_id", "right_type", "role", "roles", "sha256", "statements",
    "url", "urls", "version", "works_place",
})  # fmt: skip
# A right's name and number stand in public registers, and its events name them.
_OF_RIGHTS = frozenset({"name", "registration_number"})


class TypedIn:
    """`values`: by a name that says where it went, what was typed in."""

    def __init__(self) -> None:
        self._named: dict[str | bytes, str] = {}

    @property
    def values(self) -> Mapping[str, str | bytes]:
        return {f"{name} #{number}": value for number, (value, name) in enumerate(self._named.items(), 1)}

    def add(self, name: str, value: str | bytes, *, is_code: bool = False) -> None:
        """What is short, or a code that stands for nobody, would be found everywhere and is left out."""
        if _tells(value) and not is_code:
            self._named.setdefault(value, name)

    def request(self, method: str, path: str, body: Any = None, form: Any = None) -> None:
        """A body that is sent as JSON, and one that is sent as a form or as bytes."""
        where = f"{method} {_plain(path)}"
        for field, text in _fields(body):
            if not _public(path, field):
                secret = field.rpartition(".")[2] in _SECRET
                self.add(f"{field} of {where}", text, is_code=not secret and _is_code(text))
        if isinstance(form, FormData):
            for options, _, content in form._fields:
                self._part(method, path, str(options["name"]), "filename" in options, content)
        elif isinstance(form, bytes | str):
            self.request(method, path, _parsed(form))

    def _part(self, method: str, path: str, name: str, is_file: bool, content: Any) -> None:
        if is_file and isinstance(content, bytes):
            self.add(f"file {name} of {method} {_plain(path)}", content)
        elif isinstance(content, bytes | str):
            self.request(method, path, _parsed(content))


def _tells(value: str | bytes) -> bool:
    """Whether it is long and varied enough to be somebody's wherever it is found."""
    if isinstance(value, bytes):
        return len(set(value[len(value) // 2 :][:_MIDDLE])) >= _LEAST
    return len(value.encode()) >= _LEAST and len(set(value)) > 2


def _is_code(text: str) -> bool:
    return any(form.fullmatch(text) for form in (_CODE, _OUR_ID))


def _fields(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Names, with those of what they are in, and texts."""
    if isinstance(body, str):
        yield name, body
    elif isinstance(body, Mapping):
        for key, value in body.items():
            yield from _fields(value, f"{name}.{key}" if name else str(key))
    elif isinstance(body, list | tuple):
        for value in body:
            yield from _fields(value, name)


def _public(path: str, field: str) -> bool:
    last = field.rpartition(".")[2]
    return last in _OF_THINGS or (last in _OF_RIGHTS and path.startswith("/v1/rights"))


def _parsed(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _plain(path: str) -> str:
    """Without identifiers."""
    return re.sub(r"/[^/]*\d[^/]*(?=/|$)", "/…", path.removeprefix("/v1")) if path.startswith("/v1") else path
