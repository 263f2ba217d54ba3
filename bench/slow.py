#!/usr/bin/env python3
"""1,000 connections that trickle their requests, and what an ordinary client notices: its 99th percentile with them is to
stay within three times what it is without. Environment: TIJORI_BIN (build/tijori), SLOW (1000), SECONDS (8)."""
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

SLOW = int(os.environ.get("SLOW", "1000"))
SECONDS = float(os.environ.get("SECONDS", "8"))
BINARY = os.environ.get("TIJORI_BIN", str(pathlib.Path(__file__).parents[1] / "build/tijori"))
MOST = 3.0


def start(folder):
    """The sandbox, and what it wrote into its credentials file once it was ready."""
    server = subprocess.Popen([BINARY, "sandbox", "--data", folder, "--listen", "127.0.0.1:0", "--admin-listen",
                               "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in server.stdout:
        if "Stop with" in line:
            break
    return server, json.loads(pathlib.Path(folder, "credentials.json").read_text())


def percentile(address, headers):
    """The 99th percentile, in milliseconds, of SECONDS of orders that are asked for one after the other."""
    client, times, end = HTTPConnection(*address), [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        begin = time.monotonic()
        client.request("GET", "/pg/orders/nobody", headers=headers)
        answer = client.getresponse()
        answer.read()
        assert answer.status == 404, answer.status
        times.append(time.monotonic() - begin)
    return sorted(times)[len(times) * 99 // 100] * 1000, len(times)


def trickle(connections, going):
    """A byte of a head that never ends on each connection, in turn; the whole round takes about two seconds."""
    while going.is_set():
        for one in connections:
            try:
                one.send(b"a")
            except OSError:
                pass
            time.sleep(2 / len(connections))


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = tempfile.mkdtemp(prefix="tijori-slow-")
    server, credentials = start(folder)
    try:
        url = urlsplit(credentials["base_url"])
        address = (url.hostname, url.port)
        headers = {"x-client-id": credentials["cashfree"]["client_id"], "x-api-version": "2025-01-01",
                   "x-client-secret": credentials["cashfree"]["client_secret"]}
        before, n = percentile(address, headers)
        print(f"alone: p99 {before:.2f} ms of {n} requests")
        connections = [socket.create_connection(address) for _ in range(SLOW)]
        for one in connections:
            one.send(b"POST /pg/orders HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        going = threading.Event()
        going.set()
        thread = threading.Thread(target=trickle, args=(connections, going))
        thread.start()
        beside, n = percentile(address, headers)
        going.clear()
        thread.join()
        print(f"beside {len(connections)} slow connections: p99 {beside:.2f} ms of {n} requests, "
              f"{beside / before:.2f} times")
        return 0 if beside <= MOST * before else 1
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
