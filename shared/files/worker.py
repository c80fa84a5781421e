"""The process in which files are read: `python -m shared.files.worker`, one file after the other.

On standard input, for each: a line of JSON (`task`, its arguments, `size`) and so many bytes. On standard output: a
line of JSON with `size`, and so many bytes. It ends with its input, so it does not outlive whoever started it.
"""

import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

import orjson

from shared.files.clean import cleaned
from shared.files.covers import Cover
from shared.files.inspection import inspect
from shared.files.previews import pages, preview
from shared.files.verdict import Accepted
from shared.policies.policy import FileLimit

MEMORY_BYTES = 1_073_741_824
"""Ours, of addresses: the libraries alone map a third of it. What wants more gets MemoryError and is refused."""


def main(source: BinaryIO, target: BinaryIO) -> None:
    while head := source.readline():
        request = orjson.loads(head)
        content = source.read(request["size"])
        if len(content) < request["size"]:
            return
        body = _TASKS[request["task"]](request, content)
        target.write(orjson.dumps({"size": len(body)}) + b"\n" + body)
        target.flush()


def _inspect(request: Mapping[str, Any], content: bytes) -> bytes:
    limit = FileLimit(**{**request["limit"], "types": tuple(request["limit"]["types"])})
    verdict = inspect(content, request["filename"], limit)
    name = "accepted" if isinstance(verdict, Accepted) else "refused"
    return orjson.dumps({name: asdict(verdict)})


def _preview(request: Mapping[str, Any], content: bytes) -> bytes:
    covers = [Cover(**each) for each in request["covers"]]
    return preview(content, request["kind"], request["side"], request["page"], covers) or b""


def _pages(request: Mapping[str, Any], content: bytes) -> bytes:
    return str(pages(content, request["kind"])).encode()


def _clean(request: Mapping[str, Any], content: bytes) -> bytes:
    return cleaned(content, request["kind"])


_Task = Callable[[Mapping[str, Any], bytes], bytes]


def _or_nothing(task: _Task) -> _Task:
    """A file that was taken may still be of a form that a decoder does not draw or write."""

    def attempt(request: Mapping[str, Any], content: bytes) -> bytes:
        try:
            return task(request, content)
        except Exception:  # a decoder's own: what kind it is differs from one to the next
            return b""

    return attempt


_TASKS: Mapping[str, _Task] = {
    "inspect": _inspect,
    "preview": _or_nothing(_preview),
    "pages": _or_nothing(_pages),
    "clean": _or_nothing(_clean),
}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.stdin.buffer, sys.stdout.buffer)
