"""A sandbox server for the fault campaigns: start it, kill it, ask it things."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TIJORI_BIN") or str(REPO / "build-asan" / "tijori")
START_S = 30
STOP_S = 40
ANSWER_S = 20

COMPLAINTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


class Sandbox:
    def __init__(self, data):
        self.data = pathlib.Path(data)
        self.process = None
        self.errors = []

    def start(self):
        """Start on self.data; gives the seconds until it said ready."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "sandbox", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", str(self.data)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            start_new_session=True)
        ready = threading.Event()
        threading.Thread(target=self._drain, args=(self.process.stdout, ready, None), daemon=True).start()
        threading.Thread(target=self._drain, args=(self.process.stderr, None, self.errors), daemon=True).start()
        while not ready.wait(0.01):
            if self.process.poll() is not None:
                time.sleep(0.2)
                raise RuntimeError(f"the server ended at start with {self.process.returncode}: {self.log()[-2000:]}")
            if time.monotonic() - begun > START_S:
                self.kill()
                raise RuntimeError(f"not ready within {START_S} s: {self.log()[-2000:]}")
        took = time.monotonic() - begun
        known = json.loads((self.data / "credentials.json").read_text())
        self.address = known["base_url"].split("//")[1]
        self.admin_address = known["admin"]["url"].split("//")[1]
        self.admin_headers = {"authorization": "Bearer " + known["admin"]["token"], "content-type": "application/json"}
        self.headers = {
            "x-client-id": known["cashfree"]["client_id"], "x-client-secret": known["cashfree"]["client_secret"],
            "x-api-version": "2025-01-01", "content-type": "application/json",
        }
        return took

    @staticmethod
    def _drain(stream, ready, keep):
        for line in stream:
            if ready is not None and "ready" in line.lower():
                ready.set()
            if keep is not None:
                keep.append(line)

    def kill(self):
        """SIGKILL to the whole process group: all four at once."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self):
        """SIGTERM; gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def log(self):
        """What an operator sees: standard error and the journal."""
        journal = self.data / "journal.jsonl"
        return "".join(self.errors) + (journal.read_text(errors="replace") if journal.exists() else "")

    def complaints(self):
        """Lines in which a sanitiser complains."""
        return [line for line in self.errors if any(word in line for word in COMPLAINTS)]

    def connect(self):
        return Connection(self)

    def admin(self, method, path, body=None):
        """Gives (status, JSON or None) of the admin listener."""
        wire = http.client.HTTPConnection(self.admin_address, timeout=ANSWER_S)
        try:
            wire.request(method, path, body=None if body is None else json.dumps(body), headers=self.admin_headers)
            answer = wire.getresponse()
            return answer.status, parsed(answer.read())
        finally:
            wire.close()

    def kill_role(self, role):
        """SIGKILL to one of the children; the supervisor starts another."""
        pid = processes(self.process.pid).get(role)
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def readyz(self):
        try:
            return self.admin("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def parsed(raw):
    try:
        return json.loads(raw)
    except ValueError:
        return None


def processes(supervisor):
    """Process ids by role; the supervisor's own with them."""
    roles = {"supervisor": supervisor}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            continue
        role = next((word[1:].decode() for word in words if word.startswith(b"@")), None)
        if parent == supervisor and role:
            roles[role] = int(entry.name)
    return roles


def wait_for(what, probe, seconds):
    """Calls `probe` until it gives something true; gives that."""
    end = time.monotonic() + seconds
    while True:
        got = probe()
        if got:
            return got
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


class Connection:
    """One kept connection. Errors of the transport come out as OSError or http.client.HTTPException."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.http = http.client.HTTPConnection(sandbox.address, timeout=ANSWER_S)

    def ask(self, method, path, body=None):
        """Gives (status, parsed JSON or None)."""
        self.http.request(method, path, body=None if body is None else json.dumps(body), headers=self.sandbox.headers)
        answer = self.http.getresponse()
        return answer.status, parsed(answer.read())

    def create(self, order_id, note="an order that must not be lost"):
        return self.ask("POST", "/pg/orders", {
            "order_id": order_id, "order_amount": 10.15, "order_currency": "INR", "order_note": note,
            "customer_details": {"customer_id": "customer_1", "customer_phone": "9908734801"}})

    def fetch(self, order_id):
        return self.ask("GET", f"/pg/orders/{order_id}")

    def close(self):
        self.http.close()


def run_campaign(name, run, keep=False):
    """run(sandbox, report) with a server on a new folder, which it starts and which is stopped afterwards, unless that
    was done; gives the exit status. The folder goes, unless something failed and is to be looked at (`keep`)."""
    report = Report()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"tijori-{name}-"))
    sandbox = Sandbox(folder / "data")
    try:
        run(sandbox, report)
        if sandbox.process.poll() is None:
            status = sandbox.stop()
            report.check(status == 0, "the last server stops cleanly", f"exit status {status}")
        report.check(not sandbox.complaints(), "no sanitiser complained", "".join(sandbox.complaints()[:5]))
    except Exception as error:
        report.check(False, "the campaign runs to its end", repr(error))
        print("".join(f"# {line}" for line in sandbox.errors[-5:]), end="", flush=True)
    finally:
        sandbox.kill()
        if keep and report.failed:
            print(f"# its files: {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.failed else 0


class Report:
    """ok / not ok lines, and whether all was well."""

    def __init__(self):
        self.failed = 0

    def check(self, good, what, detail=""):
        print(("ok " if good else "not ok ") + what + (f": {detail}" if detail and not good else ""), flush=True)
        if not good:
            self.failed += 1
        return good
