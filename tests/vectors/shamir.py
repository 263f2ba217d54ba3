#!/usr/bin/env python3
"""Writes shamir.tsv and share.tsv: secrets in shares, and shares in letters, done once more in Python. The field is done
by logarithms and the polynomials with integers' powers, so that the C code is compared with something made otherwise.
The figures are kept in the tree."""
import hashlib
import itertools
import os
import zlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HERE = os.path.dirname(__file__)

# 3 generates the field of AES: every element but 0 is a power of it.
POWER = [1]
while len(POWER) < 255:
    doubled = POWER[-1] << 1
    POWER.append((doubled ^ (0x11b if doubled & 0x100 else 0)) ^ POWER[-1])
LOG = {value: at for at, value in enumerate(POWER)}


def times(a, b):
    return POWER[(LOG[a] + LOG[b]) % 255] if a and b else 0


def over(a, b):
    return POWER[(LOG[a] - LOG[b]) % 255] if a else 0


def power(a, n):
    return POWER[LOG[a] * n % 255]


def randoms(name):
    """Bytes that are the same each time."""
    for block in itertools.count():
        yield from hashlib.sha256(f"{name} {block}".encode()).digest()


def shares_of(secret, n, k, name):
    draw = randoms(name)
    polynomials = [[byte] + list(itertools.islice(draw, k - 1)) for byte in secret]
    for x in range(1, n + 1):
        share = []
        for c in polynomials:
            value = 0
            for degree, coefficient in enumerate(c):
                value ^= times(coefficient, power(x, degree))
            share.append(value)
        yield x, bytes(share)


def joined(shares):
    secret = []
    for at in range(len(shares[0][1])):
        value = 0
        for x, share in shares:
            weight = 1
            for other, _ in shares:
                if other != x:
                    weight = times(weight, over(other, other ^ x))
            value ^= times(share[at], weight)
        secret.append(value)
    return bytes(secret)


def text_of(index, group, share):
    body = bytes([index]) + group + share
    body += zlib.crc32(body).to_bytes(4, "big")
    number = int.from_bytes(body, "big")
    symbols = "".join(ALPHABET[number >> 5 * i & 31] for i in reversed(range(len(body) * 8 // 5)))
    return "tijori-share-1-" + "-".join(symbols[i:i + 6] for i in range(0, len(symbols), 6))


def main():
    with open(os.path.join(HERE, "shamir.tsv"), "w") as f:
        f.write("# secret shares: each index (1) and bytes; hex; made by shamir.py\n")
        for n, k, size in ((2, 2, 1), (3, 2, 32), (5, 3, 32), (7, 4, 32), (16, 9, 32), (16, 15, 64)):
            name = f"{n} {k} {size}"
            secret = bytes(itertools.islice(randoms("secret " + name), size))
            shares = list(shares_of(secret, n, k, name))
            for chosen in (shares[:k], shares[-k:], shares[::-1][:k], shares[k // 2:][:k]):
                if len(chosen) == k:
                    assert joined(chosen) == secret
                    f.write(f"{secret.hex()}\t{b''.join(bytes([x]) + s for x, s in chosen).hex()}\n")
    with open(os.path.join(HERE, "share.tsv"), "w") as f:
        f.write("# index set share text; hex but for the text; made by shamir.py\n")
        for index in (1, 2, 5, 10, 16):
            draw = randoms(f"share {index}")
            group, share = (bytes(itertools.islice(draw, size)) for size in (8, 32))
            f.write(f"{index:02x}\t{group.hex()}\t{share.hex()}\t{text_of(index, group, share)}\n")
        for fill in (0, 255):
            f.write(f"01\t{bytes([fill] * 8).hex()}\t{bytes([fill] * 32).hex()}\t"
                    f"{text_of(1, bytes([fill] * 8), bytes([fill] * 32))}\n")


if __name__ == "__main__":
    main()
