"""Writes the page, or checks that it is fresh."""

import argparse
import sys
from pathlib import Path

from services.complaints.cases.state_table.render import page

PAGE = Path(__file__).parents[4] / "docs" / "architecture" / "state-table.md"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="state_table", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is stale")
    chosen = parser.parse_args(arguments)
    fresh = page()
    if not chosen.check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(fresh, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write(f"{PAGE.name} is stale: run python -m services.complaints.cases.state_table\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
