"""The merchant's answer and the owner's answer to it."""
