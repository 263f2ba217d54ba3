#!/usr/bin/env python3
"""The data folder's file system fills up under load: creating answers 5xx to everybody, with a clear log line;
reading goes on; when there is space again so is service; and whatever was acknowledged is there.

Needs the right to mount a small tmpfs; says "skipped" without it. Environment: TIJORI_BIN."""

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time

from sandbox import Report, Sandbox

DISK = "24m"
MEMBERS = 16                # requests sent at once
ROUNDS_TO_FULL = 60
RECOVERY_S = 15


def fill(folder):
    """Write until the disk is full to the last page."""
    with open(os.path.join(folder, "filler"), "ab", buffering=0) as filler:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                continue


def create_at_once(sandbox, name, acknowledged):
    """MEMBERS requests at the same time; gives their statuses."""
    statuses = [0] * MEMBERS
    gate = threading.Barrier(MEMBERS)

    def one(i):
        connection = sandbox.connect()
        order_id = f"{name}-{i}"
        gate.wait()
        try:
            statuses[i], _ = connection.create(order_id, note="n" * 200)
        except (OSError, http.client.HTTPException):
            statuses[i] = 0
        if statuses[i] == 200:
            acknowledged.append(order_id)
        connection.close()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(MEMBERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def not_found(sandbox, order_ids):
    connection = sandbox.connect()
    lost = [order_id for order_id in order_ids if connection.fetch(order_id)[0] != 200]
    connection.close()
    return lost


def fill_until_refused(sandbox, folder, acknowledged):
    """Create on a disk kept full until a whole round is refused; gives every status seen."""
    seen = []
    for number in range(ROUNDS_TO_FULL):
        fill(folder)
        statuses = create_at_once(sandbox, f"full{number}", acknowledged)
        seen += statuses
        if all(status != 200 for status in statuses):
            return seen, statuses
    return seen, statuses


def campaign(sandbox, folder, report):
    acknowledged = []
    sandbox.start()
    report.check(create_at_once(sandbox, "before", acknowledged) == [200] * MEMBERS,
                 "orders are created while there is space")

    seen, last = fill_until_refused(sandbox, folder, acknowledged)
    report.check(all(500 <= status <= 599 for status in last),
                 "on a full disk every request at once gets a 5xx", str(last))
    report.check(all(status == 200 or 500 <= status <= 599 for status in seen),
                 "nothing but 200 and 5xx was ever answered",
                 str(sorted(set(seen))))
    lost = not_found(sandbox, acknowledged)
    report.check(not lost, f"all {len(acknowledged)} acknowledged orders can be read on the full disk", str(lost[:5]))

    os.unlink(os.path.join(folder, "filler"))
    deadline = time.monotonic() + RECOVERY_S
    while True:
        statuses = create_at_once(sandbox, f"after{int(time.monotonic() * 1000)}", acknowledged)
        if statuses == [200] * MEMBERS or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    report.check(statuses == [200] * MEMBERS, "service returns when space does, without a restart", str(statuses))
    time.sleep(1)
    text = sandbox.log().lower()
    report.check("full" in text or "no space" in text, "the log says that the disk was full",
                 "".join(line for line in text.splitlines(True) if '"event"' in line)[-600:])

    lost = not_found(sandbox, acknowledged)
    report.check(not lost, f"all {len(acknowledged)} acknowledged orders are there", str(lost[:5]))
    status = sandbox.stop()
    report.check(status == 0, "the server stops cleanly", f"exit status {status}")
    sandbox.start()
    lost = not_found(sandbox, acknowledged)
    report.check(not lost, "and they are there after a restart", str(lost[:5]))
    sandbox.stop()
    report.check(not sandbox.complaints(), "no sanitiser complained", "".join(sandbox.complaints()[:5]))


def main():
    report = Report()
    folder = tempfile.mkdtemp(prefix="tijori-full-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tijori-full-disk", folder],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        os.rmdir(folder)
        print("ok full disk # skipped: mounting a small file system is not permitted here", flush=True)
        return 0
    print(f"# full disk: tmpfs of {DISK}", flush=True)
    sandbox = Sandbox(os.path.join(folder, "data"))
    try:
        campaign(sandbox, folder, report)
    except Exception as error:
        report.check(False, "the campaign runs to its end", repr(error))
    finally:
        sandbox.kill()
        subprocess.run(["umount", folder], check=False)
        os.rmdir(folder)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
