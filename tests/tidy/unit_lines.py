#!/usr/bin/env python3
"""Turns Meson's record of a test run (one JSON object a line) into one line for each unit test.

A program that crashed, or said nothing, counts as one failure even when it named none."""

import json
import re
import sys

RESULT = re.compile(r"^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$", re.M)


def main():
    with open(sys.argv[1], encoding="utf-8") as record:
        runs = [json.loads(line) for line in record if line.strip()]
    for run in runs:
        results = RESULT.findall(run.get("stdout") or "")
        for verdict, name in results:
            print(f"{verdict} {run['name']}: {name}")
        well = run["result"] == "OK"
        if not results or (not well and all(verdict == "ok" for verdict, _ in results)):
            print(f"not ok {run['name']}: ended as {run['result']}")


main()
