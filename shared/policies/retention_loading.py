"""Reads the files of retention rules, strictly; called by wiring, never at import."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.policies.loading import DATA, PolicyFileError, read_strictly
from shared.policies.retention import FOR_GOOD, UNREFERENCED, Period, RetentionBook, RetentionRules, Rule


def load_retention_book(folder: Traversable | None = None) -> RetentionBook:
    """Every version of the package (or of another folder); raises `PolicyFileError`."""
    source = folder if folder is not None else files(DATA) / "data" / "retention"
    versions: list[RetentionRules] = []
    problems: list[str] = []
    for entry in sorted(source.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".yaml"):
            continue
        try:
            versions.append(parse_retention(entry.read_text(encoding="utf-8")))
        except PolicyFileError as refused:
            problems += [f"{entry.name}: {problem}" for problem in refused.problems]
    if not versions and not problems:
        problems.append("no retention rules found")
    if problems:
        raise PolicyFileError(problems)
    try:
        return RetentionBook(versions)
    except ValueError as clash:
        raise PolicyFileError([str(clash)]) from clash


def parse_retention(text: str) -> RetentionRules:
    """One version from the text of its file; raises `PolicyFileError` with all that is wrong."""
    rules = read_strictly(RetentionRules, text)
    problems = [f"shortened.{name} is no rule" for name in rules.shortened if name not in rules.rules]
    try:
        ZoneInfo(rules.zone)
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(f"zone: {rules.zone} is not known")
    if sum(rule.counts_from == UNREFERENCED for rule in rules.rules.values()) != 1:
        problems.append(f"rules: exactly one counts from {UNREFERENCED}")
    for name, rule in rules.rules.items():
        problems += [f"rules.{name}.{problem}" for problem in _inconsistencies(rule)]
    if problems:
        raise PolicyFileError(problems)
    return rules


def _inconsistencies(rule: Rule) -> Iterator[str]:
    if (rule.place is None) == (rule.collection is None):
        yield "place, collection: one of them is given, the other is null"
    try:
        length = Period.read(rule.period)
    except ValueError as wrong:
        yield f"period: {wrong}"
        return
    if (length is None) != (rule.enforced_by == "nothing"):
        yield f"enforced_by: nothing is for what is kept `{FOR_GOOD}`, and for that alone"
    if rule.enforced_by == "expiry-index" and rule.collection is None:
        yield "enforced_by: the store's own expiry is for collections"
