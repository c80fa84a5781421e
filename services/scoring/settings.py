"""What scoring needs to know of where it runs; read once, in `__main__`."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.surroundings import Surroundings


@dataclass(frozen=True)
class Settings:
    """streams_version, output_suffix: a rebuild runs as the next version of the processors and writes to topics with a
    suffix, beside the ones in use."""

    surroundings: Surroundings
    streams_version: int = 1
    output_suffix: str = ""

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """IPP_SCORING_STREAMS_VERSION, IPP_SCORING_OUTPUT_SUFFIX."""
        return cls(
            Surroundings.read("scoring", env),
            int(env.get("IPP_SCORING_STREAMS_VERSION", "1")),
            env.get("IPP_SCORING_OUTPUT_SUFFIX", ""),
        )
