"""The process in which files are read: `python -m shared.files.worker`, one file after the other.

On standard input, for each: a line of JSON (`task`, its arguments, `size`) and so many bytes. On standard output: a
line of JSON with `size`, and so many bytes. It ends with its input, so it does not outlive whoever started it.
"""

import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

import orjson

from shared.files.inspection import inspect
from shared.files.previews import preview
from shared.files.verdict import Accepted, Kind
from shared.policies.policy import FileLimit

MEMORY_BYTES = 1_073_741_824
"""Ours, of addresses: the libraries alone map a third of it. What wants more gets MemoryError and is refused."""


def main(source: BinaryIO, target: BinaryIO) -> None:
    while head := source.readline():
        request = orjson.loads(head)
        content = source.read(request["size"])
        if len(content) < request["size"]:
            return
        body = _answer(request, content)
        target.write(orjson.dumps({"size": len(body)}) + b"\n" + body)
        target.flush()


def _answer(request: Mapping[str, Any], content: bytes) -> bytes:
    if request["task"] == "preview":
        return _preview(content, request["kind"])
    limit = FileLimit(**{**request["limit"], "types": tuple(request["limit"]["types"])})
    verdict = inspect(content, request["filename"], limit)
    name = "accepted" if isinstance(verdict, Accepted) else "refused"
    return orjson.dumps({name: asdict(verdict)})


def _preview(content: bytes, kind: Kind) -> bytes:
    try:
        return preview(content, kind) or b""
    except Exception:  # a decoder's own; a file that was taken may still be of a form that it does not draw
        return b""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
