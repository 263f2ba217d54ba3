#!/usr/bin/env python3
"""Writes keyholder.tsv: docs/KEYHOLDER-PROTOCOL.md done once more, in Python, so that the C code is tested
against the description and not against itself. Needs the `cryptography` package; the file is kept in the tree."""
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER = bytes(range(32))
USES = ["seal credential", "seal private", "seal answer", "mac digest", "mac check"]


def derive(label, n=32):
    return HKDF(SHA256(), n, b"tijori keyholder 1", label.encode()).derive(MASTER)


def sealed(use, about, text):
    salt = hashlib.sha256(about + text).digest()[:16]
    key = hmac.digest(derive(USES[use]), salt + bytes([use]), "sha256")
    aad = bytes([use]) + struct.pack(">H", len(about)) + about
    return b"\x01" + derive("key id", 4) + salt + AESGCM(key).encrypt(bytes(12), text, aad)


def mac(use, about, data):
    return hmac.digest(derive(USES[use]), struct.pack(">H", len(about)) + about + data, "sha256")


def hourly(hour):
    return hmac.digest(derive("hourly root", 48), b"order-token" + struct.pack(">Q", hour), "sha384")


def rows():
    texts = [b"", b"x", b"+919999999999", b"a" * 300]
    abouts = [b"", b"orders.private|7|order-1", b"z" * 256]
    for use in (0, 1, 2):
        for about in abouts:
            for text in texts:
                yield "record", use, about, text, sealed(use, about, text)
    for use in (3, 4):
        for about in abouts:
            for text in texts:
                yield "mac", use, about, text, mac(use, about, text)
    for hour in (0, 1, 495234, 2 ** 64 - 1):
        yield "hourly", 0, b"", str(hour).encode(), hourly(hour)
    yield "id", 0, b"", b"", derive("id")


with open(os.path.join(os.path.dirname(__file__), "keyholder.tsv"), "w") as f:
    f.write("# what use about in out, under the master key 00 01 02 .. 1f; "
            "hex, \"-\" for empty; made by keyholder.py\n")
    for what, use, about, text, out in rows():
        f.write("\t".join([what, str(use), about.hex() or "-", text.hex() or "-", out.hex()]) + "\n")
