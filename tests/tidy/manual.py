#!/usr/bin/env python3
"""The manual page is what the program says of itself, and the configuration guide knows every option of a file."""

import os
import re
import subprocess
from pathlib import Path

from tree import ROOT, Report

BINARY = Path(os.environ.get("TIJORI_BIN", ROOT / "build-asan/tijori"))
ENTRY = re.compile(r"^\.TP\n\\fB\\-\\-(\S+?)\\fR.*?(?=^\.(?:TP|SH))", re.M | re.S)


def manual():
    if not BINARY.exists():
        return None, [f"{BINARY} is not built"]
    said = subprocess.run([BINARY, "@manual"], capture_output=True, timeout=60)
    if said.returncode != 0:
        return None, [f"{BINARY} @manual ended with status {said.returncode}"]
    return said.stdout.decode(), []


def differences(said, kept):
    for number, (a, b) in enumerate(zip(said.splitlines(), kept.splitlines()), 1):
        if a != b:
            yield f"man/tijori.1:{number}: differs; run: build/tijori @manual > man/tijori.1"
            return
    if said != kept:
        yield "man/tijori.1:1: differs in length; run: build/tijori @manual > man/tijori.1"


def undocumented(page, guide):
    entries = list(ENTRY.finditer(page))
    if not entries:
        yield "man/tijori.1:1: no option was found in it"
    for found in entries:
        name = found.group(1).replace("\\-", "-")
        if "File: section" in found.group(0) and f"`{name}`" not in guide:
            yield f"docs/CONFIGURATION.md:1: {name} is not mentioned"


def main():
    report = Report()
    kept = (ROOT / "man/tijori.1").read_text()
    said, problems = manual()
    report.check("the manual page is up to date", problems or differences(said, kept))
    report.check("the configuration guide names every option of the file",
                 undocumented(kept, (ROOT / "docs/CONFIGURATION.md").read_text()))
    report.catches("an old manual page is caught", differences(".TH A\n", ".TH B\n"))
    report.catches("an option the guide lacks is caught", undocumented(kept, ""))
    report.exit()


main()
