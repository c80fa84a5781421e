"""Packers for PDFs' older filters: for ordinary data, and for as much as possible in as little as possible."""

from collections.abc import Iterable


def lzw(data: bytes, early: int = 1) -> bytes:
    """ISO 32000, 7.4.4."""
    return _written(_codes(data), early)


def lzw_of_zeros(times: int) -> bytes:
    """Each time the table is filled anew with ever longer runs of zeros: 7,367,041 of them in some 5,600 bytes."""
    filling = [256, 0, *range(258, 4095)]
    return _written([*filling * times, 257], 1)


def run_lengths(data: bytes) -> bytes:
    """Runs of up to 128 of a byte where there are at least three, the rest as it is."""
    out, plain, at = bytearray(), bytearray(), 0
    while at < len(data):
        run = 1
        while run < 128 and data[at : at + 1] == data[at + run : at + run + 1]:
            run += 1
        if run >= 3:
            _flush(plain, out)
            out += bytes((257 - run, data[at]))
        else:
            plain += data[at : at + run]
        at += run
    _flush(plain, out)
    return bytes(out) + b"\x80"


def _flush(plain: bytearray, out: bytearray) -> None:
    for at in range(0, len(plain), 128):
        part = plain[at : at + 128]
        out += bytes((len(part) - 1,)) + part
    plain.clear()


def _codes(data: bytes) -> Iterable[int]:
    table = {bytes([at]): at for at in range(256)}
    held, following = b"", 258
    yield 256
    for at in range(len(data)):
        longer = held + data[at : at + 1]
        if longer in table:
            held = longer
            continue
        yield table[held]
        table[longer] = following
        following += 1
        if following == 4095:
            yield 256
            table, following = {bytes([at]): at for at in range(256)}, 258
        held = data[at : at + 1]
    if held:
        yield table[held]
    yield 257


def _written(codes: Iterable[int], early: int) -> bytes:
    """Codes grow as the reader's table does: it has one string fewer than the writer's."""
    out, held, bits, size, fresh = bytearray(), 0, 0, 258, True
    for code in codes:
        width = min(12, max(9, (size + early).bit_length()))
        held, bits = held << width | code, bits + width
        while bits >= 8:
            bits -= 8
            out.append(held >> bits)
            held &= (1 << bits) - 1
        if code == 256:
            size, fresh = 258, True
        elif fresh:
            fresh = False
        else:
            size = min(4096, size + 1)
    if bits:
        out.append(held << (8 - bits) & 255)
    return bytes(out)
