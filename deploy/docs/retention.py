"""`docs/reference/retention.md`: what is kept how long and why, from the rules that decide it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.policies.retention import RetentionRules, Rule
from shared.policies.retention_loading import load_retention_book

_HEAD = """# What is kept how long

Made from `shared/policies/data/retention` by `python -m deploy.docs --write`. Do not edit it.

Version {version}, in force since {since:%Y-%m-%d}. A period counts whole days of {zone}: its first day is not counted,
and what is due goes with the first run after its last day. What a legal hold or a restriction keeps back goes with the
first run after that ends. [How it is enforced](../retention.md).
"""
_TITLES = {
    "identity": "Accounts and identity",
    "ipr": "Rights",
    "complaints": "Complaints",
    "notifications": "Notices",
    "every": "In every service",
}
_FAR = datetime(9000, 1, 1, tzinfo=UTC)


def page() -> str:
    """Of the latest version."""
    version = load_retention_book().at(_FAR)
    parts = [_HEAD.format(version=version.version, since=version.effective_from, zone=version.zone)]
    parts += ["\n".join(_section(version, service)) for service in _TITLES]
    return "\n".join(parts)


def _section(version: RetentionRules, service: str) -> Iterator[str]:
    yield f"## {_TITLES[service]}"
    yield ""
    rules = {name: rule for name, rule in version.rules.items() if rule.service == service}
    for title, kept in (("Goes in its time", False), ("Stays", True)):
        some = {name: rule for name, rule in rules.items() if (rule.length is None) is kept}
        if some:
            yield f"**{title}**"
            yield ""
            yield "| what | kept for | how long | why so long | source | rule |"
            yield "|---|---|---|---|---|---|"
            yield from (_row(name, rule) for name, rule in some.items())
            yield ""


def _row(name: str, rule: Rule) -> str:
    length = rule.period if rule.length is None else f"{rule.period} from `{rule.counts_from}`"
    where = rule.place or rule.collection or ""
    what = f"{rule.what.en} (`{where}`)".replace("|", "\\|")
    return f"| {what} | {rule.purpose} | {length} | {rule.why.en} | {rule.source} | `{name}` |"
