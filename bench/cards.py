"""The part of the benchmark about card tokens: generateToken beside openssl, disclosures beside nginx, a full vault."""

import base64
import http.client
import json
import math
import os
import pathlib
import random
import subprocess
import time

TOKENS = int(os.environ.get("TOKENS", "1000000"))
SMALL = 1000                        # tokens in the vault the full one is compared with, at least
SAMPLE = 20000                      # tokens whose disclosures are measured
LOAD_STEP_S, LOAD_MAX_S = 20, 1200

MAKE_TARGET, DISCLOSE_TARGET, FULL_TARGET = 0.60, 0.25, 0.9
DISCLOSE_P99_US = 10_000
BYTES_TARGET, MEMORY_KB = 700, 96 * 1024
CARD = {"cardNumber": "4111111111111111", "expMonth": "12", "expYear": "2030", "cardSecurityCode": "123",
        "nameOnCard": "Test"}


def openssl_private_operations(seconds):
    """RSA-2048 private operations a second on two processes at once."""
    out = subprocess.run(["openssl", "speed", "-seconds", str(seconds), "-multi", "2", "rsa2048"], check=True,
                         capture_output=True, text=True).stdout
    line = next(one for one in out.splitlines() if one.startswith("rsa 2048 bits"))
    return float(line.split()[5])


