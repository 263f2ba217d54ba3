#!/usr/bin/env python3
"""Writes rsa_rejection.tsv: the pseudo-random message that each row of rsa_pkcs1.tsv with an invalid padding gives, by
OpenSSL 3.2 or later through the `cryptography` package (version 41 or later). A row that is refused as a whole has "!".
The file is kept in the tree."""
import os

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_der_private_key

HERE = os.path.dirname(os.path.abspath(__file__))


def unhex(column):
    return b"" if column == "-" else bytes.fromhex(column)


def rows():
    with open(os.path.join(HERE, "rsa_pkcs1.tsv"), encoding="ascii") as f:
        for line in f:
            columns = line.rstrip("\n").split("\t")
            if line.startswith("#") or columns[5] != "invalid":
                continue
            key = load_der_private_key(unhex(columns[1]), None)
            try:
                message = key.decrypt(unhex(columns[3]), PKCS1v15()).hex() or "-"
            except ValueError:
                message = "!"
            yield columns[0], message


def main():
    with open(os.path.join(HERE, "rsa_rejection.tsv"), "w", encoding="ascii") as out:
        out.write("# tcId message; hex, \"-\" for empty, \"!\" for refused; made by rsa_rejection.py with "
                  + backend.openssl_version_text() + "\n")
        for row in rows():
            out.write("\t".join(row) + "\n")


main()
