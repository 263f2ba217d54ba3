"""An answer leaves only after its commit is on disk: the sync of the log returned before the first byte came.

The program runs over a disk that writes down every write and sync (tests/shim/watched_main.c), with one client, so
that what happens between a request and its answer belongs to that request."""

import os
import pathlib
import shutil
import socket
import sys
import tempfile
import time

import sandbox as sandboxes
from sandbox import BINARY, Report, Sandbox

ORDERS = 40
WATCHED = os.environ.get("TIJORI_WATCHED") or str(pathlib.Path(BINARY).parent / "tests" / "shim" / "tijori-watched")


def create(server, number):
    """Gives (status, when the request left, when the first byte came), in nanoseconds."""
    host, port = server.address.split(":")
    body = ('{"order_id":"synced-%d","order_amount":1,"order_currency":"INR",'
            '"customer_details":{"customer_id":"customer_1","customer_phone":"9908734801"}}' % number)
    head = "".join(f"{name}: {value}\r\n" for name, value in server.headers.items())
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        left = time.monotonic_ns()
        wire.sendall(f"POST /pg/orders HTTP/1.1\r\nhost: {host}\r\n{head}"
                     f"content-length: {len(body)}\r\n\r\n{body}".encode())
        first = wire.recv(12)
        came = time.monotonic_ns()
    return first.split(b" ")[1].decode(), left, came


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
        events = read_log(log)
        report.check(all(status == "200" for status, _, _ in asked),
                     f"{ORDERS} orders are created over a watched disk", str(asked[0]))
        late = [number for number, (_, left, came) in enumerate(asked) if not synced_between(events, left, came)]
        report.check(not late, "the log was synced before the first byte of every answer", f"not for orders {late}")
        blind = synced_between([e for e in events if e[0] != "sync"], asked[0][1], asked[0][2])
        report.check(not blind, "without the syncs this test would fail")
        report.check(server.stop() == 0, "the server stops cleanly over a watched disk")
    finally:
        server.kill()
        shutil.rmtree(folder)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
