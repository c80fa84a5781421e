"""A stream processor computed once more from its topics, beside the live one, and compared with it."""

from deploy.rebuild.comparison import Comparison, Difference
from deploy.rebuild.processors import PROCESSORS, Rebuildable, rebuildable
from deploy.rebuild.run import RebuildFailed, rebuild
from deploy.rebuild.shadow import remove_leftovers, shadows

__all__ = [
    "PROCESSORS",
    "Comparison",
    "Difference",
    "RebuildFailed",
    "Rebuildable",
    "rebuild",
    "rebuildable",
    "remove_leftovers",
    "shadows",
]
