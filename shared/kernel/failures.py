"""What every caller tells apart: a failure that passes by itself, what is gone for good, and all else."""


class Transient(Exception):
    """Nothing is wrong with the request: the same attempt may succeed later (a store or a peer out of reach)."""


class Gone(Exception):
    """What was asked for was removed and does not come back: who shows it says "removed"."""
