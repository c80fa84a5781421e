"""The page `docs/architecture/state-table.md`, from the decider's answers."""

from collections.abc import Iterator, Mapping
from typing import get_args

from services.complaints.cases import model as m
from services.complaints.cases.model.refusals import TEXTS
from services.complaints.cases.state_table.situations import NOT_FILED, Answer, table

_STATES = (NOT_FILED, *m.STATES)
_COMMANDS = tuple(kind.__name__ for kind in get_args(m.Command))
Cells = Mapping[tuple[str, str], tuple[Answer, ...]]

_INTRODUCTION = """\
# A case: every state and every command

This page is made from the decider (`services/complaints/cases/model`) by
`python -m services.complaints.cases.state_table`; `--check` fails where it is stale. Do not edit it.

A command is answered with events, or with a refusal that has a stable code. A refusal marked *(obsolete)* was
overtaken: a reaction counts it and goes on. Where a cell has several answers, a fact beside the state decides: whether
an answer was received in time, whether the case still holds its listing, whether a deadline runs. Reinstatement is no
state: it is a fact of the listing measure that the case records. What is refused in any state is left out: a reason
that the policy does not know, a text where a code belongs, a request for a supplement that names nothing.
"""
_LEGEND = """\
`→ state` the case moves there · `✓` events, and the state stays · `–` refused · `○` obsolete
"""


def page() -> str:
    """The whole page, ending in one newline."""
    cells = table()
    parts = (_INTRODUCTION, "## The picture\n", *_diagram(cells), "## At a glance\n", _LEGEND, *_overview(cells))
    return "\n".join((*parts, "## Command by command\n", *_details(cells), "## Refusals\n", *_refusals(cells)))


def _diagram(cells: Cells) -> Iterator[str]:
    """All moves from one state to another, with the commands that make them."""
    moves: dict[tuple[str, str], list[str]] = {}
    for state in _STATES:
        for command in _COMMANDS:
            for answer in cells[state, command]:
                if answer.kind == "events" and answer.state != state:
                    moves.setdefault((state, answer.state), []).append(command)
    yield "```mermaid\nstateDiagram-v2"
    for (before, after), commands in moves.items():
        start = "[*]" if before == NOT_FILED else before
        yield f"    {start} --> {after}: {', '.join(commands)}"
    for state in m.STATES:
        if state not in m.OPEN_STATES:
            yield f"    {state} --> [*]"
    yield "```\n"


def _overview(cells: Cells) -> Iterator[str]:
    yield "| command | " + " | ".join(_STATES) + " |"
    yield "|---" * (len(_STATES) + 1) + "|"
    for command in _COMMANDS:
        marks = (" ".join(_marks(state, cells[state, command])) for state in _STATES)
        yield f"| {command} | " + " | ".join(marks) + " |"
    yield ""


def _marks(state: str, answers: tuple[Answer, ...]) -> list[str]:
    marks = []
    for answer in answers:
        mark = {"refusal": "–", "obsolete": "○"}.get(answer.kind) or (
            "✓" if answer.state == state else f"→ {answer.state}"
        )
        if mark not in marks:
            marks.append(mark)
    return marks


def _details(cells: Cells) -> Iterator[str]:
    """For each command the states that answer alike, in one row."""
    for command in _COMMANDS:
        rows: dict[tuple[str, ...], list[str]] = {}
        for state in _STATES:
            rows.setdefault(tuple(_told(state, answer) for answer in cells[state, command]), []).append(state)
        yield f"### {command}\n"
        yield "| in | answer |\n|---|---|"
        for answers, states in rows.items():
            yield f"| {', '.join(states)} | {'<br>'.join(answers)} |"
        yield ""


def _told(state: str, answer: Answer) -> str:
    if answer.kind == "events":
        move = "state stays" if answer.state == state else f"→ {answer.state}"
        return f"**{answer.text}**, {move}"
    return f"`{answer.text}`" + (" *(obsolete)*" if answer.kind == "obsolete" else "")


def _refusals(cells: Cells) -> Iterator[str]:
    seen = {answer.text for answers in cells.values() for answer in answers if answer.kind != "events"}
    yield "| code | meaning |\n|---|---|"
    for code, (detail, _) in TEXTS.items():
        if code in seen:
            yield f"| `{code}` | {detail} |"
    yield ""
