"""What a topic is: its name, who writes and reads it, its key, its order, how long it is kept, what may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.envelope import EventData


@dataclass(frozen=True)
class Topic:
    """One topic (or one per marketplace where the name holds `{platform}`).

    key: what the record's key is; sequence: what `sequence` counts; compacted: only the latest value is kept;
    examples: one message for each event type; they are documentation and tests at once.
    """

    name: str
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    events: tuple[type[EventData], ...]
    examples: tuple[EventData, ...]
    sequence: str = "gap-free per subject"
    compacted: bool = False
    compatibility: str = "fields may be added with a default; a breaking change is a new version of the type"
    by_type: Mapping[str, type[EventData]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_type", {event.type: event for event in self.events})

    @property
    def retention(self) -> str:
        return "latest value per key" if self.compacted else "for ever"

    def of(self, platform: str) -> str:
        """The name of one marketplace's topic."""
        return self.name.format(platform=platform)
