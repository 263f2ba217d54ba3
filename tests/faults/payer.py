"""Paying, for the fault campaigns: the merchant's and the payer's side of Order Pay and of the checkout page."""

import datetime
import http.client
import json
import re
import urllib.parse

from sandbox import ANSWER_S, parsed

OTP, WRONG_OTP = "111000", "123456"
CODE = "737"
YEAR = str(datetime.date.today().year + 3)
AMOUNT, AMOUNT_MINOR = 10.15, 1015
NO_ANSWER = (OSError, http.client.HTTPException)


def card(number, code=CODE, **more):
    """A typed card, as the payment_method of a request."""
    return {"card": {"channel": "post", "card_number": number, "card_expiry_mm": "10", "card_expiry_yy": YEAR[2:],
                     "card_cvv": code, "card_holder_name": "Test", **more}}


def saved(instrument_id):
    return {"card": {"channel": "post", "instrument_id": instrument_id}}


class Payer:
    """Each call is on a connection of its own and gives (status, JSON or None); NO_ANSWER when the transport fails."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def send(self, method, path, body=None, headers=None):
        wire = http.client.HTTPConnection(self.sandbox.address, timeout=ANSWER_S)
        try:
            text = body if body is None or isinstance(body, str) else json.dumps(body)
            wire.request(method, path, text, self.sandbox.headers if headers is None else headers)
            answer = wire.getresponse()
            return answer.status, parsed(answer.read())
        finally:
            wire.close()

    def create(self, order_id, customer="customer_1", amount=AMOUNT, note=None):
        return self.send("POST", "/pg/orders", {
            "order_id": order_id, "order_amount": amount, "order_currency": "INR", "order_note": note,
            "customer_details": {"customer_id": customer, "customer_phone": "9908734801"}})

    def pay(self, order, method, save=False):
        body = {"payment_session_id": order["payment_session_id"], "payment_method": method}
        return self.send("POST", "/pg/orders/sessions", {**body, "save_instrument": True} if save else body,
                         {"content-type": "application/json", "x-api-version": "2025-01-01"})

    def otp(self, payment, otp=OTP):
        return self.send("POST", f"/pg/orders/pay/authenticate/{payment}", {"action": "SUBMIT_OTP", "otp": otp},
                         {"content-type": "application/json", "x-api-version": "2025-01-01"})

    def state(self, order_id):
        """The order's status; None: there is no such order."""
        status, got = self.send("GET", f"/pg/orders/{order_id}")
        return got["order_status"] if status == 200 else None

    def payments(self, order_id):
        status, got = self.send("GET", f"/pg/orders/{order_id}/payments")
        return got if status == 200 else []

    def payment(self, order_id, payment):
        """The state of one payment of an order."""
        return next((p["payment_status"] for p in self.payments(order_id) if p["cf_payment_id"] == payment), None)

    def instruments(self, customer):
        status, got = self.send("GET", f"/pg/customers/{customer}/instruments?instrument_type=card")
        return got if status == 200 else []

    def refund(self, order_id, refund_id, amount, note="one of several"):
        return self.send("POST", f"/pg/orders/{order_id}/refunds",
                         {"refund_id": refund_id, "refund_amount": amount, "refund_note": note})

    def authorization(self, order_id, action, amount=None):
        """Capture, or void, what was only authorised."""
        body = {"action": action} if amount is None else {"action": action, "amount": amount}
        return self.send("POST", f"/pg/orders/{order_id}/authorization", body)

    def charged(self):
        """How many payments the acquirer has charged."""
        status, got = self.sandbox.admin("GET", "/sandbox/acquirer")
        if status != 200:
            raise RuntimeError(f"/sandbox/acquirer: {status} {got}")
        return got["charged"]

    def behave(self, manner, ms=0):
        """The acquirer's manner from here on."""
        status, got = self.sandbox.admin("POST", "/sandbox/acquirer/behaviour", {"manner": manner, "ms": ms})
        if status != 200:
            raise RuntimeError(f"/sandbox/acquirer/behaviour: {status} {got}")


class Page:
    """A payer's browser at the checkout of one order: cookie, forms and where they lead."""

    def __init__(self, payer, order):
        self.payer, self.cookie = payer, None
        self.path = f"/checkout/{urllib.parse.quote(order['payment_session_id'])}"

    def fetch(self, method, path, form=None):
        """Gives (status, where it leads, text)."""
        headers = {"cookie": self.cookie} if self.cookie else {}
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        wire = http.client.HTTPConnection(self.payer.sandbox.address, timeout=ANSWER_S)
        try:
            wire.request(method, path, None if form is None else urllib.parse.urlencode(form), headers)
            answer = wire.getresponse()
            text = answer.read().decode(errors="replace")
            if answer.getheader("set-cookie"):
                self.cookie = answer.getheader("set-cookie").split(";")[0]
            return answer.status, answer.getheader("location"), text
        finally:
            wire.close()

    def submit(self, path, shown, form):
        """Send a form of the page `shown`, as its guard wants it; gives where it leads."""
        _, _, text = self.fetch("GET", shown)
        guard = re.search(r'name="guard" value="([0-9a-f]+)"', text)
        if not guard:
            raise RuntimeError(f"{shown} has no form: {text[:300]}")
        status, where, text = self.fetch("POST", path, {"guard": guard.group(1), **form})
        if status != 303 or where is None:
            raise RuntimeError(f"{path}: {status} {text[:300]}")
        return where

    def pay(self, number, code=CODE, consent=True, expiry=f"10/{YEAR[2:]}"):
        """Gives where it leads: the page of the code, or back with a word about what is wrong."""
        form = {"way": "card", "card_number": number, "card_expiry": expiry, "card_cvv": code, "card_holder": "Test"}
        return self.submit(f"{self.path}/pay", self.path, {**form, "consent": "1"} if consent else form)

    def otp(self, where, otp=OTP):
        return self.submit(where, where, {"otp": otp, "action": "submit"})

    def cancel(self, where):
        return self.submit(where, where, {"action": "cancel"})
