"""Reactions: consuming another's events to change one's own state, once in effect, in order per key."""

from shared.reactions.subscription import Handler, Message, Subscription

__all__ = ["Handler", "Message", "Subscription"]
