"""`ipp retention` on a running platform: the services' daily runs are told, and a look ahead changes nothing."""

import re

import pytest

from deploy.cli.retention import KEEPERS
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing


def _due(ipp: Ipp, *more: str) -> dict[str, tuple[int, int]]:
    """By rule: how many are due, how many kept back."""
    done = ipp("retention", "due", *more)
    assert done.exit_code == 0, done.output
    found = re.findall(r"^\w+ ([\w-]+): (\d+) due, (\d+) kept back$", done.stdout, re.MULTILINE)
    return {rule: (int(due), int(kept)) for rule, due, kept in found}


def test_print(ipp: Ipp, platform: Standing) -> None:
    for args in (("rules",), ("report",), ("due",), ("due", "--by", "2031-01-01"), ("run", "--dry-run"), ("run",), ("report",)):
        done = ipp("retention", *args)
        print("$", args, done.exit_code); print(done.output)
    assert 0