class Cards:
    """`bench` is bench.py's: its server, its generator, its sheet, its scratch folder."""

    def __init__(self, bench, binary, nginx_class, answer_size):
        self.bench, self.binary = bench, binary
        self.nginx_class, self.answer_size = nginx_class, answer_size
        self.known = json.loads((bench.ours.data / "credentials.json").read_text())
        self.basic = "Basic " + base64.b64encode((self.known["juspay"]["api_key"] + ":").encode()).decode()
        self.runs = []              # (prefix, thread, how many) of customers that have a token each
        self.made = 0
        self.jwe = subprocess.run([binary, "jwe", "encrypt", "--data", str(bench.ours.data)], input=json.dumps(CARD),
                                  check=True, capture_output=True, text=True).stdout.strip()

    def make(self, name, seconds=None, keep=True):
        prefix = self.bench.prefix()
        got = self.bench.wrk.run(name, "generate_token", self.bench.ours.url, [self.basic, self.jwe, prefix], seconds,
                                 keep)
        self.made += got["requests"]
        for thread, sent in enumerate(got["sent"], start=1):
            sure = sent - 2 * 64
            if sure > 1:
                self.runs.append((prefix, thread, sure))
        return got

    def sample(self, name):
        """A file of tokens and their customers, taken from all over the vault."""
        wire = http.client.HTTPConnection("127.0.0.1", self.bench.ours.port, timeout=30)
        path = self.bench.scratch / name
        weights = [count for _, _, count in self.runs]
        total = sum(weights)
        with open(path, "w", encoding="ascii") as out:
            for prefix, thread, count in random.choices(self.runs, weights, k=min(SAMPLE, total)):
                customer = f"{prefix}{thread}-{random.randint(2, count):09d}"
                wire.request("GET", f"/cards?customer_id={customer}", headers={"Authorization": self.basic})
                cards = json.loads(wire.getresponse().read())["cards"]
                out.write(f"{cards[0]['card_reference'].removeprefix('token_')} {customer}\n")
        wire.close()
        return path

    def disclose(self, what, name, tokens, seconds=None, keep=True):
        if what == "generateTokenData":
            paytm = self.known["paytm"]
            args = [paytm["mid"], paytm["merchant_key"], self.bench.prefix(), str(tokens)]
            return self.bench.wrk.run(name, "token_data", self.bench.ours.url, args, seconds, keep)
        return self.bench.wrk.run(name, "card_get", self.bench.ours.url, [self.basic, str(tokens)], seconds, keep)

    def get_size(self, tokens):
        """Of an answer to /v4/card/get, body and all."""
        token, customer = pathlib.Path(tokens).read_text().split("\n", 1)[0].split()
        body = json.dumps({"card_reference": f"token_{token}", "customer_id": customer})
        return self.answer_size(self.bench.ours.port, f"POST /v4/card/get HTTP/1.1\r\nHost: localhost\r\n"
                                f"Authorization: {self.basic}\r\ncontent-type: application/json\r\n"
                                f"content-length: {len(body)}\r\n\r\n{body}")

    def small_vault(self):
        say, sheet, seconds = self.bench.sheet.say, self.bench.sheet, int(os.environ.get("DURATION", "10"))
        before = openssl_private_operations(seconds)
        while self.made < SMALL:
            self.make("warm-up", seconds=2, keep=False)
        made = self.make("tijori generateToken")
        print(f"  tijori generateToken: {made['rate']:,.0f} req/s", flush=True)
        after = openssl_private_operations(seconds)
        yard = (before + after) / 2
        say()
        say("| what | req/s | p50 ms | p99 ms | ratio | target | |")
        say("|---|--:|--:|--:|--:|--:|---|")
        say(f"| openssl speed -multi 2 rsa2048, private operations, before and after | {before:,.0f}, {after:,.0f} "
            "| | | | | |")
        ratio = made["rate"] / yard
        say(f"| generateToken | {made['rate']:,.0f} | {made['p50_us'] / 1000:.2f} | {made['p99_us'] / 1000:.2f} "
            f"| {ratio:.2f} of openssl | >= {MAKE_TARGET:.2f} | {sheet.verdict(ratio >= MAKE_TARGET)} |")
        results = {"generateToken": made}
        tokens = self.sample("few-tokens")
        size = self.get_size(tokens)
        nginx = self.nginx_class(self.bench.scratch / "nginx-cards", [size])
        yards = [self.bench.wrk.run("nginx before cards", "plain", nginx.url(size))["rate"]]
        for what in ("generateTokenData", "/v4/card/get"):
            self.disclose(what, "warm-up", tokens, seconds=2, keep=False)
            results[what] = self.disclose(what, f"tijori {what.replace('/', ' ')}", tokens)
            print(f"  tijori {what}: {results[what]['rate']:,.0f} req/s", flush=True)
        yards.append(self.bench.wrk.run("nginx after cards", "plain", nginx.url(size))["rate"])
        nginx.stop()
        yard = sum(yards) / 2
        say(f"| nginx before and after, {size[0]} bytes in {size[1]} | {yards[0]:,.0f}, {yards[1]:,.0f} | | | | | |")
        for what in ("generateTokenData", "/v4/card/get"):
            got = results[what]
            ratio = got["rate"] / yard
            good = ratio >= DISCLOSE_TARGET and got["p99_us"] <= DISCLOSE_P99_US
            say(f"| {what} | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} | {got['p99_us'] / 1000:.2f} "
                f"| {ratio:.2f} of nginx | >= {DISCLOSE_TARGET:.2f}, p99 <= 10 ms | {sheet.verdict(good)} |")
        say()
        return results

    def full_vault(self, few):
        say, sheet = self.bench.sheet.say, self.bench.sheet
        begun_bytes, begun_made = self.bench.ours.disk()[0], self.made
        deadline = time.monotonic() + LOAD_MAX_S
        while self.made < TOKENS and time.monotonic() < deadline:
            step = self.make("load", seconds=LOAD_STEP_S, keep=False)
            left = math.ceil((TOKENS - self.made) / step["rate"])
            print(f"  loading: {self.made:,} of {TOKENS:,} tokens, {max(0, left)} s to go", flush=True)
        say(f"With {self.made:,} tokens in the vault:")
        say()
        say("| what | req/s | p50 ms | p99 ms | of the small vault | target | |")
        say("|---|--:|--:|--:|--:|--:|---|")
        grown = self.bench.ours.disk()[0] - begun_bytes
        added = self.made - begun_made
        tokens = self.sample("many-tokens")
        runs = [("generateToken", lambda name, seconds, keep: self.make(name, seconds, keep))]
        for what in ("generateTokenData", "/v4/card/get"):
            runs.append((what, lambda name, seconds, keep, what=what: self.disclose(what, name, tokens, seconds, keep)))
        for what, run in runs:
            run("warm-up", 2, False)
            got = run(f"tijori full {what.replace('/', ' ')}", None, True)
            part = got["rate"] / few[what]["rate"]
            say(f"| {what} | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} | {got['p99_us'] / 1000:.2f} "
                f"| {part:.2f} | >= {FULL_TARGET} | {sheet.verdict(part >= FULL_TARGET)} |")
        resident, shared = self.bench.ours.memory()
        say()
        say("| what | measured | target | |")
        say("|---|--:|--:|---|")
        if added > 0:
            each = grown / added
            say(f"| disk per token, vault and simulated network, audit rows included | {each:,.0f} bytes "
                f"| <= {BYTES_TARGET} | {sheet.verdict(each <= BYTES_TARGET)} |")
        say(f"| resident memory, all processes (sum of VmRSS) | {resident / 1024:.1f} MB "
            f"| <= {MEMORY_KB // 1024} MB | {sheet.verdict(resident <= MEMORY_KB)} |")
        say(f"| the same with shared pages counted once (sum of PSS) | {shared / 1024:.1f} MB | | |")
