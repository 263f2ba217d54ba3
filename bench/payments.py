"""The part of the benchmark about payments: saved cards paid with, listed, and webhooks sent meanwhile."""

import base64
import http.client
import json
import os
import pathlib
import random
import subprocess
import time

CUSTOMERS = 1000                    # saved cards that pay
PAY_TARGET = 4000                   # payments a second, each two requests
LIST_TARGET = 0.50                  # of nginx
QUEUED, SPARE = 10_000, 300         # webhooks; orders beyond that, since the last ones are paid by half when wrk stops
QUEUE_S = 15                        # to pay them in
DRAIN_TARGET, BESIDE_TARGET = 3000, 0.8
DRAIN_MAX_S = 120
RETRY_S = 121                       # after which a webhook that did not arrive is tried again


class Receiver:
    """A fast receiver: nginx, which answers 200 to whatever is posted and writes a line for each."""

    def __init__(self, folder, port):
        self.folder, self.log, self.port = folder, folder / "access.log", port
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"""
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    log_format short '$http_x_webhook_attempt';
    access_log {self.log} short;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 'ok'; }} }}
}}
""")
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c",
                                         str(folder / "nginx.conf")])

    def received(self):
        try:
            return self.log.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Payments:
    """`bench` is bench.py's: its server, its generator, its sheet, its scratch folder; `vault` makes the saved cards."""

    def __init__(self, bench, vault, binary, nginx_class, free_port):
        self.bench, self.vault, self.binary = bench, vault, binary
        self.nginx_class, self.free_port = nginx_class, free_port
        self.seconds = int(os.environ.get("DURATION", "10"))
        self.customers = bench.scratch / "customers"

    def save_cards(self):
        while self.vault.made < CUSTOMERS:
            self.vault.make("warm-up", seconds=2, keep=False)
        lines = []
        for line in pathlib.Path(self.vault.sample("paying-tokens")).read_text().splitlines()[:CUSTOMERS]:
            token, customer = line.split()
            lines.append(f"{customer} {token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}\n")
        self.customers.write_text("".join(sorted(set(lines))))

    def sessions(self, name, count):
        """A file of `count` orders nobody has paid yet."""
        made, whole = [], self.bench.scratch / name
        while len(made) < count:
            prefix = self.bench.scratch / f"{self.bench.prefix()}-sessions-"
            self.bench.wrk.run("load", "create_session", self.bench.ours.url,
                               [*self.bench.ours.who, self.bench.prefix(), str(self.customers), str(prefix)], 3, False)
            for part in prefix.parent.glob(f"{prefix.name}*"):
                made += part.read_text().splitlines(keepends=True)
                part.unlink()
        random.shuffle(made)
        whole.write_text("".join(made[:count]))
        return whole

    def pay(self, name, sessions, seconds=None, keep=True):
        got = self.bench.wrk.run(name, "pay", self.bench.ours.url, [str(sessions)], seconds, keep)
        got["paid_rate"] = got["paid"] / (got["duration_us"] / 1e6)
        return got

    def measure_paying(self):
        say, sheet = self.bench.sheet.say, self.bench.sheet
        self.pay("warm-up", self.sessions("warm-up-sessions", 8000), 2, False)
        got = self.pay("tijori pay with a saved card",
                       self.sessions("sessions", 3 * PAY_TARGET * self.seconds), self.seconds)
        rate = got["paid_rate"]
        print(f"  payments: {rate:,.0f} /s", flush=True)
        say("| what | a second | p50 ms | p99 ms | | target | |")
        say("|---|--:|--:|--:|--:|--:|---|")
        say(f"| payments with a saved card, one-time password included (two requests each) | {rate:,.0f} "
            f"| {got['p50_us'] / 1000:.2f} | {got['p99_us'] / 1000:.2f} | {got['refused']} refused "
            f"| >= {PAY_TARGET:,} | {sheet.verdict(rate >= PAY_TARGET and got['refused'] == 0)} |")

    def measure_listing(self, answer_size):
        say, sheet, ours = self.bench.sheet.say, self.bench.sheet, self.bench.ours
        customer = self.customers.read_text().split()[0]
        size = answer_size(ours.port, f"GET /pg/customers/{customer}/instruments?instrument_type=card HTTP/1.1\r\n"
                           f"Host: localhost\r\nx-client-id: {ours.who[0]}\r\nx-client-secret: {ours.who[1]}\r\n"
                           "x-api-version: 2025-01-01\r\n\r\n")
        nginx = self.nginx_class(self.bench.scratch / "nginx-list", [size])
        yards = [self.bench.wrk.run("nginx before list", "plain", nginx.url(size))["rate"]]
        args = [*ours.who, str(self.customers)]
        self.bench.wrk.run("warm-up", "list_instruments", ours.url, args, 2, False)
        got = self.bench.wrk.run("tijori list instruments", "list_instruments", ours.url, args)
        yards.append(self.bench.wrk.run("nginx after list", "plain", nginx.url(size))["rate"])
        nginx.stop()
        yard = sum(yards) / 2
        ratio = got["rate"] / yard
        say(f"| nginx before and after, {size[0]} bytes in {size[1]} | {yards[0]:,.0f}, {yards[1]:,.0f} | | | | | |")
        say(f"| list the saved cards of a customer | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} "
            f"| {got['p99_us'] / 1000:.2f} | {ratio:.2f} of nginx | >= {LIST_TARGET:.2f} "
            f"| {sheet.verdict(ratio >= LIST_TARGET)} |")

    def admin(self, method, path, body):
        wire = http.client.HTTPConnection("127.0.0.1", self.bench.ours.admin_port, timeout=30)
        token = self.vault.known["admin"]["token"]
        wire.request(method, path, json.dumps(body), {"Authorization": f"Bearer {token}",
                                                      "content-type": "application/json"})
        answer = wire.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text or b"{}")

    def measure_webhooks(self):
        """Payments whose webhooks find nobody; then the receiver starts, and they are due again."""
        say, sheet = self.bench.sheet.say, self.bench.sheet
        port = self.free_port()
        alone = self.bench.create("tijori create order without webhooks")
        subprocess.run([self.binary, "webhook", "add", "1", "--data", str(self.bench.ours.data), "--url",
                        f"http://127.0.0.1:{port}/hook"], check=True, capture_output=True)
        self.pay("queue webhooks", self.sessions("queued-sessions", QUEUED + SPARE), QUEUE_S, False)
        time.sleep(2)                 # the last of them have found nobody
        receiver = Receiver(self.bench.scratch / "receiver", port)
        time.sleep(0.5)
        self.admin("POST", "/sandbox/clock", {"advance_seconds": RETRY_S})
        begun = time.monotonic()
        creating = subprocess.Popen(self.bench.wrk.command("create_order", self.bench.ours.url,
                                                           [*self.bench.ours.who, self.bench.prefix()], 10),
                                    stdout=subprocess.PIPE, text=True)
        while receiver.received() < QUEUED and time.monotonic() - begun < DRAIN_MAX_S:
            time.sleep(0.01)
        took = time.monotonic() - begun
        beside = self.bench.wrk.result("create order beside webhooks", creating.communicate()[0])
        got = receiver.received()
        receiver.stop()
        rate, part = got / took, beside["rate"] / alone["rate"]
        say(f"| {got:,} queued webhooks, drained to nginx while orders are created | {rate:,.0f} | | | "
            f"| >= {DRAIN_TARGET:,} | {sheet.verdict(rate >= DRAIN_TARGET and got >= QUEUED)} |")
        say(f"| orders created meanwhile (10 s, the draining among them) | {beside['rate']:,.0f} "
            f"| {beside['p50_us'] / 1000:.2f} | {beside['p99_us'] / 1000:.2f} | {part:.2f} of {alone['rate']:,.0f} alone "
            f"| >= {BESIDE_TARGET} | {sheet.verdict(part >= BESIDE_TARGET)} |")

    def measure(self, answer_size):
        self.save_cards()
        self.measure_paying()
        self.measure_listing(answer_size)
        self.measure_webhooks()
        self.bench.sheet.say()
