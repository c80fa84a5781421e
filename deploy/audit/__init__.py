"""Whether the histories in the stores are what was committed: checked against themselves and against the topics.

`histories` is pure and judges one aggregate; `verify` reads a live platform.
"""

from deploy.audit.histories import Anchor, Finding, Judge, anchor_of
from deploy.audit.kinds import KINDS, Kind, kind_of

__all__ = ["KINDS", "Anchor", "Finding", "Judge", "Kind", "anchor_of", "kind_of"]
