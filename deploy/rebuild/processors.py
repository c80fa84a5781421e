"""Every stream processor of the platform, how it is built, and what of its outputs is compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from deploy.provision import processor_versions
from deploy.rebuild.comparison import Read, of_event
from services.complaints.streams import deadlines as complaints_deadlines
from services.identity.streams import deadlines as identity_deadlines
from services.ipr.streams import deadlines as ipr_deadlines
from services.scoring.rules import RuleBook
from services.scoring.streams import goodfaith, outcomes, penalties
from shared.contracts.identity import accounts
from shared.contracts.scoring import goodfaith as goodfaith_contract
from shared.kernel.clock import Clock
from shared.policies.loading import load_policy_book
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Processor, Shape

MARK = ".shadow-"
"""In the name of every topic and group of a rebuild, and of no other."""


@dataclass(frozen=True)
class Rebuildable:
    """One processor.

    live: its shape in use; build: the processor on a shape; outputs: which of the live outputs are compared, and how
    they are read; deadlines: the table and the expiries of what is overdue are compared instead.
    later: inputs that are given to the rebuilt one only after the others are worked off, in this order. Faust reads all
    inputs side by side, and a backlog of two topics comes in no order between them; where that order matters, this is
    the one that gives what the live processor saw (docs/adr 0071).
    """

    live: Shape
    build: Callable[[Shape, Clock], Processor]
    outputs: Mapping[str, Read] = field(default_factory=dict)
    later: tuple[str, ...] = ()
    deadlines: bool = False

    @property
    def name(self) -> str:
        return self.live.name

    def of_version(self, version: int) -> "Rebuildable":
        """The same, with this version live."""
        return replace(self, live=replace(self.live, version=version))

    def shadow(self, stamp: str) -> Shape:
        """The next version, in a group of its own, reading live topics and writing to none. It reads the live outputs
        of the processors before it: a difference is then told where it arises, and only there."""
        mark = f"{MARK}{stamp}"
        return replace(
            self.live,
            name=f"{self.name}{mark}",
            version=self.live.version + 1,
            inputs={
                (later_input(name, mark) if name in self.later else name): contract
                for name, contract in self.live.inputs.items()
            },
            outputs=tuple(f"{name}{mark}" for name in self.live.outputs),
        )


def later_input(name: str, mark: str) -> str:
    """The copy of an input that the rebuilt processor gets later."""
    return f"{name}{mark}.in"


def _deadlines(live: Shape, owner: str) -> Rebuildable:
    def build(shape: Shape, clock: Clock) -> Processor:
        grace = load_policy_book().at(clock.now()).deadlines.expiry_grace
        return DeadlineProcessor(shape, owner, clock, grace)

    return Rebuildable(live, build, deadlines=True)


def _good_faith(shape: Shape, clock: Clock) -> Processor:
    rules = RuleBook(load_policy_book())
    return goodfaith.GoodFaithProcessor(shape, clock, rules.good_faith, rules.zone)


def _penalties(shape: Shape, _: Clock) -> Processor:
    return penalties.PenaltyProcessor(shape, RuleBook(load_policy_book()).penalties)


# A record that came again may have told an outcome once more by a later step that changed nothing.
_FACTS = of_event(frozenset({"case_sequence"}))
_WHOLE = of_event()

_ALL = (
    Rebuildable(
        outcomes.shape(),
        lambda shape, _: outcomes.OutcomeProcessor(shape),
        dict.fromkeys(outcomes.shape().outputs, _FACTS),
    ),
    Rebuildable(
        goodfaith.shape(),
        _good_faith,
        {goodfaith_contract.TOPIC.name: _WHOLE},
        later=(accounts.TOPIC.name, goodfaith_contract.DAYS.name),
    ),
    Rebuildable(penalties.shape(), _penalties, {penalties.shape().outputs[0]: _WHOLE}),
    _deadlines(complaints_deadlines.shape(), "complaints"),
    _deadlines(identity_deadlines.shape(), "identity"),
    _deadlines(ipr_deadlines.shape(), "ipr"),
)


_VERSIONS = processor_versions()
PROCESSORS: tuple[Rebuildable, ...] = tuple(each.of_version(_VERSIONS[each.name]) for each in _ALL)
"""All, in the version that is declared."""


def rebuildable(name: str, version: int | None = None) -> Rebuildable:
    """version: the live one, if it is not the declared one. Raises LookupError where there is no such processor."""
    for each in PROCESSORS:
        if each.name == name:
            return each.of_version(version) if version else each
    raise LookupError(f"no processor is called {name}; there are {', '.join(each.name for each in PROCESSORS)}")
