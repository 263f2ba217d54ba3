"""A merchant's receiver of webhooks, which refuses now and then and keeps what it accepted, in the order of arrival."""

import base64
import hashlib
import hmac
import http.server
import json
import random
import threading


class Receiver:
    def __init__(self, secret, seed, refused=0.1):
        self.lock = threading.Lock()
        self.told, self.bad = [], 0
        chance, receiver = random.Random(seed), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                covered = (self.headers.get("x-webhook-timestamp") or "").encode() + body
                mac = base64.b64encode(hmac.new(secret.encode(), covered, hashlib.sha256).digest()).decode()
                with receiver.lock:
                    good = hmac.compare_digest(mac, self.headers.get("x-webhook-signature") or "")
                    receiver.bad += not good
                    accepts = chance.random() >= refused
                    if good and accepts:
                        receiver.told.append(what_it_says(json.loads(body)))
                self.send_response(200 if accepts else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass                  # a sender that was killed hangs up in the middle

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def endpoint(self):
        """As the admin listener takes it; one that fails is tried again soon."""
        return {"url": self.url, "policy": "fixed", "tries": 10, "interval_seconds": 1}

    def first(self):
        """When each thing was told first: (type, id) to its place."""
        with self.lock:
            told = list(self.told)
        return {what: place for place, what in reversed(list(enumerate(told)))}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def what_it_says(event):
    """(type, the order's, refund's or instrument's id)"""
    data = event["data"]
    if "refund" in data:
        return event["type"], data["refund"]["refund_id"]
    if "instrument" in data:
        return event["type"], data["instrument"]["instrument_id"]
    return event["type"], data["order"]["order_id"] if "order" in data else None
