"""An answer leaves only after its commit is on disk: the sync of the log returned before the first byte came.

The program runs over a disk that writes down every write and sync (tests/shim/watched_main.c), with one client, so
that what happens between a request and its answer belongs to that request."""

import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import time

import sandbox as sandboxes
from payer import OTP, card
from sandbox import BINARY, Report, Sandbox, parsed

ORDERS, PAYMENTS = 40, 15
ROUNDS_OF_PAYING = 3        # our intent, the acquirer's record, our result
WATCHED = os.environ.get("TIJORI_WATCHED") or str(pathlib.Path(BINARY).parent / "tests" / "shim" / "tijori-watched")


def ask(server, path, body):
    """Gives (JSON or None, status, when the request left, when the first byte came), in nanoseconds."""
    host, port = server.address.split(":")
    head = "".join(f"{name}: {value}\r\n" for name, value in server.headers.items())
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        left = time.monotonic_ns()
        wire.sendall(f"POST {path} HTTP/1.1\r\nhost: {host}\r\n{head}connection: close\r\n"
                     f"content-length: {len(body)}\r\n\r\n{body}".encode())
        answer = wire.recv(1 << 16)
        came = time.monotonic_ns()
        while more := wire.recv(1 << 16):
            answer += more
    return parsed(answer.partition(b"\r\n\r\n")[2]), answer.split(b" ", 2)[1].decode(), left, came


def create(server, number):
    return ask(server, "/pg/orders",
               '{"order_id":"synced-%d","order_amount":1,"order_currency":"INR",'
               '"customer_details":{"customer_id":"customer_1","customer_phone":"9908734801"}}' % number)


def begin(server, order):
    """An attempt to pay, up to its OTP."""
    return ask(server, "/pg/orders/sessions", json.dumps(
        {"payment_session_id": order["payment_session_id"], "payment_method": card("4706131211212123")}))


def submit(server, payment):
    return ask(server, f"/pg/orders/pay/authenticate/{payment['cf_payment_id']}",
               json.dumps({"action": "SUBMIT_OTP", "otp": OTP}))


def read_log(path):
    events = []
    for line in path.read_text().splitlines():
        op, file, begun, ended, code = line.split()
        events.append((op, file, int(begun), int(ended), int(code)))
    return events


def synced_between(events, left, came):
    """Was the log written after the request left, and synced after the last such write and before the answer came?"""
    written = [ended for op, file, begun, ended, code in events
               if op == "write" and file == "wal" and begun > left and ended < came]
    return bool(written) and any(op == "sync" and file == "wal" and begun >= max(written) and ended < came and code == 0
                                 for op, file, begun, ended, code in events)


def rounds_between(events, left, came):
    """How often the log was written and then synced, from the first write to the end of the sync."""
    rounds, written = 0, False
    for op, file, begun, ended, code in sorted(events, key=lambda event: event[2]):
        if file != "wal" or begun <= left or ended >= came or code != 0:
            continue
        rounds += op == "sync" and written
        written = op == "write" or (written and op != "sync")
    return rounds


def main():
    report = Report()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tijori-sync-"))
    log = folder / "disk.log"
    os.environ["TIJORI_DISK_LOG"] = str(log)
    sandboxes.BINARY = WATCHED
    server = Sandbox(folder / "data")
    try:
        server.start()
        asked = [create(server, number) for number in range(ORDERS)]
        begun = [begin(server, order) for order, *_ in asked[:PAYMENTS]]
        paid = [submit(server, payment) for payment, *_ in begun]
        events = read_log(log)
        report.check(all(status == "200" for _, status, _, _ in asked + begun + paid),
                     f"{ORDERS} orders are created over a watched disk, and {PAYMENTS} paid",
                     str([asked[0], begun[0], paid[0]]))
        report.check(all(got["authenticate_status"] == "SUCCESS" for got, *_ in paid), "every OTP is right")
        for what, answers, rounds in (("an order", asked, 1), ("an attempt to pay", begun, ROUNDS_OF_PAYING),
                                      ("a payment", paid, ROUNDS_OF_PAYING)):
            late = [number for number, (_, _, left, came) in enumerate(answers)
                    if not synced_between(events, left, came) or rounds_between(events, left, came) < rounds]
            report.check(not late, f"the log was synced before the first byte of every answer about {what}",
                         f"not for numbers {late}")
        blind = [synced_between([e for e in events if e[0] != "sync"], *answers[0][2:])
                 for answers in (asked, begun, paid)]
        blind += [rounds_between([e for e in events if e[0] != op], *paid[0][2:]) for op in ("sync", "write")]
        report.check(not any(blind), "without the syncs this test would fail")
        report.check(server.stop() == 0, "the server stops cleanly over a watched disk")
    finally:
        server.kill()
        shutil.rmtree(folder)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
