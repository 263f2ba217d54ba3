#!/usr/bin/env python3
"""Writes keyholder.tsv, network.tsv, chain.tsv and keyring.tsv: docs/KEYHOLDER-PROTOCOL.md done once more, in Python, so that the C code is
tested against the description and not against itself. Needs the `cryptography` package and the `openssl` command; the
files are kept in the tree."""
import base64
import hashlib
import hmac
import os
import struct
import subprocess

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER = bytes(range(32))
USES = ["seal credential", "seal private", "seal answer", "mac digest", "mac check", "seal paytm"]


def derive(label, n=32, root=MASTER):
    return HKDF(SHA256(), n, b"tijori keyholder 1", label.encode()).derive(root)


def sealed(use, about, text, root=MASTER):
    salt = hashlib.sha256(about + text).digest()[:16]
    key = hmac.digest(derive(USES[use], root=root), salt + bytes([use]), "sha256")
    aad = bytes([use]) + struct.pack(">H", len(about)) + about
    return b"\x01" + derive("key id", 4, root) + salt + AESGCM(key).encrypt(bytes(12), text, aad)


def mac(use, about, data, root=MASTER):
    return hmac.digest(derive(USES[use], root=root), struct.pack(">H", len(about)) + about + data, "sha256")


def hourly(hour, root=MASTER):
    return hmac.digest(derive("hourly root", 48, root), b"order-token" + struct.pack(">Q", hour), "sha384")


def chain_mac(rows, before, life, cards, numbers, root=MASTER):
    """Of link 7, whose first row is 40, at 1700000000000."""
    link = struct.pack(">QQIQ", 7, 40, len(rows), 1700000000000) + before
    link += b"".join(hashlib.sha256(row).digest() for row in rows)
    said = b"link" + link + life + struct.pack(">QQ", cards, numbers)
    return link, hmac.digest(derive("audit chain", root=root), said, "sha256")


def hmac_under(secret, text):
    """What a merchant computes with the secret he was given; `openssl` has to say the same."""
    said = hmac.digest(secret, text, "sha256")
    openssl = subprocess.run(["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + secret.hex(),
                              "-binary"], input=text, capture_output=True, check=True)
    assert openssl.stdout == said
    return said


# Published test numbers (src/domain/test_cards.c).
CARDS = (b"4111111111111111", b"5555555555554444", b"6074825972083818", b"378282246310005", b"30569309025904")


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
    yield "record", 5, b"paytm|7", b"0123456789abcdef", sealed(5, b"paytm|7", b"0123456789abcdef")
    for hour in (0, 1, 495234, 2 ** 64 - 1):
        yield "hourly", 0, b"", str(hour).encode(), hourly(hour)
    yield "id", 0, b"", b"", derive("id")
    yield "id", 8, b"", b"", derive("network id")
    for digits in CARDS:
        yield "charge", 7, b"", digits, hmac.digest(derive("acquirer pan"), digits, "sha256")[:16]


def hmac_rows():
    about = b"credentials.secret|7|TEST7|1"
    for secret in (b"x", b"cfsk_test_0123456789abcdef", b"s" * 64, b"s" * 65, b"s" * 128):
        for text in (b"", b"1700000000000" + b'{"data":{"amount":170.00}}', b"t" * 300):
            yield about, sealed(0, about, secret), text, hmac_under(secret, text)


# The simulated network: the scheme's number, a token's first digits and its count of digits, a PAR's first characters.
SCHEMES = {"VISA": (1, "489995", 16, "V001"), "MASTERCARD": (2, "229995", 16, "5001"),
           "RUPAY": (3, "829995", 16, "R001"), "AMEX": (4, "349995", 15, "A001"), "DINERS": (5, "369995", 14, "D001")}


