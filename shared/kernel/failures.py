"""The one distinction that every consumer makes: a failure that passes by itself, or one that does not."""


class Transient(Exception):
    """Nothing is wrong with the request: the same attempt may succeed later (a store or a peer out of reach)."""
