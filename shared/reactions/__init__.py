"""Reactions: consuming another's events to change one's own state, once in effect, in order per key."""

from shared.reactions.subscription import Handler, Message, Source, Subscription, cause_of, each, source

__all__ = ["Handler", "Message", "Source", "Subscription", "cause_of", "each", "source"]
