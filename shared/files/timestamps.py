"""Time-stamp tokens (RFC 3161): the structure down to the time itself. Whether the stamp is genuine is the reviewer's
question; here only whether the file is one, and nothing but one."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.files.strangers import check_trailer
from shared.files.verdict import Broken, Look

_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18
_EXPLICIT, _OCTETS_OF_OCTETS = 0xA0, 0x24
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_MOST_MEMBERS = 64


@dataclass(frozen=True)
class _Value:
    tag: int
    body: bytes
    end: int


def inspect_timestamp(content: bytes, look: Look) -> None:
    """A token, or a time-stamping server's whole answer with a token in it. Raises Broken for anything else."""
    outer = _read(content, 0)
    members = _members(outer, _SEQUENCE)
    if members[0].tag == _SEQUENCE:  # an answer: its status comes first, then the token
        if len(members) != 2:
            raise Broken("document-corrupt", "The time-stamping server's answer holds no time stamp.")
        members = _members(members[1], _SEQUENCE)
    _token(members)
    check_trailer(content[outer.end :], look)


def _token(members: list[_Value]) -> None:
    if len(members) != 2 or members[0].tag != _OID or members[0].body != _SIGNED_DATA:
        raise Broken("document-corrupt", "It is no signed time stamp.")
    signed = _members(_only(members[1], _EXPLICIT), _SEQUENCE)
    if len(signed) < 4 or [each.tag for each in signed[:3]] != [_INTEGER, _SET, _SEQUENCE] or signed[-1].tag != _SET:
        raise Broken("document-corrupt", "It is no signed time stamp.")
    if not signed[-1].body:
        raise Broken("document-corrupt", "Nobody signed the time stamp.")
    kind, *held = _members(signed[2], _SEQUENCE)
    if kind.body != _TST_INFO or not held:
        raise Broken("document-corrupt", "What is signed is no time stamp.")
    octets = _only(held[0], _EXPLICIT)
    body = b"".join(each.body for each in _each(octets.body)) if octets.tag == _OCTETS_OF_OCTETS else octets.body
    stamp = _members(_read(body, 0), _SEQUENCE)
    if [each.tag for each in stamp[:5]] != [_INTEGER, _OID, _SEQUENCE, _INTEGER, _TIME]:
        raise Broken("document-corrupt", "The time stamp says no time.")


def _read(data: bytes, at: int) -> _Value:
    """One value in DER: tag, definite length, body."""
    head = data[at : at + 2]
    if len(head) < 2:
        raise Broken("document-truncated", "The time stamp breaks off.")
    tag, length = head
    start = at + 2
    if length & 0x80:
        number = length & 0x7F
        if not 1 <= number <= 4:
            raise Broken("document-corrupt", "The time stamp is not written in DER.")
        if len(data) < start + number:
            raise Broken("document-truncated", "The time stamp breaks off.")
        length = int.from_bytes(data[start : start + number], "big")
        start += number
    if start + length > len(data):
        raise Broken("document-truncated", "The time stamp breaks off.")
    return _Value(tag, data[start : start + length], start + length)


def _each(data: bytes) -> Iterator[_Value]:
    at = 0
    for _ in range(_MOST_MEMBERS):
        if at >= len(data):
            return
        value = _read(data, at)
        yield value
        at = value.end
    raise Broken("document-corrupt", "The time stamp has too many parts.")


def _members(value: _Value, tag: int) -> list[_Value]:
    if value.tag != tag or not value.body:
        raise Broken("document-corrupt", "The time stamp's parts are not those of one.")
    return list(_each(value.body))


def _only(value: _Value, tag: int) -> _Value:
    members = _members(value, tag)
    if len(members) != 1:
        raise Broken("document-corrupt", "The time stamp's parts are not those of one.")
    return members[0]
