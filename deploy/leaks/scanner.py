"""Many values looked for in much content at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from deploy.leaks.forms import forms

_LEAST = 6  # bytes: what is shorter is found everywhere
_BLOCK = 1 << 18
_WORD = 8  # bytes of a word of the long sieves


@dataclass(frozen=True)
class Leak:
    """place: where it was found; what: the name of the value, never the value; how: in which encoding."""

    place: str
    what: str
    how: str

    def __str__(self) -> str:
        return f"{self.what} ({self.how}) in {self.place}"


class LeakScanner:
    """`values`: by name, what must not be found. Bytes (of files) are looked for by a piece out of their middle.

    A hundred thousand patterns are too many to be looked for one after another. Content is read as machine words, which
    are looked up in a set of the patterns' own; only patterns that have a word in common with it are looked for.
    """

    def __init__(self, values: Mapping[str, str | bytes]) -> None:
        self._wanted: dict[bytes, tuple[str, str]] = {}
        for what, value in values.items():
            for how, pattern in forms(value):
                if len(pattern) >= _LEAST:
                    self._wanted.setdefault(pattern, (what, how))
        # At any alignment one whole word lies within a long pattern; of shorter ones the first is tried at each.
        long = [pattern for pattern in self._wanted if len(pattern) >= 2 * _WORD - 1]
        middle = [pattern for pattern in self._wanted if _WORD <= len(pattern) < 2 * _WORD - 1]
        short = [pattern for pattern in self._wanted if len(pattern) < _WORD]
        sieves = (_Sieve("Q", long, steps=1), _Sieve("Q", middle, steps=_WORD), _Sieve("I", short, steps=4))
        self._sieves = [sieve for sieve in sieves if sieve.by_word]

    def found(self, place: str, content: bytes) -> list[Leak]:
        padded = content + bytes(2 * _WORD - len(content) % _WORD)
        common = {pattern for sieve in self._sieves for pattern in sieve.passed(padded)}
        hits = {pattern for pattern in common if pattern in content}
        # In the order of the values, so that the same is always told first.
        return [Leak(place, *named) for pattern, named in self._wanted.items() if pattern in hits] if hits else []


class Look:
    """For more content than memory holds, piece by piece: `at` each, then `end`."""

    def __init__(self, values: Mapping[str, str | bytes]) -> None:
        self.pieces = 0
        self._scanner = LeakScanner(values)
        self._leaks: list[Leak] = []
        self._block: list[tuple[str, bytes]] = []
        self._size = 0

    def at(self, place: str, content: bytes) -> None:
        self.pieces += 1
        self._block.append((place, content))
        self._size += len(content)
        if self._size >= _BLOCK:
            self._look()

    def end(self) -> list[Leak]:
        """What was found, each once for its place."""
        self._look()
        return list(dict.fromkeys(self._leaks))

    def _look(self) -> None:
        # Together first, which is many times faster; where something is, each by itself.
        if self._scanner.found("", b"\n".join(content for _, content in self._block)):
            self._leaks += [leak for place, content in self._block for leak in self._scanner.found(place, content)]
        self._block, self._size = [], 0


class _Sieve:
    """steps: at how many alignments content is read."""

    def __init__(self, word: Literal["Q", "I"], patterns: Iterable[bytes], steps: int) -> None:
        self._word: Literal["Q", "I"] = word
        self._steps = steps
        size = memoryview(b"").cast(word).itemsize
        self.by_word: Mapping[int, list[bytes]] = defaultdict(list)
        for pattern in patterns:
            for start in range(size // steps):
                [number] = memoryview(pattern[start : start + size]).cast(word)
                self.by_word[number].append(pattern)
        self._size = size

    def passed(self, padded: bytes) -> Iterator[bytes]:
        """The patterns that have a word in common with the content."""
        seen = memoryview(padded)
        whole = (len(padded) - self._size) // self._size * self._size
        for start in range(self._steps):
            words = seen[start : start + whole].cast(self._word)
            if not self.by_word.keys().isdisjoint(words):
                for word in set(words) & self.by_word.keys():
                    yield from self.by_word[word]
