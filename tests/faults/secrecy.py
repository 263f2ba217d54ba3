"""What is never kept is nowhere: once their requests are answered, card numbers, security codes and one-time passwords
are in no file of the data folder and in no process; long-lived keys are in no process but the keyholder.

Each use of a card has a number of its own, so that what is found says where it came from. A number is looked for as
text, as packed decimal, as the hexadecimal of its text, as a 64-bit number, and in base64 at each of its three
alignments. This is done with the release build, whose freed memory is what it is in service."""

import base64
import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import merchant_side
import secrecy_pay
import sandbox as sandboxes
from sandbox import REPO, Report, Sandbox, processes

SETTLE_S = 6                # longer than the network is waited for, and than the sweeper's rounds
SHOWN_MAX = 12
READ_AT_ONCE, PAGE = 1 << 18, 4096
OVERLAP = 512
YEAR = str(datetime.date.today().year + 3)            # that of no token: those live four years
CODE, CODE_AMEX = "737", "7373"
KEPT_OPEN = 4

# Keys by their labels; what the gateway is given makes ids, and opens nothing.
LABELS = ("seal paytm", "seal recipient", "card fingerprint", "card owner", "card key jwe", "card key rsa",
          "network pan", "network par", "network cryptogram", "network number")
GIVEN = ("id", "key id", "network id")

# Published test numbers, each used for one thing only.
CARDS = {
    "generateToken": "4706131211212123", "generateToken, encoded twice": "4012888888881881",
    "generateToken of American Express": "378282246310005", "generateToken of Diners": "30569309025904",
    "generateToken that is declined": "4111110000000039", "generateToken without an answer": "4111110000000112",
    "generateToken without a network": "4111110000000120", "generateToken, expired": "5105105105105100",
    "generateToken, bad month": "5555550000000168", "generateToken, text inside": "5555550000000176",
    "a token that is deleted": "5555550000000184",
    "fingerprint": "5555555555554444", "fingerprint without a key": "371449635398431",
    "fingerprint, bad check digit": "4111110000000153", "altId": "4242424242424242",
    "tokenizeCard": "6074825972083818", "tokenizeCard without consent": "6074820000000165",
    "tokenizeCardAsync": "6074820000000157", "cardToPar": "38520000023237", "guest checkout": "4111110000000161",
    "tokenizeCard, bad checksum": "4111110000000179",
    "a card in clear where a JWE belongs": "4111110000000187", "a card in a consent id": "5555550000000150",
    "a card in a path": "6074820000000041", "fingerprint on a connection that stays open": "5409162669381034",
    "a request that is not finished": "4576238912771450", "the last request of a connection": "6074820000000033",
    "a body that is too long": "6074820000000058",
    "Cashfree's card BIN": "4386241223215159", "Cashfree's PAR": "5176538804127393",
    **secrecy_pay.CARDS,
}
assert len(set(CARDS.values())) == len(CARDS)


def with_bad_digit(number):
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def code_of(number):
    return CODE_AMEX if len(number) == 15 else CODE


