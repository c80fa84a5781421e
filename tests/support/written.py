"""All that was written where nothing personal may be: kept in a file until it is known what is personal."""

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.leaks import LeakScanner, Shape, shapes
from shared.mongo.raw import texts

_BLOCK = 1 << 18
STORE = "store "
"""Places of documents begin so: their sealed bytes have no shape."""


@dataclass(frozen=True)
class _Piece:
    place: str
    content: bytes


@dataclass
class Written:
    """`file`: where the content goes. What is written again, byte for byte, is kept once."""

    file: Path
    size: int = 0
    _places: list[tuple[str, int]] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pieces(self) -> int:
        return len(self._places)

    def note(self, place: str, content: bytes) -> None:
        mark = hash(content)
        with self._one_at_a_time:  # the store's driver works in threads
            if not content or mark in self._seen:
                return
            self._seen.add(mark)
            with self.file.open("ab") as out:
                out.write(content)
            self._places.append((f"{place}{_test()}", len(content)))
            self.size += len(content)

    def leaks(self, values: Mapping[str, str | bytes], known: Iterable[re.Pattern[str]]) -> Iterator[str]:
        """What of the values, or of their shapes, was found where. `known`: texts of such a shape that are nobody's."""
        nobody = list(known)
        scanner = LeakScanner(values)
        for block in self._blocks():
            together = b"\n".join(piece.content for piece in block)
            if scanner.found("", together):
                yield from (str(leak) for piece in block for leak in scanner.found(piece.place, piece.content))
            strange = {shape for shape in shapes(together) if not any(each.fullmatch(shape.text) for each in nobody)}
            if strange:
                yield from _where(strange, block)

    def _blocks(self) -> Iterator[list[_Piece]]:
        if not self._places:
            return
        with self.file.open("rb") as file:
            block: list[_Piece] = []
            size = 0
            for place, length in self._places:
                block.append(_Piece(place, file.read(length)))
                size += length
                if size >= _BLOCK:
                    yield block
                    block, size = [], 0
            yield block


def _where(strange: set[Shape], block: list[_Piece]) -> Iterator[str]:
    for piece in block:
        content = piece.content
        if not any(shape.text.encode() in content for shape in strange):
            continue
        if piece.place.startswith(STORE):
            content = "\n".join(texts(content)).encode()
        for shape in strange & set(shapes(content)):
            yield f"{shape.what} ({shape.veiled}) in {piece.place}"


def _test() -> str:
    """The test that runs; what is read after the last one is nobody's."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    return f", during {test}" if test else ""
