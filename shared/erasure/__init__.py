"""Erasing a person where their data are held: asked whether something stands in the way, told to erase, confirmed.

The same in each service that holds personal data; what stands in the way, and what is erased, each says for itself.
"""

from shared.erasure.model import ErasureHere
from shared.erasure.recipient import ErasureRecipient, Holder
from shared.erasure.store import erasures_of

__all__ = ["ErasureHere", "ErasureRecipient", "Holder", "erasures_of"]
