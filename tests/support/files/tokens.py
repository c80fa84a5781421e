"""Time-stamp tokens (RFC 3161) written by hand, signed with a key made here: CMS, as OpenSSL reads it."""

import functools
import hashlib
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.files.drawing import der, oid

SEQUENCE, SET, INTEGER, OCTETS, NULL, TIME = 0x30, 0x31, 0x02, 0x04, 0x05, 0x18
SIGNED_DATA, TST_INFO = oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.9.16.1.4")
_VALID = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
_SHA256 = der(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), der(NULL))
_ECDSA = der(SEQUENCE, oid("1.2.840.10045.4.3.2"))


@functools.cache
def signer() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.derive_private_key(2026, ec.SECP256R1())  # made up: the same files on every run
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time Stamping Authority of the tests")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, *_VALID)
    return key, builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def stamp_of(data: bytes, at: datetime = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)) -> bytes:
    """The TSTInfo."""
    imprint = der(SEQUENCE, _SHA256, der(OCTETS, hashlib.sha256(data).digest()))
    time = der(TIME, at.strftime("%Y%m%d%H%M%SZ").encode())
    return der(SEQUENCE, der(INTEGER, b"\x01"), oid("1.3.6.1.4.1.99999.1"), imprint, der(INTEGER, b"\x2a"), time)


def token(stamp: bytes, *, with_certificate: bool = True, kind: bytes = TST_INFO, signed: bool = True) -> bytes:
    key, certificate = signer()
    attributes = der(SEQUENCE, oid("1.2.840.113549.1.9.3"), der(SET, kind)) + der(
        SEQUENCE, oid("1.2.840.113549.1.9.4"), der(SET, der(OCTETS, hashlib.sha256(stamp).digest()))
    )
    signature = key.sign(der(SET, attributes), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    issuer = der(SEQUENCE, certificate.issuer.public_bytes(), der(INTEGER, b"\x01"))
    info = der(SEQUENCE, der(INTEGER, b"\x01"), issuer, _SHA256, der(0xA0, attributes), _ECDSA, der(OCTETS, signature))
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    certificates = der(0xA0, encoded) if with_certificate else b""
    content = der(SEQUENCE, kind, der(0xA0, der(OCTETS, stamp)))
    infos = der(SET, info) if signed else der(SET)
    body = der(SEQUENCE, der(INTEGER, b"\x03"), der(SET, _SHA256), content, certificates, infos)
    return der(SEQUENCE, SIGNED_DATA, der(0xA0, body))


def answer(held: bytes) -> bytes:
    """A server's whole response: granted, and the token."""
    return der(SEQUENCE, der(SEQUENCE, der(INTEGER, b"\x00")), held)
