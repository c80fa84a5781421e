"""Decides, from outside, whether the platform kept its word: see docs/reliability/invariants.md."""

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.evidence import Comparison, Evidence, Mail, Shelf
from tests.chaos.checker.invariants import check
from tests.chaos.checker.ledger import Ledger, Promise, read_promises

__all__ = ["Breach", "Comparison", "Evidence", "Ledger", "Mail", "Promise", "Shelf", "check", "read_promises"]
