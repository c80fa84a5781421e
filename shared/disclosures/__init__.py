"""The log of disclosures: who was given what of whom, when, for what and on which ground (000 III; DOMAIN, Accounts 6
and 9). Each service keeps its own; a person sees what concerns them, and an incident is answered from it."""

from shared.disclosures.log import Disclosure, DisclosureLog, Ground, Position, entries_made, nothing_of_others

__all__ = ["Disclosure", "DisclosureLog", "Ground", "Position", "entries_made", "nothing_of_others"]
