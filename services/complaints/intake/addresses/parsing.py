"""The one parser of addresses: strict, so that what is recognized is what any browser would open.

It refuses what two programs could read differently (backslashes, encoded separators, userinfo, dots in the path),
what cannot be seen (control, zero-width and direction characters) and what leads on to another address.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

from services.complaints.intake.addresses.address import AddressRefused

MAX_LENGTH = 2048  # ours: longer than any listing's address with its tracking
MAX_PARAMETERS = 100  # ours: tracking takes some thirty; each is decoded again and again
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(?P<host>[^:\[\]@]*)(?::(?P<port>.*))?", re.DOTALL)
_ESCAPE = re.compile(r"%(?P<hex>[0-9A-Fa-f]{2})?")
_NESTED = re.compile(r":/{1,2}|^\s*//|\\|^\s*(?:https?|javascript|data|file|vbscript|blob|ftp)\s*:", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NEVER_IN_ADDRESSES = set('<>"`{}|^')
_SEPARATORS = set("/\\%.?#@:;&=")
PLAIN_LINK = "Open the listing in a browser and copy its address from the address bar."


class RefusedError(Exception):
    """Carries the refusal from the depth of the parser to its edge; never leaves the package."""

    def __init__(self, refusal: AddressRefused) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Parts:
    """An address taken apart: host in lower case ASCII or as given where it is not ASCII; names of query parameters
    decoded, their values as written; the fragment is checked and dropped."""

    host: str
    path: str
    query: tuple[tuple[str, str], ...]


def refuse(code: str, message: str, mend: str = PLAIN_LINK) -> NoReturn:
    """Ends the parsing with a reason."""
    raise RefusedError(AddressRefused(code, message, mend))


def parse(text: str) -> Parts:
    """The parts of an address; raises `RefusedError`."""
    text = text.strip(" ")
    _check_characters(text)
    scheme = _scheme(text)
    try:
        split = urlsplit(text)
    except ValueError:
        refuse("not-an-address", "The host of the address is malformed.")
    host = _host(split.netloc, scheme)
    _check_path(split.path)
    query = _query(split.query)
    _check_nested("the fragment", split.fragment)
    return Parts(host, split.path, query)


def _check_characters(text: str) -> None:
    if not text:
        refuse("empty", "There is no address.", "Paste the address of one listing.")
    if len(text) > MAX_LENGTH:
        refuse("too-long", f"The address is longer than {MAX_LENGTH} characters.", "Leave out what follows the number.")
    for character in "" if _plain(text) else text:
        category = unicodedata.category(character)
        if category in _INVISIBLE:
            name = f"U+{ord(character):04X}"
            refuse("control-character", f"The address holds {name}, a character that cannot be seen.")
        if category == "Zs":
            refuse("space", "The address holds a space.", "Give one address per row, without spaces.")
    if "\\" in text:
        refuse("backslash", "The address holds a backslash, which programs read differently.")
    wrong = sorted(_NEVER_IN_ADDRESSES & set(text))
    if wrong:
        refuse("not-an-address", f"The address holds {wrong[0]!r}, which no address may.")


def _scheme(text: str) -> str:
    found = _SCHEME.match(text)
    looks_like_a_port = found is not None and "." in found[1]
    if found is None or looks_like_a_port:
        refuse("scheme-missing", "The address does not begin with https://.", "Put https:// in front of it.")
    scheme = found[1].lower()
    if scheme not in _DEFAULT_PORTS:
        refuse("scheme-not-web", f"{scheme}: is not the address of a web page.", "Give the https:// address.")
    rest = text[found.end() :]
    if not rest.startswith("//") or rest.startswith("///"):
        refuse("not-an-address", "After https: come exactly two slashes.")
    return scheme


def _host(netloc: str, scheme: str) -> str:
    if "@" in netloc:
        refuse("userinfo", "The address has a user name before the host, which hides where it leads.")
    if "%" in netloc:
        refuse("encoded-host", "The host of the address is percent-encoded.")
    found = _HOST.fullmatch(netloc)
    if found is None:
        refuse("not-a-marketplace", "The host is not a marketplace's name.")
    if found["port"] is not None and found["port"] != _DEFAULT_PORTS[scheme]:
        refuse("port", f"Marketplaces do not answer at the port {found['port'] or '(empty)'}.", "Leave the port out.")
    host = found["host"]
    if not host:
        refuse("host-missing", "The address names no host.")
    if host.startswith(".") or host.endswith(".") or ".." in host:
        refuse("host-malformed", "The host of the address has a dot too many.", "Leave the dot out.")
    return host.lower() if host.isascii() else host


def _check_path(path: str) -> None:
    """Dots, doubled slashes, parameters and escapes by which a path can mean another than it shows."""
    segments = path.split("/")
    if "." in segments or ".." in segments or "" in segments[1:-1] or ";" in path:
        refuse("path-trick", "The path of the address holds dots, doubled slashes or parameters.")
    if "%" not in path and _plain(path):
        return
    for found in _ESCAPE.finditer(path):
        if found["hex"] is None:
            refuse("encoded-trick", "The path of the address holds a percent sign that encodes nothing.")
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        refuse("encoded-trick", "The path of the address is encoded in a way that has no meaning.")
    for character in _decoded_characters(path):
        if character.isascii() and (character.isalnum() or character in _SEPARATORS or not character.isprintable()):
            refuse("encoded-trick", f"The path hides {character!r} behind an encoding.")
    for character in decoded:
        if not character.isascii() and unicodedata.category(character)[0] not in "LM":
            refuse("encoded-trick", f"The path holds U+{ord(character):04X}, which is no letter.")


def _decoded_characters(path: str) -> str:
    """What the escapes of a path stand for, without the characters that are written plainly."""
    return b"".join(bytes([int(found["hex"], 16)]) for found in _ESCAPE.finditer(path)).decode(errors="replace")


def _query(query: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    if query.count("&") >= MAX_PARAMETERS:
        refuse(
            "too-long", f"The address has more than {MAX_PARAMETERS} parameters.", "Leave out what follows the number."
        )
    for field in query.split("&") if query else []:
        name, _, value = field.partition("=")
        plain = _decoded(name)
        if plain != name and plain.isascii() and plain.isalnum():
            refuse("encoded-trick", "A parameter's name hides behind an encoding.")
        _check_nested(f"the parameter {plain[:40]!r}", value)
        _check_nested("a parameter's name", name)
        pairs.append((plain, value))
    return tuple(pairs)


def _check_nested(where: str, text: str) -> None:
    """Refuses text that, decoded as often as it can be, holds a further address or control characters."""
    for _ in range(6):
        if _NESTED.search(text):
            refuse("nested-address", f"Another address is packed into {where}, so it may lead elsewhere.")
        if not _plain(text) and any(unicodedata.category(character) == "Cc" for character in text):
            refuse("control-character", f"A control character is encoded in {where}.")
        further = _decoded(text)
        if further == text:
            return
        text = further
    refuse("encoded-trick", f"The text in {where} is encoded over and over.")


def _decoded(text: str) -> str:
    """Decoded once; bytes that are no UTF-8 (old links carry GBK) become replacement characters."""
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode(errors="replace")


def _plain(text: str) -> bool:
    """Visible ASCII alone, as nearly every address is: none of its characters needs a second look."""
    return text.isascii() and text.isprintable() and " " not in text
