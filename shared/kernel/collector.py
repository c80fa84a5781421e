"""How Python's collector of cycles is set in every process of the platform."""

import gc

COLLECT_AFTER = (20_000, 20, 20)
"""Objects more than freed, then rounds of each younger generation; some 10 MB of garbage at most wait for it."""


def spare_what_stays() -> None:
    """What was made at the start lives to the end: the collector of cycles need not look at it again and again. Nor
    need it look after every 700 objects, of which one request makes as many."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
