"""What ipr needs to know of where it runs; read once, in `__main__`."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.surroundings import Surroundings


@dataclass(frozen=True)
class Settings:
    surroundings: Surroundings

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        return cls(Surroundings.read("ipr", env))
