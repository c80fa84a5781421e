"""Listing addresses: one listing, one identity, whatever form of its address is pasted.

Pure: no network, no files; a user's address is read, never called. The rules are tables, one per marketplace or
country site (`marketplaces/`), whose samples are tests.
"""

from services.complaints.intake.addresses.address import AddressRefused, Kind, ListingAddress
from services.complaints.intake.addresses.recognition import MARKETS, canonical_url, recognize

__all__ = ["MARKETS", "AddressRefused", "Kind", "ListingAddress", "canonical_url", "recognize"]
