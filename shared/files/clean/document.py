"""PDF without its own description, that of its parts, what programs keep in it for themselves, and earlier versions.

It is written anew by qpdf, so a signature in it no longer proves anything about these bytes: whoever must check one
needs the original. What a page shows, also the name in a signature's field, stays.
"""

import base64
import io
import re
import zlib

import pikepdf

from shared.files.clean.segments import clean_jpeg
from shared.files.pdf import bound_parser, filters_of, within
from shared.files.verdict import Broken

_DESCRIBING = ("/Metadata", "/PieceInfo", "/LastModified")
_MOST_BYTES = 67_108_864
"""Ours: of one photo inside a PDF, packed once more."""


def clean_pdf(content: bytes) -> bytes:
    """Photos inside it are cleaned as photos are. Raises what qpdf raises, and Broken for a photo that cannot be."""
    bound_parser()
    with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for each in pdf.objects:
            for thing in within(each):
                for key in _DESCRIBING:
                    if key in thing:
                        del thing[key]
                if isinstance(thing, pikepdf.Stream):
                    _clean_photo(thing)
        out = io.BytesIO()
        # Streams go over as they are: nothing is unpacked that could be a bomb.
        pdf.save(
            out,
            deterministic_id=True,
            fix_metadata_version=False,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
        return out.getvalue()


def _clean_photo(image: pikepdf.Stream) -> None:
    filters = [each.long_name for each in filters_of(image)]
    if not filters or filters[-1] != "/DCTDecode":
        return
    packed = image.read_raw_bytes()
    photo = _unwrapped(packed, filters[:-1])
    # As readers do: the photo begins at its mark, whatever a program left before it.
    start = photo.find(b"\xff\xd8\xff")
    if start == -1:
        raise Broken("document-corrupt", "A photo in it has no beginning.")
    parameters = image.get("/DecodeParms")
    own = parameters[-1] if isinstance(parameters, pikepdf.Array) and len(parameters) else parameters
    kept = own if isinstance(own, pikepdf.Dictionary) else None
    image.write(clean_jpeg(photo[start:]), filter=pikepdf.Name.DCTDecode, decode_parms=kept)


def _unwrapped(data: bytes, filters: list[str]) -> bytes:
    for name in filters:
        match name:
            case "/FlateDecode":
                data = zlib.decompressobj().decompress(data, _MOST_BYTES)
            case "/ASCII85Decode":
                data = base64.a85decode(re.sub(rb"[\s\x00]", b"", data).partition(b"~>")[0])
            case "/ASCIIHexDecode":
                digits = re.sub(rb"[\s\x00]", b"", data).partition(b">")[0]
                data = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
            case _:
                raise Broken("document-corrupt", "A photo in it is packed in an unusual way.")
    return data
