"""`python -m deploy.docs --write` makes the reference pages; `--check` fails where one is stale and says which."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.docs import asyncapi, decisions, openapi, personal_rights, problems, retention, topics
from deploy.docs.interfaces import interfaces
from deploy.docs.refusals import found

DOCS = Path(__file__).parents[2] / "docs"


def pages() -> Mapping[str, str]:
    """Path below `docs` → text. All of `docs/reference` is made here, and the list of decisions."""
    served = interfaces()
    return {
        "reference/topics.md": topics.page(),
        "reference/retention.md": retention.page(),
        "reference/asyncapi.yaml": asyncapi.text(),
        "reference/personal-rights.md": personal_rights.page(),
        "reference/problems.md": problems.page(served, found()),
        "adr/README.md": decisions.page(DOCS / "adr"),
        **{f"reference/openapi/{interface.service}.json": openapi.text(interface) for interface in served},
    }


def stale(fresh: Mapping[str, str], folder: Path = DOCS) -> list[str]:
    """Paths that are missing, differ, or are no longer made."""
    there = {str(path.relative_to(folder)) for path in (folder / "reference").rglob("*") if path.is_file()}
    differing = {path for path, text in fresh.items() if _kept(folder / path) != text}
    return sorted(differing | (there - set(fresh)))


def _kept(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(fresh: Mapping[str, str], folder: Path = DOCS) -> None:
    for path in stale(fresh, folder):
        if path not in fresh:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(fresh[path], encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="deploy.docs", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the pages that are stale")
    what.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")
    fresh = pages()
    if parser.parse_args(arguments).write:
        write(fresh)
        return 0
    found_stale = stale(fresh)
    for path in found_stale:
        sys.stderr.write(f"docs/{path} is stale: run python -m deploy.docs --write\n")
    return 1 if found_stale else 0


if __name__ == "__main__":
    sys.exit(main())
