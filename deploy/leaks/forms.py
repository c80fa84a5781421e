"""The ways in which a value may be written: for another format, in another case, backwards, or as a bare hash."""

import base64
import hashlib
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


def forms(value: str | bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the ways in which a value may be written."""
    if isinstance(value, bytes):
        middle = value[len(value) // 2 :][:24]
        yield "as it is", middle
        yield from _of_bytes("", middle)
        return
    for name, text in {"": value, "upper case ": value.upper(), "lower case ": value.lower()}.items():
        yield f"{name}as it is", text.encode()
        yield f"{name}JSON", json.dumps(text)[1:-1].encode()
        yield (
            f"{name}JSON, capitals",
            json.dumps(text)[1:-1].replace("\\u", "\\U").upper().replace("\\U", "\\u").encode(),
        )
        yield f"{name}percent", quote(text).encode()
        yield f"{name}form", quote_plus(text).encode()
        yield f"{name}percent, all", "".join(f"%{byte:02X}" for byte in text.encode()).encode()
        yield f"{name}HTML", html.escape(text).encode()
        yield f"{name}HTML numbers", text.encode("ascii", "xmlcharrefreplace")
        yield f"{name}UTF-16 LE", text.encode("utf-16-le")
        yield f"{name}UTF-16 BE", text.encode("utf-16-be")
        yield f"{name}GB 18030", text.encode("gb18030")
        yield f"{name}Python", repr(text.encode())[2:-1].encode()
        yield f"{name}backwards", text[::-1].encode()
        yield from _of_bytes(name, text.encode())
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, text.encode()).digest()
            yield f"{name}{algorithm}", digest
            yield f"{name}{algorithm}, hex", digest.hex().encode()
            yield f"{name}{algorithm}, base64", base64.b64encode(digest).rstrip(b"=")


def _of_bytes(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{name}hex", content.hex().encode()
    yield f"{name}hex, capitals", content.hex().upper().encode()
    for shift in range(3):
        # The letters at both ends depend on what stands beside them: only what is sure is looked for.
        sure = base64.b64encode(bytes(shift) + content)[(shift * 4 + 2) // 3 :]
        sure = sure[: len(content) * 4 // 3 - 2]
        yield f"{name}base64", sure
        yield f"{name}base64url", sure.replace(b"+", b"-").replace(b"/", b"_")
