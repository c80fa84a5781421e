"""Reads policy files, strictly; called by wiring, never at import.

A file that says too much or too little, twice or out of range, is refused with everything that is wrong with it.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from shared.policies.calendars import CalendarBook
from shared.policies.calendars.loading import load_calendars
from shared.policies.platforms import markets
from shared.policies.policy import PlatformPolicy, Policy
from shared.policies.terms import PolicyBook

DATA = "shared.policies"
Kind = TypeVar("Kind")


class PolicyFileError(ValueError):
    """Policy files that cannot be used, with every problem found, not only the first."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def load_policy_book(folder: Traversable | None = None) -> PolicyBook:
    """Every policy of the package (or of another folder) and every calendar; raises `PolicyFileError`."""
    calendars = load_calendars()
    source = folder if folder is not None else files(DATA) / "data"
    policies: list[Policy] = []
    problems: list[str] = []
    for entry in sorted(source.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith((".yaml", ".yml")):
            continue
        try:
            policies.append(parse_policy(entry.read_text(encoding="utf-8"), calendars))
        except PolicyFileError as refused:
            problems += [f"{entry.name}: {problem}" for problem in refused.problems]
    if not policies and not problems:
        problems.append("no policy files found")
    if problems:
        raise PolicyFileError(problems)
    try:
        return PolicyBook(policies, calendars)
    except ValueError as clash:
        raise PolicyFileError([str(clash)]) from clash


def parse_policy(text: str, calendars: CalendarBook) -> Policy:
    """One policy from the text of its file, checked against the marketplaces and calendars that exist."""
    policy = read_strictly(Policy, text)
    problems = _inconsistencies(policy, calendars)
    if problems:
        raise PolicyFileError(problems)
    return policy


def read_strictly(kind: type[Kind], text: str) -> Kind:
    """A frozen dataclass from YAML that says neither more nor less; raises `PolicyFileError` with all that is wrong."""
    problems: list[str] = []
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader that also refuses repeated keys
    except yaml.YAMLError as broken:
        raise PolicyFileError([f"not YAML: {' '.join(str(broken).split())}"]) from broken
    if not isinstance(document, dict):
        raise PolicyFileError(["a policy is a mapping"])
    spoken = {key: value for key, value in document.items() if not str(key).startswith("x-")}
    read: Kind | None = _read(kind, spoken, "", problems)
    if read is None or problems:
        raise PolicyFileError(problems)
    return read


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key may not be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        own = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = sorted({name for name in own if own.count(name) > 1}) if not hasattr(node, "flattened") else []
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} is given twice", node.start_mark)
        node.flattened = True  # type: ignore[attr-defined]  # merged keys may repeat own ones from here on
        return super().construct_mapping(node, deep)


def _read(kind: Any, value: Any, where: str, problems: list[str]) -> Any:
    """A value of the annotated kind, or None after saying what is wrong and where."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = [option for option in get_args(kind) if option is not NoneType]
        return None if value is None else _read(inner[0], value, where, problems)
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where, problems)
    if origin is tuple:
        if not isinstance(value, list):
            return _wrong(where, "wants a list", problems)
        return tuple(_read(get_args(kind)[0], item, f"{where}[{n}]", problems) for n, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping) if isinstance(origin, type) else False:
        if not isinstance(value, dict):
            return _wrong(where, "wants a mapping", problems)
        read = {}
        for key, item in value.items():
            if not isinstance(key, str):
                _wrong(f"{where}.{key}", "wants a text as its key: put it in quotes", problems)
            read[str(key)] = _read(get_args(kind)[1], item, f"{where}.{key}", problems)
        return MappingProxyType(read)
    if origin is Literal:
        return value if value in get_args(kind) else _wrong(where, f"is one of {', '.join(get_args(kind))}", problems)
    return _read_plain(kind, value, where, problems)


def _read_dataclass(kind: Any, value: Any, where: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        return _wrong(where or "the policy", "wants a mapping", problems)
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    for name in sorted({str(key) for key in value} - set(names)):
        _wrong(_under(where, name), "is not known", problems)
    before = len(problems)
    for name in names:
        if name not in value:
            _wrong(_under(where, name), "is missing", problems)
    read = {name: _read(hints[name], value[name], _under(where, name), problems) for name in names if name in value}
    return kind(**read) if len(problems) == before else None


def _read_plain(kind: Any, value: Any, where: str, problems: list[str]) -> Any:
    if kind is datetime:
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            return _wrong(where, "wants an instant such as 2026-01-01T00:00:00+08:00", problems)
        return instant if instant.tzinfo is not None else _wrong(where, "wants a zone", problems)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 <= value <= 1 else _wrong(where, "is a share between 0 and 1", problems)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else _wrong(where, "is not negative", problems)
    if kind is str and isinstance(value, str) and value:
        return value
    if kind is bool and isinstance(value, bool):
        return value
    return _wrong(where, f"wants a {kind.__name__}, not {value!r}", problems)


def _wrong(where: str, what: str, problems: list[str]) -> None:
    problems.append(f"{where} {what}")


def _under(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _inconsistencies(policy: Policy, calendars: CalendarBook) -> list[str]:
    """What no single field shows: names that lead nowhere, platforms without rules, ladders that do not rise."""
    problems = [f"platforms.{name} is missing" for name in markets() if name not in policy.platforms]
    problems += [f"platforms.{name} is no marketplace" for name in policy.platforms if name not in markets()]
    if policy.deadlines.calendar not in calendars:
        problems.append(f"deadlines.calendar: {policy.deadlines.calendar} is not loaded")
    if policy.privacy.answer_warning_calendar_days >= policy.accounts.privacy_answer_calendar_days:
        problems.append("privacy.answer_warning_calendar_days: before accounts.privacy_answer_calendar_days")
    for name, part in policy.platforms.items():
        found = _inconsistencies_of_platform(policy, part, calendars)
        problems += [f"platforms.{name}.{problem}" for problem in found]
    for name, ladder in policy.penalty_ladders.items():
        rungs = [step.points for step in ladder.steps]
        if not rungs or rungs != sorted(set(rungs)):
            problems.append(f"penalty_ladders.{name}.steps: rise by points, and there is at least one")
    return problems


def _inconsistencies_of_platform(policy: Policy, part: PlatformPolicy, calendars: CalendarBook) -> list[str]:
    problems: list[str] = []
    if part.calendar not in calendars:
        problems.append(f"calendar: {part.calendar} is not loaded")
    elif calendars.get(part.calendar).zone != part.zone:
        problems.append(f"zone: {part.calendar} counts in {calendars.get(part.calendar).zone}")
    if part.penalty_ladder not in policy.penalty_ladders:
        problems.append(f"penalty_ladder: {part.penalty_ladder} is not given")
    if part.response_regime not in policy.response_regimes:
        problems.append(f"response_regime: {part.response_regime} is not given")
    if set(part.reasons) != set(part.right_types):
        problems.append("reasons: wants reasons for exactly the right types taken there")
    texts = policy.complaints.statement_texts
    problems += [f"statements: {name} has no text" for name in part.statements if name not in texts]
    if not (part.counter_notification_business_days and part.owner_response_business_days):
        problems.append("counter_notification_business_days and owner_response_business_days are at least 1")
    if not part.supplement_business_days:
        problems.append("supplement_business_days is at least 1")
    if bool(part.service_target.business_hours) == bool(part.service_target.business_days):
        problems.append("service_target: is in hours or in days, one of them 0")
    return problems
