"""PDFs written by hand: objects, a table of them, a trailer; every part can be replaced by a case."""

import zlib
from collections.abc import Mapping, Sequence

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def flate(data: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)


def objects(
    more: Sequence[bytes] = (),
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    contents: bytes | None = None,
    pages: bytes | None = None,
) -> list[bytes]:
    """Catalog, page tree, page, contents, and from number 5 on `more`. `catalog`, `page`: further entries of theirs."""
    return [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>" if pages is None else pages,
        PAGE[:-2] + page + b" >>",
        stream(b"BT ET") if contents is None else contents,
        *more,
    ]


def written(parts: Sequence[bytes], *, trailer: bytes = b"", head: bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") -> bytes:
    out = bytearray(head)
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, trailer, table)
    return bytes(out)


def document(more: Sequence[bytes] = (), *, trailer: bytes = b"", **entries: bytes | None) -> bytes:
    """A PDF of one page; see `objects` for the rest."""
    return written(objects(more, **entries), trailer=trailer)  # type: ignore[arg-type]


def updated(pdf: bytes, changed: Mapping[int, bytes], size: int) -> bytes:
    """An incremental update: the objects anew behind the old end, with a table that points back (ISO 32000, 7.5.6)."""
    before = int(pdf.rpartition(b"startxref\n")[2].split(b"\n")[0])
    out = bytearray(pdf)
    rows = []
    for number, part in changed.items():
        rows.append(b"%d 1\n%010d 00000 n \n" % (number, len(out)))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n" + b"".join(rows)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, before, table)
    return bytes(out)


def packed(parts: Mapping[int, bytes], *, held: Mapping[int, bytes]) -> bytes:
    """With a cross-reference stream, and `held` inside an object stream (ISO 32000, 7.5.7 and 7.5.8)."""
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    rows: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    for number, part in parts.items():
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    index, body = b"", b""
    store, table = max((*parts, *held)) + 1, max((*parts, *held)) + 2
    for place, (number, part) in enumerate(held.items()):
        index += b"%d %d " % (number, len(body))
        body += part + b" "
        rows[number] = (2, store, place)
    rows[store] = (1, len(out), 0)
    entries = b"/Type /ObjStm /N %d /First %d" % (len(held), len(index))
    out += b"%d 0 obj\n%s\nendobj\n" % (store, flate(index + body, entries))
    rows[table] = (1, len(out), 0)
    start = len(out)
    fields = [rows.get(number, (0, 0, 0)) for number in range(table + 1)]
    data = b"".join(bytes([kind]) + at.to_bytes(4, "big") + more.to_bytes(2, "big") for kind, at, more in fields)
    entries = b"/Type /XRef /Size %d /Root 1 0 R /W [1 4 2]" % (table + 1)
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, flate(data, entries), start)
    return bytes(out)
