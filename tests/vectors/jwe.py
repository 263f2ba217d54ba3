#!/usr/bin/env python3
"""Writes jwe.tsv: compact JWEs made by the `jwcrypto` package (1.5 or later), and what must not open. The file is kept
in the tree; made again it holds another key and other figures. Verdicts: opens, denied (only the key tells), refused
(its shape or header tells)."""
import base64
import json
import os

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwcrypto import jwe, jwk

KEY = jwk.JWK.generate(kty="RSA", size=2048)
OTHER = jwk.JWK.generate(kty="RSA", size=2048)
SECRET = jwk.JWK.generate(kty="oct", size=128)
CARD = b'{"cardNumber":"4111111111111111","expMonth":"10","expYear":"2030","cardSecurityCode":"123"}'
EVERY = ["RSA-OAEP-256", "RSA-OAEP", "RSA1_5", "dir", "A128KW", "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256"]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def made(header, text=CARD, key=KEY):
    token = jwe.JWE(text, json.dumps(header), algs=EVERY)
    token.add_recipient(key)
    return token.serialize(compact=True)


def good(enc="A128GCM", text=CARD, key=KEY, **more):
    return made({"alg": "RSA-OAEP-256", "enc": enc, **more}, text, key)


def with_segment(number, segment):
    parts = good().split(".")
    parts[number] = segment
    return ".".join(parts)


def with_header(text):
    return with_segment(0, b64(text))


def flipped(number):
    parts = good().split(".")
    data = bytearray(unb64(parts[number]))
    data[-1] ^= 1
    parts[number] = b64(bytes(data))
    return ".".join(parts)


def opening():
    for enc in ("A128GCM", "A256GCM"):
        yield enc, good(enc), CARD
        yield enc + " kid", good(enc, kid="key_00112233445566778899aabbccddeeff"), CARD
        yield enc + " empty", good(enc, b""), b""
    yield "kid with a slash, typ, cty and iat", good(kid="a/b", typ="JWT", cty="JSON", iat=1700000000000), CARD
    yield "one byte", good(text=b"x"), b"x"
    yield "bytes of all kinds", good("A256GCM", bytes(range(256))), bytes(range(256))


def denied():
    yield "another key", good(key=OTHER)
    yield "key of another size", with_segment(1, b64(b"\1" * 255))
    yield "key above the modulus", with_segment(1, b64(b"\xff" * 256))
    yield "key of zeros", with_segment(1, b64(bytes(256)))
    yield "another token's key", with_segment(1, good().split(".")[1])
    yield "a content key of 16 bytes for A256GCM", with_header(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}')
    yield "a wrapped key with SHA-1", sha1_wrapped()
    for number, name in ((1, "key"), (2, "initialization vector"), (3, "ciphertext"), (4, "tag")):
        yield "a bit of the " + name, flipped(number)
    yield "another spelling of the header", with_header(b'{"enc":"A128GCM","alg":"RSA-OAEP-256"}')


def sha1_wrapped():
    parts = made({"alg": "RSA-OAEP", "enc": "A128GCM"}).split(".")
    parts[0] = b64(b'{"alg":"RSA-OAEP-256","enc":"A128GCM"}')
    return ".".join(parts)


def refused():
    for alg in ("RSA-OAEP", "RSA1_5"):
        yield "alg " + alg, made({"alg": alg, "enc": "A128GCM"})
    yield "alg dir", made({"alg": "dir", "enc": "A128GCM"}, key=SECRET)
    yield "alg A128KW", made({"alg": "A128KW", "enc": "A128GCM"}, key=SECRET)
    for enc in ("A192GCM", "A128CBC-HS256"):
        yield "enc " + enc, good(enc)
    yield "zip", good(zip="DEF")
    start = b'{"alg":"RSA-OAEP-256","enc":"A128GCM"'
    for more in (b',"crit":["exp"]}', b',"crit":null}', b',"crit":""}', b',"cr\\u0069t":[]}',
                 b',"zip":null}', b',"zip":{}}', b',"alg":"RSA-OAEP-256"}', b',"kid":7}',
                 b',"typ":[]}', b',"cty":true}', b"", b"}x", b',"kid":"\xff"}',
                 b',"kid":"' + b"k" * 129 + b'"}', b',"x":"' + b"x" * 1024 + b'"}'):
        yield "header " + more.hex()[:24], with_header(start + more)
    for header in (b'[]', b'"x"', b'{}', b'{"alg":"none","enc":"A128GCM"}', b'{"alg":"RSA-OAEP-256"}',
                   b'{"enc":"A128GCM"}', b'{"alg":"rsa-oaep-256","enc":"A128GCM"}',
                   b'{"alg":["RSA-OAEP-256"],"enc":"A128GCM"}',
                   b'{"alg":"RSA-OAEP-256","enc":"a128gcm"}', b'{"alg":"RSA-OAEP-256\\u0000","enc":"A128GCM"}',
                   b'{"alg":null,"enc":"A128GCM"}', b'\xef\xbb\xbf{"alg":"RSA-OAEP-256","enc":"A128GCM"}'):
        yield "header " + header.hex()[:24], with_header(header)
    token = good()
    yield "no segments", "x"
    yield "four segments", ".".join(token.split(".")[:4])
    yield "six segments", token + ".AAAA"
    yield "a dot behind", token + "."
    yield "a space behind", token + " "
    yield "padding", token + "=="
    yield "standard alphabet", with_segment(3, "+/+/")
    yield "bits left over", with_segment(4, token.split(".")[4][:-1] + "B")
    yield "a lone character", with_segment(3, "AAAAA")
    yield "no key", with_segment(1, "")
    yield "a vector of 16 bytes", with_segment(2, b64(bytes(16)))
    yield "no vector", with_segment(2, "")
    yield "a tag of 15 bytes", with_segment(4, b64(bytes(15)))
    yield "a tag of 17 bytes", with_segment(4, b64(bytes(17)))
    yield "no tag", with_segment(4, "")
    yield "a key longer than any", with_segment(1, b64(bytes(513)))


def main():
    der = load_pem_private_key(KEY.export_to_pem(True, None), None).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "jwe.tsv"), "w", encoding="utf-8") as out:
        out.write("# name jwe plaintext(hex) verdict; first the private key (PKCS#8 DER, hex); made by jwe.py\n")
        out.write("key\t" + der.hex() + "\n")
        for name, token, text in opening():
            out.write("\t".join([name, token, text.hex() or "-", "opens"]) + "\n")
        for verdict, rows in (("denied", denied()), ("refused", refused())):
            for name, token in rows:
                out.write("\t".join([name, token, "-", verdict]) + "\n")


main()
