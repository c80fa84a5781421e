"""This service's log of disclosures, for identity."""

from shared.disclosures.serving import ServedLog


class DisclosedApi(ServedLog):
    """See `ServedLog`."""
