"""The smallest files that are what they say: enough for whoever looks at the first bytes."""

GIF = b"GIF89a" + bytes(8)
JPG = b"\xff\xd8\xff\xe0" + bytes(8)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
BMP = b"BM" + (26).to_bytes(4, "little") + bytes(20)
PDF = b"%PDF-1.7\n%%EOF\n"
# A sequence that holds the OID of a TSTInfo (RFC 3161).
TSA = bytes.fromhex("3030") + bytes(8) + bytes.fromhex("060b2a864886f70d0109100104") + bytes(24)
