"""`docs/reference/problems.md`: every refusal by its code: status, what is wrong, what would mend it."""

from collections.abc import Iterable, Iterator, Sequence

from deploy.docs.interfaces import Interface
from deploy.docs.refusals import Found
from shared.httpkit.problems import STANDARD_PROBLEMS

_HEAD = """# Problems

Made from the declarations of routes and from the refusals in the code by `python -m deploy.docs --write`. Do not edit.

Every answer that is no success is `application/problem+json` (RFC 9457): `type` is `/problems/<code>`, `code` is stable
and is what a program looks at, `detail` is for a person, `mend` says what would make the request fit, `instance` is the
correlation id to name when asking for help. Where several things are wrong, `problems` names them all at once, each
with a JSON pointer.

A name in braces stands for a value.
"""


def page(interfaces: Sequence[Interface], refusals: Sequence[Found]) -> str:
    declared = {code for interface in interfaces for route in interface.routes for code in route.problems}
    answers = [one for one in refusals if one.kind != "named"]
    named = [one for one in refusals if one.kind == "named"]
    rest = [one for one in answers if not _is_any_of(one, declared | set(STANDARD_PROBLEMS))]
    parts = [
        _HEAD,
        "## Of any operation\n",
        _table(("code", "status", "what is wrong", "what mends it"), _standard(answers)),
        *(_of_service(interface, answers, named) for interface in interfaces),
        "## Named within an answer\n",
        "In `problems` of an answer, or beside a row that was refused while others were taken. Rules of a body's form",
        "(`missing`, `string-too-long` and the like) have the codes of their validator.\n",
        _table(("code", "what is wrong", "what mends it"), _rows(named)),
        "## Told to no person\n",
        "Refusals that only reactions and sweepers meet. Obsolete ones are counted and passed over; a request that met",
        "one of these would be answered 409.\n",
        _table(("code", "what is wrong", "what mends it"), _rows(rest)),
    ]
    return "\n".join(parts)


def _of_service(interface: Interface, answers: Sequence[Found], named: Sequence[Found]) -> str:
    """Each code once for each status, with the operations that answer it. What is elsewhere named within an answer may
    also be all that an answer says."""
    where: dict[tuple[str, int], list[str]] = {}
    for route in interface.routes:
        for code, status in route.problems.items():
            where.setdefault((code, status), []).append(route.operation)
    rows = []
    for (code, status), operations in sorted(where.items()):
        detail, mend = _words(code, answers) if any(one.is_of(code) for one in answers) else _words(code, named)
        rows.append((f"`{code}`", str(status), detail, mend, ", ".join(operations)))
    head = ("code", "status", "what is wrong", "what mends it", "operations")
    return f"## Of {interface.service}\n\n" + _table(head, rows)


def _standard(answers: Sequence[Found]) -> Iterator[tuple[str, ...]]:
    for code, status in STANDARD_PROBLEMS.items():
        yield (f"`{code}`", str(status), *_words(code, answers))


def _rows(refusals: Iterable[Found]) -> Iterator[tuple[str, ...]]:
    by_code: dict[str, list[Found]] = {}
    for one in refusals:
        by_code.setdefault(one.code, []).append(one)
    for code, found in sorted(by_code.items()):
        yield (f"`{code}`", *_joined(found))


def _words(code: str, answers: Sequence[Found]) -> tuple[str, str]:
    return _joined([one for one in answers if one.is_of(code)])


def _joined(found: Sequence[Found]) -> tuple[str, str]:
    """Several places may refuse with one code, each in words of its own."""
    details = dict.fromkeys(one.detail for one in found)
    mends = dict.fromkeys(one.mend for one in found if one.mend)
    return " · ".join(details), " · ".join(mends)


def _is_any_of(one: Found, codes: Iterable[str]) -> bool:
    return any(one.is_of(code) for code in codes)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
