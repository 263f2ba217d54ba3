#!/usr/bin/env python3
"""The whole story against a running sandbox: pay and save a card, list it, pay with it, and see the same token through
Paytm's and Juspay's dialects, with the webhooks received and verified. Only the standard library, and the tijori tools
for what must be signed or encrypted."""

import argparse
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

REPO = pathlib.Path(__file__).resolve().parent.parent
CARD = {"card_number": "4706131211212123", "card_expiry_mm": "03", "card_expiry_yy": "28", "card_cvv": "123",
        "card_holder_name": "Test"}
OTP, WRONG_OTP = "111000", "123456"
VERSION = "2025-01-01"
WAIT_S = 20


class Failed(Exception):
    pass


class Story:
    def __init__(self, data, binary):
        self.binary, self.data = binary, data
        self.known = json.loads((data / "credentials.json").read_text())
        self.steps = 0

    def step(self, what):
        self.steps += 1
        print(f"\n{self.steps:2d}. {what}", flush=True)

    @staticmethod
    def say(what):
        print(f"    {what}", flush=True)

    def call(self, method, path, body=None, headers=None):
        url = urllib.parse.urlsplit(self.known["base_url"])
        wire = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        wire.request(method, path, text, {**({"content-type": "application/json"} if text else {}), **(headers or {})})
        answer = wire.getresponse()
        got = answer.read()
        wire.close()
        try:
            got = json.loads(got)
        except ValueError:
            raise Failed(f"{method} {path}: {answer.status} {got[:200]}") from None
        if answer.status != 200:
            raise Failed(f"{method} {path}: {answer.status} {got}")
        return got

    def merchant(self, method, path, body=None):
        who = self.known["cashfree"]
        return self.call(method, path, body, {"x-client-id": who["client_id"], "x-api-version": VERSION,
                                              "x-client-secret": who["client_secret"]})

    def payer(self, path, body):
        """What the payer's side calls, which has no credentials."""
        return self.call("POST", path, body, {"x-api-version": VERSION})

    def tool(self, *args, text=""):
        return subprocess.run([self.binary, *args, "--data", str(self.data)], input=text, check=True,
                              capture_output=True, text=True).stdout.strip()

    def order(self, amount):
        got = self.merchant("POST", "/pg/orders", {
            "order_amount": amount, "order_currency": "INR",
            "customer_details": {"customer_id": self.customer, "customer_phone": "9908734801"}})
        self.say(f"{got['order_id']}, {amount:.2f} INR, {got['order_status']}")
        return got

    def pay(self, order, card, save=False):
        body = {"payment_session_id": order["payment_session_id"],
                "payment_method": {"card": {"channel": "post", **card}}}
        if save:
            body["save_instrument"] = True
        got = self.payer("/pg/orders/sessions", body)
        self.say(f"payment {got['cf_payment_id']}: {got['action']} the one-time password")
        return got["cf_payment_id"]

    def otp(self, payment, otp):
        got = self.payer(f"/pg/orders/pay/authenticate/{payment}", {"action": "SUBMIT_OTP", "otp": otp})
        self.say(f"{otp}: {got['authenticate_status']}, {got['payment_message']}")
        return got["authenticate_status"]

    def paid(self, order):
        got = self.merchant("GET", f"/pg/orders/{order['order_id']}")
        if got["order_status"] != "PAID":
            raise Failed(f"the order is {got['order_status']}")
        self.say(f"{got['order_id']} is {got['order_status']}")

    def saved_card(self):
        """The network may take its time: the payment is done, and its card becomes a token afterwards."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            cards = self.merchant("GET", f"/pg/customers/{self.customer}/instruments?instrument_type=card")
            if cards and cards[0]["instrument_status"] == "ACTIVE":
                return cards[0]
            time.sleep(0.1)
        raise Failed("the card did not become a token")

    def paytm(self, instrument):
        who, token = self.known["paytm"], instrument["instrument_id"].replace("-", "")
        request = f"demo-{time.time_ns()}"
        body = json.dumps({"mid": who["mid"], "paymentType": "ECOM", "tokenIndexNumber": token,
                           "userInfo": {"custId": self.customer}}, separators=(",", ":"))
        head = {"version": "v1", "requestTimestamp": str(int(time.time())), "requestId": request,
                "signatureType": "CHECKSUM", "signature": self.tool("paytm", "sign", text=body)}
        got = self.call("POST", f"/coft-center/coft/merchant/{who['mid']}/token/generateTokenData?requestId={request}",
                        f'{{"head":{json.dumps(head)},"body":{body}}}')["body"]
        if got["resultInfo"]["resultCode"] != "00":
            raise Failed(str(got["resultInfo"]))
        self.say(f"tokenIndexNumber {token}: a number that ends in {got['cardToken'][-4:]}, "
                 f"a TAVV that begins with {got['tavv'][:6]}")

    def juspay(self, instrument):
        key = base64.b64encode((self.known["juspay"]["api_key"] + ":").encode()).decode()
        reference = "token_" + instrument["instrument_id"].replace("-", "")
        got = self.call("POST", "/v4/card/get", {"card_reference": reference, "customer_id": self.customer},
                        {"Authorization": f"Basic {key}"})
        self.say(f"card_reference {reference}: a token of {got['network']}, {got['token_details']['status']}")

    def tell(self):
        self.customer = f"demo-{time.time_ns() // 1000}"
        self.step("A place for webhooks")
        receiver = Receiver(self.known["cashfree"]["client_secret"])
        self.say(f"{receiver.url}, told to the sandbox")
        endpoint = receiver.register(self)
        try:
            self.chapters(receiver)
        finally:
            receiver.forget(self, endpoint)

    def chapters(self, receiver):
        self.step("An order")
        first = self.order(170.00)
        self.step("Pay it with a new card, and save the card")
        payment = self.pay(first, CARD, save=True)
        self.step("The second factor, wrong and then right")
        if self.otp(payment, WRONG_OTP) != "FAILED" or self.otp(payment, OTP) != "SUCCESS":
            raise Failed("the one-time password was not judged as it should be")
        self.paid(first)
        self.step("The saved cards of this customer")
        saved = self.saved_card()
        self.say(f"{saved['instrument_id']} {saved['instrument_display']} {saved['instrument_status']}, "
                 f"consented to with payment {saved['afa_reference']}")
        self.step("Another order, paid with the saved card")
        second = self.order(42.50)
        if self.otp(self.pay(second, {"instrument_id": saved["instrument_id"]}), OTP) != "SUCCESS":
            raise Failed("the saved card did not pay")
        self.paid(second)
        self.step("The same token through Paytm's API")
        self.paytm(saved)
        self.step("... and through Juspay's")
        self.juspay(saved)
        self.step("What the webhooks said")
        receiver.wait_for({"PAYMENT_SUCCESS_WEBHOOK": 2, "INSTRUMENT_ACTIVE_WEBHOOK": 1})
        for kind, what in receiver.got:
            self.say(f"{kind}: signature verified; {what}")
        self.step("Delete the card")
        gone = self.merchant("DELETE", f"/pg/customers/{self.customer}/instruments/{saved['instrument_id']}")
        self.say(f"{gone['instrument_id']} is {gone['instrument_status']}")
        print("\nThe whole story worked.", flush=True)


class Receiver:
    """Answers 200 to what is posted, once its signature was verified (over timestamp and body as they came)."""

    def __init__(self, secret):
        self.got, self.bad, self.lock = [], 0, threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                text = (self.headers.get("x-webhook-timestamp") or "").encode() + body
                mac = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
                good = hmac.compare_digest(mac, self.headers.get("x-webhook-signature") or "")
                receiver.keep(good, body)
                self.send_response(200 if good else 401)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, good, body):
        with self.lock:
            if not good:
                self.bad += 1
            else:
                told = json.loads(body)
                data = told["data"]
                what = data.get("payment", data.get("instrument", {}))
                self.got.append((told["type"], what.get("cf_payment_id") or what.get("instrument_id")))
            self.lock.notify_all()

    def wait_for(self, wanted):
        def all_there():
            kinds = [kind for kind, _ in self.got]
            return all(kinds.count(kind) >= n for kind, n in wanted.items())
        with self.lock:
            if not self.lock.wait_for(all_there, WAIT_S) or self.bad:
                raise Failed(f"webhooks came: {self.got}, and {self.bad} with a wrong signature")

    def register(self, story):
        return json.loads(story.tool("webhook", "add", "1", "--url", self.url, "--json"))["endpoint"]

    def forget(self, story, endpoint):
        story.tool("webhook", "remove", "1", "--endpoint", str(endpoint))
        self.server.shutdown()


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=pathlib.Path, default=pathlib.Path("tijori-data"),
                       help="the running sandbox's data folder (default: ./tijori-data)")
    asked.add_argument("--binary", default=str(REPO / "build" / "tijori"))
    args = asked.parse_args()
    if not (args.data / "credentials.json").exists():
        print(f"demo: no sandbox has run in {args.data}; start one with ./dev run", file=sys.stderr)
        return 1
    try:
        Story(args.data, args.binary).tell()
    except (Failed, OSError, subprocess.CalledProcessError) as why:
        print(f"demo: {why} {getattr(why, 'stderr', '') or ''}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
