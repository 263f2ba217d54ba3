#!/usr/bin/env python3
"""Writes rsa_public.tsv: public keys at the limits of what keyholder/rsa.h takes, made by the `cryptography` package.
The file is kept in the tree; made again it holds other keys."""
import os

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def modulus(bits):
    return rsa.generate_private_key(65537, bits).public_key().public_numbers().n


def spki(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def with_numbers(n, e):
    return spki(rsa.RSAPublicNumbers(e, n).public_key())


def rows():
    n = modulus(2048)
    for bits in (2048, 3072, 4096):
        yield f"{bits} bits", with_numbers(modulus(bits), 65537), "taken"
    for bits in (1024, 2040, 2050, 4104):
        yield f"{bits} bits", with_numbers(modulus(bits), 65537), "refused"
    for e in (65539, 2 ** 32 - 1):
        yield f"exponent {e}", with_numbers(n, e), "taken"
    for e in (3, 257, 65535, 2 ** 32 + 1, 2 ** 64 + 1):
        yield f"exponent {e}", with_numbers(n, e), "refused"
    yield "a modulus with a small factor", with_numbers((n // 3 | 1) * 3, 65537), "refused"
    yield "an elliptic curve", spki(ec.generate_private_key(ec.SECP256R1()).public_key()), "refused"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "rsa_public.tsv"), "w", encoding="ascii") as out:
        out.write("# name SubjectPublicKeyInfo(hex) verdict; made by rsa_public.py\n")
        for row in rows():
            out.write("\t".join(row) + "\n")


main()
