"""One file of a corpus. What must become of it follows from how it was made, and was never read off the code."""

from collections.abc import Callable
from dataclasses import dataclass

Make = Callable[[], bytes]


@dataclass(frozen=True)
class Case:
    """limit: which of the policy's file limits it is sent under; code: what it must be refused with, empty for a
    benign file."""

    family: str
    name: str
    filename: str
    make: Make
    code: str = ""
    limit: str = "rights"

    @property
    def id(self) -> str:
        return f"{self.family}/{self.name}"
