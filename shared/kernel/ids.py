"""Identifiers: random where something new is named, derived where a repeat must give the same name."""

import hashlib
import secrets

# Crockford's alphabet: no I, L, O, U, so that a number can be read out over the phone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_LENGTH = 20


def random_id(prefix: str) -> str:
    """A fresh id such as `acc-cn-5K…`; 100 random bits."""
    return f"{prefix}-{_written(secrets.randbits(5 * _RANDOM_LENGTH), _RANDOM_LENGTH)}"


def derived_id(prefix: str, *parts: str, length: int = 20) -> str:
    """The same parts give the same id, for ever; 5 bits a character of `length`."""
    return f"{prefix}-{derived_code(*parts, length=length)}"


def derived_code(*parts: str, length: int = 20) -> str:
    """Only the characters of a derived id, without a prefix."""
    material = b"\x00".join(part.encode() for part in parts)
    return _written(int.from_bytes(hashlib.sha256(material).digest(), "big"), length)


def _written(number: int, length: int) -> str:
    """The lowest 5 bits first."""
    return "".join([_ALPHABET[number >> shift & 31] for shift in range(0, 5 * length, 5)])
