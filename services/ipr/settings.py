"""What ipr needs to know of where it runs; read once, in `__main__`."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.surroundings import Surroundings


@dataclass(frozen=True)
class Settings:
    """mainland_mongo_url: where the vault of the China region is kept."""

    surroundings: Surroundings
    mainland_mongo_url: str

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """IPP_MONGO_URL_CN, where the China region has a store of its own."""
        surroundings = Surroundings.read("ipr", env)
        return cls(surroundings, env.get("IPP_MONGO_URL_CN", surroundings.mongo_url))
