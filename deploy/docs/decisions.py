"""`docs/adr/README.md`: the list of decisions, each by its title."""

from pathlib import Path

_HEAD = """# Decisions

What was decided where more than one way was open: the question, the decision, what follows from it. The list is made by
`python -m deploy.docs --write`. A decision that no longer holds is not deleted: a later one says that it replaces it.
"""


def page(folder: Path) -> str:
    """Raises ValueError for a file without a title, and for a number that two decisions have."""
    paths = sorted(folder.glob("[0-9]*.md"))
    numbers = [path.name.partition("-")[0] for path in paths]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ValueError(f"two decisions have the number {', '.join(twice)}")
    lines = [f"- [{_title(path)}]({path.name})" for path in paths]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def _title(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if not first.startswith("# "):
        raise ValueError(f"{path.name} begins with no title")
    return first.removeprefix("# ")
