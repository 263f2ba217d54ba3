#!/usr/bin/env python3
"""One run of the benchmark: nginx before, ours, nginx after; then the same with a full store.

The yardstick is nginx with two workers that returns a fixed body of the same size as our answer. Everything is on
loopback, generator included, 64 kept connections, two generator threads. Only processes started here are stopped."""

import datetime
import http.client
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import cards
import payments

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent
BINARY = os.environ.get("TIJORI_BIN") or str(REPO / "build" / "tijori")
DURATION = int(os.environ.get("DURATION", "10"))
ORDERS = int(os.environ.get("ORDERS", "1000000"))
WARM_UP_S = 2
CONNECTIONS, GENERATOR_THREADS = 64, 2
LOAD_STEP_S, LOAD_MAX_S = 10, 600
READY_MAX_S = 30

TARGETS = {"order token": 0.70, "create order": 0.40, "create order, id made here": 0.40, "get order": 0.55}
CREATE_P99_US = 10_000
FULL_TO_EMPTY = 0.9
MEMORY_KB = 64 * 1024
READY_S = 0.200


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# What nginx says around a body; the date always has this length.
NGINX_HEAD = ("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
              "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: keep-alive\r\n\r\n")
FILLING = "X-Fill: {}\r\n"


def location(body, whole):
    """An answer with a body of `body` bytes and, where ours has more headers, `whole` bytes in all."""
    fill = whole - body - len(NGINX_HEAD.format(body)) - len(FILLING.format(""))
    header = f"add_header X-Fill {'x' * fill};" if fill > 0 else ""
    return f"location = /{body} {{ default_type application/json; {header} return 200 '{'x' * body}'; }}\n"


