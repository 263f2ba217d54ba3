#!/usr/bin/env python3
"""1,000 connections that trickle their requests, and what an ordinary client notices: its 99th percentile with them is to
stay within three times what it is without. Environment: TIJORI_BIN (build/tijori), SLOW (1000), SECONDS (4), ROUNDS
(7)."""
import json
import multiprocessing
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

SLOW = int(os.environ.get("SLOW", "1000"))
SECONDS = float(os.environ.get("SECONDS", "4"))      # of each measurement
ROUNDS = int(os.environ.get("ROUNDS", "7"))
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
    return sorted(times)[len(times) * 99 // 100] * 1000


def trickle(address, ready):
    """A byte of a head that never ends on each connection, in turn; the whole round takes about two seconds. In a process
    of its own: beside the ordinary client it would hold that one up, and not the server."""
    connections = [socket.create_connection(address) for _ in range(SLOW)]
    for one in connections:
        one.send(b"POST /pg/orders HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    ready.set()
    while True:
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
        alone, beside = [], []
        for _ in range(ROUNDS):       # in turn, so that what else this machine does meets both alike
            alone.append(percentile(address, headers))
            ready = multiprocessing.Event()
            slow = multiprocessing.Process(target=trickle, args=(address, ready), daemon=True)
            slow.start()
            assert ready.wait(60), "the slow connections were not made"
            beside.append(percentile(address, headers))
            slow.terminate()
            slow.join()
            print(f"p99 alone {alone[-1]:.2f} ms, beside {SLOW} slow connections {beside[-1]:.2f} ms", flush=True)
        before, after = statistics.median(alone), statistics.median(beside)
        print(f"median of {ROUNDS}: alone {before:.2f} ms, beside {after:.2f} ms, {after / before:.2f} times")
        return 0 if after <= MOST * before else 1
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
