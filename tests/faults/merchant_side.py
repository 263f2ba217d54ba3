"""The merchant's side of card tokens, for the fault campaigns: cards encrypted as Juspay and Paytm want them, requests
signed as Paytm wants them. Made of the openssl program and what is written here, and of nothing of ours."""

import base64
import hashlib
import json
import os
import subprocess
import tempfile
import time
import uuid

PAYTM_IV = b"@@@@&&&&####$$$$"


def openssl(*words, given=b""):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def rsa(pem, data, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        return openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", file.name,
                       *[word for option in options for word in ("-pkeyopt", option)], given=data)


def times(x, y):
    """Product in the field of GHASH (NIST SP 800-38D, algorithm 1)."""
    z = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            z ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return z


def aes_gcm(key, iv, text, aad):
    """Gives (ciphertext, tag); `iv` has twelve bytes."""
    bits = str(8 * len(key))
    ctr = ["enc", f"-aes-{bits}-ctr", "-K", key.hex(), "-iv"]
    h = int.from_bytes(openssl("enc", f"-aes-{bits}-ecb", "-nopad", "-K", key.hex(), given=bytes(16)), "big")
    mask = openssl(*ctr, (iv + b"\0\0\0\1").hex(), given=bytes(16))
    sealed = openssl(*ctr, (iv + b"\0\0\0\2").hex(), given=text)
    blocks = b"".join(part + bytes(-len(part) % 16) for part in (aad, sealed))
    blocks += (8 * len(aad)).to_bytes(8, "big") + (8 * len(sealed)).to_bytes(8, "big")
    y = 0
    for at in range(0, len(blocks), 16):
        y = times(y ^ int.from_bytes(blocks[at:at + 16], "big"), h)
    return sealed, bytes(a ^ b for a, b in zip(y.to_bytes(16, "big"), mask))


def jwe(pem, text):
    """Compact JWE, RSA-OAEP-256 and A128GCM."""
    head = base64url(b'{"alg":"RSA-OAEP-256","enc":"A128GCM"}')
    key, iv = os.urandom(16), os.urandom(12)
    wrapped = rsa(pem, key, "rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
    sealed, tag = aes_gcm(key, iv, text.encode(), head.encode())
    return ".".join([head, *map(base64url, (wrapped, iv, sealed, tag))])


def rsa_block(pem, text):
    """Paytm's encryptedCardData: PKCS#1 v1.5, base64."""
    return base64.b64encode(rsa(pem, text.encode(), "rsa_padding_mode:pkcs1")).decode()


def checksum(text, merchant_key):
    salt = base64.b64encode(os.urandom(3))
    plain = hashlib.sha256(text.encode() + b"|" + salt).hexdigest().encode() + salt
    return base64.b64encode(openssl("enc", "-aes-128-cbc", "-K", merchant_key.encode().hex(), "-iv", PAYTM_IV.hex(),
                                    given=plain)).decode()


def juspay_headers(known):
    return {"authorization": "Basic " + base64.b64encode(known["api_key"].encode() + b":").decode(),
            "content-type": "application/json"}


def juspay_token(known, card, customer, **changes):
    """The body of /generateToken; `card` is an object, or text that is encrypted as it is."""
    text = card if isinstance(card, str) else json.dumps(card)
    return {"service": "NETWORK_TOKEN", "cardData": jwe(known["server_public_key_pem"], text),
            "orderData": {"consentId": str(uuid.uuid4()), "customerId": customer},
            "audit": {"authRefNo": "test12324"}, "shouldSendToken": True, **changes}


def paytm_request(known, operation, body):
    """Gives (path, text of the envelope)."""
    text = json.dumps(body)
    head = {"version": "v1", "requestTimestamp": str(int(time.time() * 1000)), "requestId": uuid.uuid4().hex,
            "signature": checksum(text, known["merchant_key"]), "signatureType": "CHECKSUM"}
    return (f"/coft-center/coft/merchant/{known['mid']}/token/{operation}?requestId={head['requestId']}",
            f'{{"head":{json.dumps(head)},"body":{text}}}')


def paytm_card(known, card, customer):
    """The body of tokenizeCard and of the guest checkout."""
    return {"mid": known["mid"], "authRefId": "test12324", "cardSource": "MANUAL_ENTERED",
            "encryptedCardData": rsa_block(known["server_public_key_pem"], json.dumps(card)),
            "userInfo": {"custId": customer}, "tokenizationConsent": {"userConsent": 1},
            "amount": {"value": "10.00", "currency": "INR"}}