def answer_size(port, request):
    """Bytes of the whole answer to one raw request (which must ask to keep the connection)."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(request.encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += wire.recv(65536)
        head, body = got.split(b"\r\n\r\n", 1)
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length"))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"cannot measure an answer: {got[:300]}")
        return length, len(head) + 4 + length


class Nginx:
    """The yardstick: one location per body size. `sizes` are (bytes of the body, bytes of the whole answer)."""

    def __init__(self, folder, sizes):
        self.port = free_port()
        folder.mkdir()
        locations = "".join(location(*size) for size in sizes)
        conf = folder / "nginx.conf"
        conf.write_text(f"""
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{self.port}; {locations} }}
}}
""")
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)])
        wait_for_port(self.port)
        for size in sizes:
            if answer_size(self.port, f"GET /{size[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n") != size:
                raise RuntimeError(f"nginx does not answer with {size} bytes")

    def url(self, size):
        return f"http://127.0.0.1:{self.port}/{size[0]}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_for_port(port):
    deadline = time.monotonic() + READY_MAX_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"nothing listens on port {port}")


class Tijori:
    def __init__(self, data, log):
        self.data = data
        self.log = log
        self.port, self.admin_port = free_port(), free_port()
        self.process = None

    def start(self):
        """Start; gives the seconds from exec to /readyz saying yes."""
        out = open(self.log, "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "sandbox", "--listen", f"127.0.0.1:{self.port}", "--admin-listen", f"127.0.0.1:{self.admin_port}",
             "--data", str(self.data)], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        out.close()
        known = self.data / "credentials.json"
        while not (self.is_ready() and known.exists()):
            if self.process.poll() is not None or time.monotonic() - begun > READY_MAX_S:
                raise RuntimeError(f"the server does not become ready; see {self.log}")
            time.sleep(0.001)
        took = time.monotonic() - begun
        known = json.loads(known.read_text())["cashfree"]
        self.who = [known["client_id"], known["client_secret"]]
        return took

    def is_ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
            connection.request("GET", "/readyz")
            good = connection.getresponse().status == 200
            connection.close()
            return good
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answer_size(self, method, path, body):
        """(bytes of the body, bytes of the whole answer)."""
        text = json.dumps(body)
        return answer_size(self.port, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nx-client-id: {self.who[0]}\r\n"
                           f"x-client-secret: {self.who[1]}\r\nx-api-version: 2025-01-01\r\n"
                           f"content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n{text}")

    def family(self):
        """Our process and its children."""
        pids = [self.process.pid]
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                        pids.append(int(entry.name))
                except OSError:
                    continue
        return pids

    def memory(self):
        """(sum of VmRSS, sum of PSS), in kB."""
        resident = shared = 0
        for pid in self.family():
            resident += number_after(f"/proc/{pid}/status", "VmRSS:")
            shared += number_after(f"/proc/{pid}/smaps_rollup", "Pss:")
        return resident, shared

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def disk(self):
        """(bytes of the store, bytes of the journal)."""
        store = journal = 0
        for path in self.data.rglob("*"):
            if path.is_file():
                size = path.stat().st_blocks * 512
                if path.name.startswith("journal"):
                    journal += size
                else:
                    store += size
        return store, journal


def number_after(path, word):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(word):
            return int(line.split()[1])
    return 0


class Wrk:
    def __init__(self, results):
        self.results = results
        self.created = 0            # orders made by every run so far

    def run(self, name, script, url, args=(), seconds=None, keep=True):
        """One run; gives what `done` in common.lua printed."""
        command = self.command(script, url, args, seconds or DURATION)
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=(seconds or DURATION) + 60)
        if keep:
            (self.results / f"{name.replace(' ', '-').replace(',', '')}.txt").write_text(done.stdout + done.stderr)
        result = self.result(name, done.stdout + done.stderr)
        if script == "create_order":
            self.created += result["requests"]
        return result

    @staticmethod
    def command(script, url, args, seconds):
        return ["wrk", "-t", str(GENERATOR_THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency",
                "--timeout", "10s", "-s", str(HERE / "wrk" / f"{script}.lua"), url, "--", *args]

    @staticmethod
    def result(name, text):
        """What wrk printed, read. Refuses results with errors in them."""
        line = next((one for one in text.splitlines() if one.startswith("RESULT ")), None)
        if line is None:
            raise RuntimeError(f"wrk failed for {name}: {text}")
        result = json.loads(line[len("RESULT "):])
        result["rate"] = result["requests"] / (result["duration_us"] / 1e6)
        if result["socket_errors"] or result["status_errors"]:
            raise RuntimeError(f"{name}: {result['socket_errors']} socket errors, "
                               f"{result['status_errors']} bad statuses")
        return result


class Sheet:
    """The table, on the terminal and for summary.md."""

    def __init__(self):
        self.lines = []
        self.missed = 0

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def verdict(self, good):
        if not good:
            self.missed += 1
        return "met" if good else "**missed**"


def sync_time_us(folder):
    """Median time of a 4 KiB append and fdatasync: what one commit cannot be faster than."""
    times = []
    path = folder / "sync-probe"
    with open(path, "wb", buffering=0) as probe:
        for _ in range(200):
            begun = time.monotonic()
            probe.write(b"x" * 4096)
            os.fdatasync(probe.fileno())
            times.append(time.monotonic() - begun)
    path.unlink()
    return statistics.median(times) * 1e6


def text_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPO).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def order_body(order_id):
    return {"order_id": order_id, "order_amount": 10.15, "order_currency": "INR",
            "customer_details": {"customer_id": "7112AAA812234", "customer_email": "john@cashfree.com",
                                 "customer_phone": "9908734801", "customer_name": "John Doe"},
            "order_meta": {"return_url": "https://www.cashfree.com/devstudio/thankyou", "payment_methods": "cc,dc"},
            "order_note": "Test order"}


class Bench:
    def __init__(self, scratch, results):
        self.scratch, self.results = scratch, results
        self.wrk, self.sheet = Wrk(results), Sheet()
        self.ours = Tijori(scratch / "data", results / "tijori.log")
        self.nginx = None
        self.known = []             # (prefix, thread, highest number) of orders that are there
        self.runs = 0

    def prefix(self):
        self.runs += 1
        return f"b{self.runs:03d}t"

    def create(self, name, seconds=None, keep=True):
        prefix = self.prefix()
        result = self.wrk.run(name, "create_order", self.ours.url, [*self.ours.who, prefix], seconds, keep)
        for thread, sent in enumerate(result["sent"], start=1):
            sure = sent - 2 * CONNECTIONS       # the last ones may not have been answered
            if sure > 0:
                self.known.append((prefix, thread, sure))
        return result

    def get(self, name, known, seconds=None, keep=True):
        args = [str(part) for triple in known for part in triple]
        return self.wrk.run(name, "get_order", self.ours.url, [*self.ours.who, *args], seconds, keep)

    def one(self, what, name, seconds=None, keep=True, known=None):
        if what == "order token":
            return self.wrk.run(name, "order_token", self.ours.url, [*self.ours.who, self.prefix()], seconds, keep)
        if what == "create order":
            return self.create(name, seconds, keep)
        if what == "create order, id made here":
            return self.wrk.run(name, "create_order", self.ours.url, [*self.ours.who, "-"], seconds, keep)
        return self.get(name, known or self.known[-20:], seconds, keep)

    def sizes(self):
        """Sizes of our answers; the three that show an order share one."""
        token = self.ours.answer_size("POST", "/api/v2/cftoken/order",
                                      {"orderId": "b000t1-000000001", "orderAmount": 10.15})
        entity = self.ours.answer_size("POST", "/pg/orders", order_body("b000t1-000000001"))
        return {what: token if what == "order token" else entity for what in TARGETS}

    def yardstick(self, when, sizes):
        rates = {}
        for size in sorted(set(sizes.values())):
            self.wrk.run("warm-up", "plain", self.nginx.url(size), seconds=WARM_UP_S, keep=False)
            result = self.wrk.run(f"nginx {when} {size[0]}", "plain", self.nginx.url(size))
            rates[size] = result
            print(f"  nginx {when}, {size[0]} bytes in {size[1]}: {result['rate']:,.0f} req/s", flush=True)
        return rates

    def empty_store(self):
        say = self.sheet.say
        sizes = self.sizes()
        self.nginx = Nginx(self.scratch / "nginx", sorted(set(sizes.values())))
        before = self.yardstick("before", sizes)
        results = {}
        for what in TARGETS:
            self.one(what, "warm-up", seconds=WARM_UP_S, keep=False)
            results[what] = self.one(what, f"tijori {what}")
            print(f"  tijori {what}: {results[what]['rate']:,.0f} req/s", flush=True)
        after = self.yardstick("after", sizes)
        self.nginx.stop()

        say("| what | body, all bytes | req/s | p50 ms | p99 ms | ratio to nginx | target | |")
        say("|---|--:|--:|--:|--:|--:|--:|---|")
        yard = {}
        for size in sorted(before):
            yard[size] = (before[size]["rate"] + after[size]["rate"]) / 2
            for when, got in (("before", before[size]), ("after", after[size])):
                say(f"| nginx {when} | {size[0]}, {size[1]} | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} "
                    f"| {got['p99_us'] / 1000:.2f} | | | |")
        for what, target in TARGETS.items():
            got, size = results[what], sizes[what]
            ratio = got["rate"] / yard[size]
            good, wanted = ratio >= target, f">= {target:.2f}"
            if what.startswith("create"):
                good = good and got["p99_us"] <= CREATE_P99_US
                wanted += f", p99 <= {CREATE_P99_US // 1000} ms"
            say(f"| {what} | {size[0]}, {size[1]} | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} "
                f"| {got['p99_us'] / 1000:.2f} | {ratio:.2f} | {wanted} | {self.sheet.verdict(good)} |")
        say()
        return results

    def load(self):
        """Create orders through the API until ORDERS are there."""
        loaded = sum(sent for _, _, sent in self.known)
        deadline = time.monotonic() + LOAD_MAX_S
        seconds = LOAD_STEP_S
        while loaded < ORDERS and time.monotonic() < deadline:
            step = self.create("load", seconds, keep=False)
            loaded += step["requests"]
            seconds = min(LOAD_STEP_S, max(1, math.ceil((ORDERS - loaded) / step["rate"])))
            print(f"  loading: {loaded:,} of {ORDERS:,} orders", flush=True)
        return loaded

    def full_store(self, empty):
        say = self.sheet.say
        loaded = self.load()
        say(f"With {loaded:,} orders in the store:")
        say()
        say("| what | req/s | p50 ms | p99 ms | of the empty store | target | |")
        say("|---|--:|--:|--:|--:|--:|---|")
        everything = self.known[:]
        for what in ("create order", "create order, id made here", "get order"):
            self.one(what, "warm-up", seconds=WARM_UP_S, keep=False, known=everything)
            got = self.one(what, f"tijori full {what}", known=everything)
            part = got["rate"] / empty[what]["rate"]
            say(f"| {what} | {got['rate']:,.0f} | {got['p50_us'] / 1000:.2f} | {got['p99_us'] / 1000:.2f} "
                f"| {part:.2f} | >= {FULL_TO_EMPTY} | {self.sheet.verdict(part >= FULL_TO_EMPTY)} |")
        resident, shared = self.ours.memory()
        say()
        say("| what | measured | target | |")
        say("|---|--:|--:|---|")
        say(f"| resident memory, all processes (sum of VmRSS) | {resident / 1024:.1f} MB "
            f"| <= {MEMORY_KB // 1024} MB | {self.sheet.verdict(resident <= MEMORY_KB)} |")
        say(f"| the same with shared pages counted once (sum of PSS) | {shared / 1024:.1f} MB | | |")
        self.restarts()

    def restarts(self):
        say = self.sheet.say
        self.ours.stop()
        took = self.ours.start()
        say(f"| ready after a clean restart | {took * 1000:.0f} ms "
            f"| <= {READY_S * 1000:.0f} ms | {self.sheet.verdict(took <= READY_S)} |")
        self.create("before the kill", WARM_UP_S, keep=False)       # so that there is a log to go through
        total = self.wrk.created
        self.ours.kill()
        took = self.ours.start()
        say(f"| ready after a kill of the group | {took * 1000:.0f} ms "
            f"| <= {READY_S * 1000:.0f} ms | {self.sheet.verdict(took <= READY_S)} |")
        resident, shared = self.ours.memory()
        say(f"| resident memory just after a restart (VmRSS, PSS) "
            f"| {resident / 1024:.1f} MB, {shared / 1024:.1f} MB | | |")
        self.ours.stop()
        store, journal = self.ours.disk()
        if total:
            say(f"| disk per order, store | {store / total:,.0f} bytes | | |")
        say(f"| store on disk; journal | {store / 1e6:,.0f} MB; {journal / 1e6:,.0f} MB | | |")


def describe(bench):
    """What was measured, where: the head of the summary."""
    say = bench.sheet.say
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown")
    say(f"# Benchmark of {datetime.date.today().isoformat()}")
    say()
    say(f"- commit {text_of('git', 'rev-parse', '--short', 'HEAD')}, {text_of(BINARY, 'version')}")
    say(f"- {os.cpu_count()} cores shared with the generator, {cpu}; Linux {os.uname().release}")
    say(f"- data on {text_of('stat', '-f', '-c', '%T', str(bench.scratch))}; a 4 KiB append with fdatasync takes "
        f"{sync_time_us(bench.scratch):.0f} us (median)")
    say(f"- wrk: {CONNECTIONS} kept connections, {GENERATOR_THREADS} threads, "
        f"{DURATION} s a run after {WARM_UP_S} s of warm-up")
    say("- ratio: to the mean of nginx before and after, for an answer of the same size, body and headers")
    say()


def results_folder():
    base = HERE / "results" / datetime.date.today().isoformat()
    folder, number = base, 1
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    folder.mkdir(parents=True)
    return folder


def measure_cards(scratch, results, sheet):
    """On a data folder of its own, so that a vault of a million tokens has no million orders beside it."""
    folder = scratch / "cards"
    folder.mkdir()
    bench = Bench(folder, results)
    bench.sheet = sheet
    try:
        bench.ours.start()
        vault = cards.Cards(bench, BINARY, Nginx, answer_size)
        few = vault.small_vault()
        if cards.TOKENS > 0:
            vault.full_vault(few)
    finally:
        bench.ours.kill()


def measure_payments(scratch, results, sheet):
    """On a data folder of its own again."""
    folder = scratch / "payments"
    folder.mkdir()
    bench = Bench(folder, results)
    bench.sheet = sheet
    try:
        bench.ours.start()
        vault = cards.Cards(bench, BINARY, Nginx, answer_size)
        payments.Payments(bench, vault, BINARY, Nginx, free_port).measure(answer_size)
    finally:
        bench.ours.kill()


PARTS = ("orders", "cards", "payments")


def main():
    wanted = sys.argv[1:] or PARTS
    if not set(wanted) <= set(PARTS):
        print(f"bench: the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if not os.access(BINARY, os.X_OK):
        print(f"bench: {BINARY} is not there; build it first", file=sys.stderr)
        return 1
    parent = os.environ.get("BENCH_DATA") or "/var/tmp"
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="tijori-bench-", dir=parent))
    results = results_folder()
    bench = Bench(scratch, results)
    try:
        describe(bench)
        if "orders" in wanted:
            bench.ours.start()
            empty = bench.empty_store()
            if ORDERS > 0:
                bench.full_store(empty)
        if "cards" in wanted:
            measure_cards(scratch, results, bench.sheet)
        if "payments" in wanted:
            measure_payments(scratch, results, bench.sheet)
    finally:
        bench.ours.kill()
        if bench.nginx:
            bench.nginx.stop()
        shutil.rmtree(scratch, ignore_errors=True)
        (results / "summary.md").write_text("\n".join(bench.sheet.lines) + "\n")
    print(f"bench: {bench.sheet.missed} targets missed; raw output in {results.relative_to(REPO)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