def ff1(key, tweak, digits):
    """FF1 of NIST SP 800-38G, Algorithm 7, radix 10."""
    def aes(block):
        e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return e.update(block) + e.finalize()

    def prf(text):
        y = bytes(16)
        for i in range(0, len(text), 16):
            y = aes(bytes(p ^ q for p, q in zip(y, text[i:i + 16])))
        return y

    n, t = len(digits), len(tweak)
    u = n // 2
    v = n - u
    a, b = digits[:u], digits[u:]
    size = -(-(10 ** v - 1).bit_length() // 8)
    d = 4 * -(-size // 4) + 4
    p = bytes([1, 2, 1, 0, 0, 10, 10, u % 256]) + struct.pack(">II", n, t)
    for i in range(10):
        q = tweak + bytes((-t - size - 1) % 16) + bytes([i]) + int(b).to_bytes(size, "big")
        y = int.from_bytes(prf(p + q)[:d], "big")
        m = u if i % 2 == 0 else v
        a, b = b, str((int(a) + y) % 10 ** m).zfill(m)
    return a + b


def luhn(digits):
    total = 0
    for i, c in enumerate(reversed(digits)):
        x = int(c) * (2 if i % 2 == 0 else 1)
        total += x // 10 + x % 10
    return str(-total % 10)


def number(name, counter):
    scheme, prefix, length, _ = SCHEMES[name]
    body = ff1(derive("network number"), bytes([scheme]), str(counter - 1).zfill(length - 7))
    return prefix + body + luhn(prefix + body)


def card(name, pan):
    rest = int.from_bytes(hmac.digest(derive("network par"), pan.encode(), "sha256"), "big")
    par = ""
    for _ in range(25):
        rest, digit = divmod(rest, 36)
        par = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + par
    return hmac.digest(derive("network pan"), pan.encode(), "sha256")[:16].hex(), SCHEMES[name][3] + par


def tavv(name, counter, payment, serial, minor):
    head = bytes([(payment == "SUBS") | (minor > 0) << 1]) + serial.to_bytes(7, "big")
    text = struct.pack(">BQ", SCHEMES[name][0], counter) + head
    key = derive("network cryptogram")
    mac = hmac.digest(key, text, "sha256")[:12]
    if minor:
        mac = mac[:6] + hmac.digest(key, text + struct.pack(">q", minor) + b"INR", "sha256")[:6]
    return base64.b64encode(head + mac).decode()


def network_rows():
    most = {"AMEX": 10 ** 8, "DINERS": 10 ** 7}
    for name in SCHEMES:
        for counter in (1, 2, 1234567, most.get(name, 10 ** 9)):
            yield "number", name, str(counter), number(name, counter)
    for name, pan in (("VISA", "4111111111111111"), ("VISA", "4012888888881881"), ("MASTERCARD", "5555555555554444"),
                      ("RUPAY", "6074825972083818"), ("AMEX", "378282246310005"), ("DINERS", "30569309025904"),
                      ("DINERS", "38520000023237")):
        yield "card", pan, *card(name, pan)
    for name, counter, payment, serial, minor in (
            ("VISA", 1, "ECOM", 0, 0), ("VISA", 1, "SUBS", 1, 0), ("VISA", 1, "ECOM", 2 ** 56 - 1, 100),
            ("MASTERCARD", 999999999, "SUBS", 0x0123456789ABCD, 999900), ("RUPAY", 7, "ECOM", 7, 1),
            ("AMEX", 10 ** 8, "ECOM", 255, 0), ("AMEX", 12, "ECOM", 256, 2 ** 40), ("DINERS", 10 ** 7, "SUBS", 5, 500)):
        yield ("tavv", name, str(counter), number(name, counter), payment, str(serial), str(minor),
               tavv(name, counter, payment, serial, minor))


# A ring: of each generation the purpose, when it was made, and from which number it goes; the newest first.
HOUR = 3600 * 1000
BASE, DATA, FINGERPRINT, ID, SIGNING = range(5)
RING = [(BASE, 0, 0),
        (DATA, 1700000000000, 0), (DATA, 1600000000000, 0), (DATA, 0, 0),
        (FINGERPRINT, 1700000000000, 0), (FINGERPRINT, 1600000000000, 0), (FINGERPRINT, 0, 0),
        (ID, 1700000000000, 100001), (ID, 0, 0),
        (SIGNING, 2001 * HOUR, 0), (SIGNING, 1000 * HOUR + 1, 0), (SIGNING, 0, 0)]
RING_SET, RING_VERSION = b"ring-set", 41


def root_of(purpose, age):
    return hashlib.sha256(b"root %d %d" % (purpose, age)).digest()


def ring_file():
    """As the key file of MASTER opens it."""
    head = b"tijori-keyring-1\n" + bytes([1, 0, 0]) + RING_SET + struct.pack(">QH", RING_VERSION, 0)
    nonce, entries = hashlib.sha256(b"nonce").digest()[:12], b""
    for i, (purpose, created, start) in enumerate(RING):
        root = root_of(purpose, sum(p == purpose for p, _, _ in RING[:i]))
        entries += bytes([purpose]) + derive("key id", 4, root) + struct.pack(">QQ", created, start) + root
    return head + nonce + AESGCM(derive("keyring")).encrypt(nonce, entries, head + nonce)


def card_digests(merchant, digits, owner, age):
    root, who = root_of(FINGERPRINT, age), struct.pack(">Q", merchant)
    number = bytes([len(digits)]) + digits
    mine = hmac.digest(derive("card fingerprint", root=root), who, "sha256")
    theirs = hmac.digest(derive("card owner", root=root), who, "sha256")
    return hmac.digest(mine, number, "sha256"), hmac.digest(theirs, number + owner, "sha256")[:16]


def ring_rows():
    yield "file", ring_file()
    for use in (0, 1, 2, 5):
        for age in range(3):
            text = b"0123456789abcdef"
            yield "record", bytes([use]), bytes([age]), b"about", text, sealed(use, b"about", text, root_of(DATA, age))
    yield "mac", bytes([3]), b"", b"about", b"data", mac(3, b"about", b"data", root_of(BASE, 0))
    yield "mac", bytes([4]), b"", b"about", b"data", mac(4, b"about", b"data", root_of(BASE, 0))
    for hour, age in ((0, 2), (1000, 2), (1001, 1), (2000, 1), (2001, 0), (2 ** 64 - 1, 0)):
        yield "hourly", struct.pack(">Q", hour), hourly(hour, root_of(SIGNING, age))
    for number, purpose, age in ((0, ID, 0), (1, ID, 1), (255, BASE, 0)):
        yield "id", struct.pack(">Q", number), derive("id", root=root_of(purpose, age))
    yield "network id", b"", derive("network id", root=root_of(BASE, 0))
    for digits in CARDS:
        yield "card", digits, *card_digests(7, digits, b"owner", 0), *card_digests(7, digits, b"owner", 1)
    for age in range(3):
        life, root = hashlib.sha256(b"life").digest()[:16], root_of(SIGNING, age)
        yield "link", bytes([age]), life, *chain_mac([b"one"], bytes(32), life, 1, 2, root)


with open(os.path.join(os.path.dirname(__file__), "keyring.tsv"), "w") as f:
    f.write("# what the ring in the row \"file\" gives, which opens under the master key 00 01 02 .. 1f; hex, \"-\" for "
            "empty; made by keyholder.py\n")
    for what, *columns in ring_rows():
        f.write("\t".join([what] + [c.hex() or "-" for c in columns]) + "\n")

with open(os.path.join(os.path.dirname(__file__), "keyholder.tsv"), "w") as f:
    f.write("# what use about in out, under the master key 00 01 02 .. 1f; "
            "hex, \"-\" for empty; made by keyholder.py\n")
    for what, use, about, text, out in rows():
        f.write("\t".join([what, str(use), about.hex() or "-", text.hex() or "-", out.hex()]) + "\n")
    f.write("# hmac use about record text out\n")
    for about, record, text, out in hmac_rows():
        f.write("\t".join(["hmac", "0", about.hex(), record.hex(), text.hex() or "-", out.hex()]) + "\n")

with open(os.path.join(os.path.dirname(__file__), "network.tsv"), "w") as f:
    f.write("# number scheme counter number | card pan mac(hex) par | "
            "tavv scheme counter number payment serial minor tavv; under the same master key; made by keyholder.py\n")
    for row in network_rows():
        f.write("\t".join(row) + "\n")

with open(os.path.join(os.path.dirname(__file__), "chain.tsv"), "w") as f:
    f.write("# link life cards numbers mac: a link of the audit log, under the same master key; made by keyholder.py\n")
    for rows_of, cards, numbers in (([], 0, 0), ([b"one"], 1, 0), ([b"one", b"two"], 2 ** 40, 7)):
        life = hashlib.sha256(b"life").digest()[:16]
        link, made = chain_mac(rows_of, hashlib.sha256(b"before").digest(), life, cards, numbers)
        f.write("\t".join([link.hex(), life.hex(), str(cards), str(numbers), made.hex()]) + "\n")