def forms(number):
    """(name, bytes) of each form that is looked for."""
    text = number.encode()
    yield "text", text
    yield "hexadecimal of its text", text.hex().encode()
    yield "UTF-16", number.encode("utf-16-le")
    if len(number) % 2 == 0:
        yield "packed decimal", bytes.fromhex(number)
    else:
        for name, padded in (("0 before", "0" + number), ("F behind", number + "F"), ("0 behind", number + "0")):
            yield f"packed decimal, {name}", bytes.fromhex(padded)
    yield "a number, little-endian", int(number).to_bytes(8, "little")
    yield "a number, big-endian", int(number).to_bytes(8, "big")
    for before in range(3):
        whole = base64.b64encode(bytes(before) + text).decode()
        first = -(-8 * before // 6)                             # characters that mix with what stands before
        sure = (8 * (before + len(text))) // 6                  # and those that do not mix with what stands behind
        yield f"base64, alignment {before}", whole[first:sure].encode()


def needles_of_cards():
    for use, number in CARDS.items():
        sent = [number, with_bad_digit(number)] if "bad check digit" in use else [number]
        for each in sent:
            for form, data in forms(each):
                yield f"the number of: {use}, as {form}", data


CONTEXTS = [
    ("a security code in its place",
     re.compile(rb'(?i)"(?:cardSecurityCode|securityCode|card_cvv)\\*"\s*:\s*\\*"7373?')),
    ("a card's expiry in its place", re.compile(rb'(?i)"exp(?:iry)?Year\\*"\s*:\s*\\*"' + YEAR.encode())),
    *secrecy_pay.CONTEXTS,
]


def found_in(data, needles, contexts):
    """(what, offset) of everything in a piece of memory or a file."""
    for what, needle in needles:
        at = data.find(needle)
        while at >= 0:
            yield what, at
            at = data.find(needle, at + 1)
    for what, pattern in contexts:
        for match in pattern.finditer(data):
            yield what, match.start()


def around(data, at):
    return "".join(chr(b) if 32 <= b < 127 else "." for b in data[max(0, at - 40):at + 60])


# --- memory -------------------------------------------------------------------------------------------------


def mappings(pid):
    """(begin, end, name) of what the process may have written to."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        words = line.split(None, 5)
        begin, end = (int(word, 16) for word in words[0].split("-"))
        name = words[5] if len(words) > 5 else "anonymous"
        from_file = words[4] != "0"
        is_constant = from_file and "w" not in words[1] or name in ("[vvar]", "[vsyscall]")
        if words[1].startswith("r") and not is_constant:
            yield begin, end, name


def may_read_memory(pid):
    """A container may forbid it even to root."""
    try:
        with open(f"/proc/{pid}/mem", "rb", 0):
            return True
    except PermissionError:
        return False


def written(data):
    """(offset, bytes) of the runs of pages that are not all zeros: most of what a process has mapped is."""
    run = None
    for at in range(0, len(data) + PAGE, PAGE):
        if at < len(data) and data.count(0, at, at + PAGE) < len(data[at:at + PAGE]):
            run = at if run is None else run
        elif run is not None:
            yield run, data[run:at]
            run = None


def memory(pid):
    """(name and address, bytes) of each piece; pieces overlap, so that nothing hides at a seam."""
    with open(f"/proc/{pid}/mem", "rb", 0) as file:
        for begin, end, name in mappings(pid):
            at = begin
            while at < end:
                try:
                    file.seek(at)
                    data = file.read(min(READ_AT_ONCE, end - at))
                except OSError:                                 # a page that nobody can read
                    data = b""
                if not data:
                    at += PAGE
                    continue
                for begun, part in written(data):
                    yield f"{name} at {at + begun:#x}", part
                at += len(data)
                if at < end:
                    at -= OVERLAP


def search(pieces, needles, contexts=()):
    """One line for each thing found, with where it is and what stands around it."""
    lines = {}
    for place, data in pieces:
        for what, at in found_in(data, needles, contexts):
            lines.setdefault(f"{what}; {place.split(' at ')[0]}", []).append(f"{place}+{at:#x} [{around(data, at)}]")
    return [f"{what} ({len(where)} times): {where[0]}" for what, where in lines.items()]


def files(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def say(report, what, found):
    for line in found[:SHOWN_MAX]:
        print(f"# {line}")
    if len(found) > SHOWN_MAX:
        print(f"# and {len(found) - SHOWN_MAX} more")
    report.check(not found, what)


# --- keys ---------------------------------------------------------------------------------------------------


def hkdf(key, salt, info, length):
    """RFC 5869 with SHA-256."""
    out, block = b"", b""
    pseudo = hmac.new(salt, key, hashlib.sha256).digest()
    for i in range(1, -(-length // 32) + 1):
        block = hmac.new(pseudo, block + info + bytes([i]), hashlib.sha256).digest()
        out += block
    return out[:length]


def derived_key(master, label, length=32):
    return hkdf(master, b"tijori keyholder 1", label.encode(), length)


def derived_keys(master):
    """(label, key) of all but what the gateway is given: those of the protocol's page, and of LABELS."""
    page = (REPO / "docs" / "KEYHOLDER-PROTOCOL.md").read_text()
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \| (\d+) \|", page, re.M)
    sizes = {label: int(size) for labels, size in rows for label in re.findall(r"`([^`]+)`", labels)}
    for label in LABELS:
        sizes.setdefault(label, 32)
    for label, size in sizes.items():
        if label not in GIVEN:
            yield label, derived_key(master, label, size)


def der_integer(der, at):
    """(bytes of the INTEGER at this place, place behind it)."""
    size, begin = der[at + 1], at + 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(der[at + 2:begin], "big")
    return der[begin:begin + size], begin + size


def private_parts(der):
    """Pieces of an RSA private key's exponent and first prime (RFC 8017, A.1.2), in both orders of bytes."""
    exponent, at = der_integer(der, der.index(bytes.fromhex("0203010001")) + 5)
    prime, _ = der_integer(der, at)
    for name, number in (("exponent", exponent), ("prime", prime)):
        piece = number[8:48]
        yield name, piece
        yield f"{name}, as limbs", piece[::-1]


def card_key(server, master, kind):
    """The server's private key for cards, from its sealed file."""
    data = (server.data / "keys" / f"card-{kind}.key").read_bytes().partition(b"\n")[2]
    key = derived_key(master, f"card key {kind}")
    return merchant_side.aes_gcm(key, data[:12], data[12:-16], b"")[0]      # counter mode undoes itself


def secret_needles(server):
    """What belongs to the keyholder alone."""
    known = json.loads((server.data / "credentials.json").read_text())
    master = bytes.fromhex((server.data / "keys" / "master.key").read_text().split()[1])
    yield "the master key", master
    yield "the master key in hexadecimal", master.hex().encode()
    yield "the Paytm merchant key", known["paytm"]["merchant_key"].encode()
    for label, key in derived_keys(master):
        yield f"the key \"{label}\"", key
    for kind in ("jwe", "rsa"):
        for name, piece in private_parts(card_key(server, master, kind)):
            yield f"the private key for cards, {kind}: {name}", piece
    lines = known["juspay"]["merchant_private_key_pem"].split("\n")
    yield "the demo merchant's private key, PEM", lines[9].encode()
    for name, piece in private_parts(base64.b64decode("".join(lines[1:-2]))):
        yield f"the demo merchant's private key: {name}", piece


# --- the full run -------------------------------------------------------------------------------------------


class Merchant:
    def __init__(self, server):
        known = json.loads((server.data / "credentials.json").read_text())
        self.address = server.address
        self.juspay, self.paytm, self.cashfree = known["juspay"], known["paytm"], known["cashfree"]
        self.headers = merchant_side.juspay_headers(self.juspay)

    def send(self, method, path, body=None, headers=None):
        """Gives (status, JSON or None), on a connection of its own."""
        wire = http.client.HTTPConnection(self.address, timeout=30)
        try:
            text = body if body is None or isinstance(body, str) else json.dumps(body)
            wire.request(method, path, text, self.headers if headers is None else headers)
            answer = wire.getresponse()
            raw = answer.read()
        finally:
            wire.close()
        try:
            return answer.status, json.loads(raw)
        except ValueError:
            return answer.status, None

    @staticmethod
    def card(use, **changes):
        number = CARDS[use]
        return {"cardNumber": number, "expMonth": "10", "expYear": YEAR, "cardSecurityCode": code_of(number), **changes}

    def token(self, use, expected=200, card=None, **changes):
        card = self.card(use) if card is None else card
        body = merchant_side.juspay_token(self.juspay, card, "customer " + use, **changes)
        return self.expect(use, self.send("POST", "/generateToken", body), expected)

    def paytm_call(self, operation, body, code="00", damage=None):
        path, text = merchant_side.paytm_request(self.paytm, operation, body)
        status, answer = self.send("POST", path, damage(text) if damage else text, {"content-type": "application/json"})
        told = answer and answer.get("body", {}).get("resultInfo", {}).get("resultCode")
        if status != 200 or (code and told != code):
            raise RuntimeError(f"{operation}: {status} {answer}, not {code}")
        return answer["body"]

    def paytm_body(self, use):
        number = CARDS[use]
        return merchant_side.paytm_card(self.paytm, {
            "cardNumber": number, "expiryMonth": "10", "expiryYear": YEAR, "securityCode": code_of(number)},
            "customer " + use)

    @staticmethod
    def expect(use, answered, expected):
        if answered[0] != expected:
            raise RuntimeError(f"{use}: {answered}, not {expected}")
        return answered[1]

    def use_juspay(self):
        self.token("generateToken")
        twice = json.dumps(json.dumps(self.card("generateToken, encoded twice")))
        self.token("generateToken, encoded twice", card=twice)
        self.token("generateToken of American Express")
        self.token("generateToken of Diners", shouldSendToken=False)
        self.token("generateToken that is declined", 400)
        self.token("generateToken without an answer", 504)
        self.token("generateToken without a network", 502)
        self.token("generateToken, expired", 400, self.card("generateToken, expired", expYear="2020"))
        self.token("generateToken, bad month", 400, self.card("generateToken, bad month", expMonth="13"))
        self.token("generateToken, text inside", 400, "no JSON " + CARDS["generateToken, text inside"])
        self.token("a token that is deleted")
        customer = "customer a token that is deleted"
        listed = self.send("GET", "/cards?customer_id=" + customer.replace(" ", "%20"))
        cards = self.expect("cards", listed, 200)["cards"]
        named = {"card_reference": cards[0]["card_reference"], "customer_id": customer}
        self.expect("tokenStatus", self.send("POST", "/v4/card/tokenStatus", named), 200)
        self.expect("get", self.send("POST", "/v4/card/get", named), 200)
        self.expect("delete", self.send("POST", "/v4/card/delete", named), 200)
        self.expect("altId", self.send("POST", "/get/altId", {
            "cardData": merchant_side.jwe(self.juspay["server_public_key_pem"], json.dumps(self.card("altId"))),
            "orderData": {"amount": 100, "currency": "INR"}, "cardBrand": "VISA"}), 200)

    def use_numbers_in_clear(self):
        def fingerprint(number, expected, headers=None):
            self.expect("fingerprint", self.send("POST", "/v2/card/fingerprint",
                                                 {"card_number": number, "is_token": False}, headers), expected)
        fingerprint(CARDS["fingerprint"], 200)
        fingerprint(CARDS["fingerprint without a key"], 401, {"content-type": "application/json"})
        fingerprint(with_bad_digit(CARDS["fingerprint, bad check digit"]), 400)
        headers = {"x-client-id": self.cashfree["client_id"], "x-client-secret": self.cashfree["client_secret"],
                   "x-api-version": "2026-01-01", "content-type": "application/json"}
        self.expect("card BIN", self.send("POST", "/pg/utilities/cardbin", {
            "card_number": CARDS["Cashfree's card BIN"]}, headers), 200)
        use = "Cashfree's PAR"
        for number in (CARDS[use], int(CARDS[use])):
            self.expect(use, self.send("POST", "/pg/utilities/pars", {
                "card_number": number, "card_cvv": CODE, "card_expiry_mm": "10", "card_expiry_yy": YEAR[2:],
                "card_type": "PLAIN_CARD"}, headers), 200)
        use = "a card in clear where a JWE belongs"
        self.expect(use, self.send("POST", "/generateToken", {
            "service": "NETWORK_TOKEN", "cardData": json.dumps(self.card(use)),
            "orderData": {"consentId": "c", "customerId": "c"}}), 400)
        use = "a card in a consent id"
        body = merchant_side.juspay_token(self.juspay, self.card("generateToken"), "customer " + use)
        body["orderData"]["consentId"] = CARDS[use]
        self.expect(use, self.send("POST", "/generateToken", body), 400)
        use = "a card in a path"
        status, _ = self.send("GET", "/cardbins/" + CARDS[use])
        if status < 400:
            raise RuntimeError(f"{use}: {status}")

    def use_paytm(self):
        made = self.paytm_call("tokenizeCard", self.paytm_body("tokenizeCard"))["tokenInfo"]
        refused = self.paytm_body("tokenizeCard without consent")
        del refused["tokenizationConsent"]
        self.paytm_call("tokenizeCard", refused, code=None)
        self.paytm_call("tokenizeCardAsync", self.paytm_body("tokenizeCardAsync"), code=None)
        self.paytm_call("cardToPar", {"mid": self.paytm["mid"], "requestType": "PAN", "requestValue":
                        merchant_side.rsa_block(self.paytm["server_public_key_pem"], CARDS["cardToPar"])})
        self.paytm_call("gc/generateTokenData", self.paytm_body("guest checkout"))
        self.paytm_call("tokenizeCard", self.paytm_body("tokenizeCard, bad checksum"), "1002",
                        damage=lambda text: text.replace('"CARD_', '"Card_').replace('"MANUAL_', '"manual_'))
        for payment in ("ECOM", "SUBS"):
            self.paytm_call("generateTokenData", {
                "mid": self.paytm["mid"], "paymentType": payment, "tokenIndexNumber": made["tokenIndexNumber"],
                "userInfo": {"custId": "customer tokenizeCard"}})

    def keep_open(self):
        """Connections on which a number came in clear; the caller closes them."""
        wires = []
        for _ in range(KEPT_OPEN):
            wire = http.client.HTTPConnection(self.address, timeout=30)
            for use in ("fingerprint on a connection that stays open",) * 2:
                wire.request("POST", "/v2/card/fingerprint", json.dumps({"card_number": CARDS[use]}), self.headers)
                answer = wire.getresponse()
                answer.read()
                self.expect(use, (answer.status, None), 200)
            wires.append(wire)
        return wires

    def hang_up(self):
        """Requests whose connection ends with them, or before them."""
        use = "the last request of a connection"
        last = {**self.headers, "connection": "close"}
        for body in ({"card_number": CARDS[use]}, {"card_number": CARDS[use], "is_token": "perhaps"}):
            self.send("POST", "/v2/card/fingerprint", body, last)
        use = "a body that is too long"
        self.send("POST", "/v2/card/fingerprint", {"card_number": CARDS[use], "more": "x" * 10000}, last)
        for number in [CARDS["a request that is not finished"]] * KEPT_OPEN:
            half = http.client.HTTPConnection(self.address, timeout=30)
            half.connect()
            half.sock.sendall(b"POST /v2/card/fingerprint HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n"
                              + number.encode())
            time.sleep(0.05)
            half.close()

    def full_run(self):
        self.use_juspay()
        self.use_numbers_in_clear()
        self.use_paytm()


# --- tests --------------------------------------------------------------------------------------------------


def test_search(report, folder):
    """A search that finds nothing proves nothing unless it finds what was planted."""
    number = CARDS["generateToken"]
    for form, data in forms(number):
        missed = not any(form in what for what, _ in found_in(b"#" * 99 + data + b"#", list(needles_of_cards()), ()))
        report.check(not missed, f"self-test: the search finds a planted number as {form}")
    for before in range(3):
        encoded = base64.b64encode(b"x" * (before + 3) + number.encode() + b"tail")
        report.check(any("base64" in what for what, _ in found_in(encoded, list(needles_of_cards()), ())),
                     f"self-test: the search finds a number in base64 behind {before + 3} bytes")
    for planted in (f'"cardSecurityCode": "{CODE}"', f'\\"securityCode\\":\\"{CODE}\\"', f'"expYear":"{YEAR}"',
                    f'"card_cvv":"{CODE}"', *secrecy_pay.PLANTED):
        report.check(list(found_in(planted.encode(), (), CONTEXTS)) != [], f"self-test: the search finds {planted}")
    for planted in secrecy_pay.PLANTED_OTPS:
        report.check(list(found_in(planted.encode(), (), secrecy_pay.OTPS)) != [],
                     f"self-test: the search finds {planted}")
    child = subprocess.Popen(
        [sys.executable, "-c", f"a = '{number[:8]}' + '{number[8:]}'; print(len(a), flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        report.check(search(memory(child.pid), [("planted", number.encode())]) != [],
                     "self-test: the search finds a number in another process's memory")
    finally:
        child.kill()
        child.wait()
    (folder / "planted").write_bytes(b"\0" * 5000 + number.encode())
    report.check(search(files(folder), list(needles_of_cards())) != [],
                 "self-test: the search finds a number in a file")
    (folder / "planted").unlink()


def test_memory(report, server, when):
    roles = processes(server.process.pid)
    report.check({"supervisor", "keyholder", "gateway", "courier"} <= set(roles), f"{when}: every process is there",
                 str(roles))
    if not all(may_read_memory(pid) for pid in roles.values()):
        print(f"ok {when}: memory # SKIP nobody may read the memory of other processes here", flush=True)
        return
    cards, secrets = list(needles_of_cards()), list(secret_needles(server))
    for role, pid in sorted(roles.items()):
        say(report, f"{when}: the memory of the {role} holds no card number, no security code and no one-time password",
            search(memory(pid), cards, CONTEXTS + secrecy_pay.OTPS))
    for role, pid in sorted(roles.items()):
        found = search(memory(pid), secrets)
        if role == "keyholder":
            report.check(found != [], f"{when}: the search finds the keyholder's keys in the keyholder")
        else:
            say(report, f"{when}: the memory of the {role} holds no key of the keyholder's", found)


def test_files(report, server, when):
    say(report, f"{when}: no file of the data folder holds a card number or a security code",
        search(files(server.data), list(needles_of_cards()), CONTEXTS))
    say(report, f"{when}: no file of the data folder holds a one-time password",
        search(files(server.data), (), secrecy_pay.OTPS))
    secrets = [(what, needle) for what, needle in secret_needles(server)]
    kept = [(name, data) for name, data in files(server.data) if name not in ("credentials.json", "keys/master.key")]
    say(report, f"{when}: no key is in clear but where it belongs", search(kept, secrets))
    found = [line for line in server.errors if any(number in line for number in CARDS.values())]
    say(report, f"{when}: nothing that was printed holds a card number", found)


def release_build():
    """The program as it is in service. TIJORI_RELEASE names another one."""
    if os.environ.get("TIJORI_RELEASE"):
        return os.environ["TIJORI_RELEASE"]
    is_set_up = (REPO / "build" / "build.ninja").exists()
    command = ["ninja", "-C", str(REPO / "build"), "tijori"] if is_set_up else [str(REPO / "dev"), "build"]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode != 0:
        raise RuntimeError("the release build fails: " + (built.stdout + built.stderr)[-1000:])
    return str(REPO / "build" / "tijori")


def run_all(*calls):
    """At the same time, for each waits now and then for somebody who does not answer."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        for running in [pool.submit(call) for call in calls]:
            running.result()


def main():
    report = Report()
    if os.geteuid() != 0:
        print("ok secrecy # SKIP only root may read the memory of other processes")
        return 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tijori-secrecy-"))
    sandboxes.BINARY = release_build()
    server = Sandbox(folder / "data")
    try:
        (folder / "search").mkdir()
        test_search(report, folder / "search")
        for when in ("a first run", "a second run"):
            server.start()
            merchant = Merchant(server)
            shopper = secrecy_pay.Shopper(server)
            shopper.listen()
            run_all(merchant.full_run, shopper.full_run)
            wires = merchant.keep_open() + shopper.keep_open()
            merchant.hang_up()
            shopper.hang_up()
            time.sleep(SETTLE_S)
            test_memory(report, server, when)
            for wire in wires:
                wire.close()
            test_files(report, server, when)
            report.check(server.stop() == 0, f"{when}: the server stops cleanly")
            test_files(report, server, f"{when}, stopped")
    finally:
        server.kill()
        shutil.rmtree(folder)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
