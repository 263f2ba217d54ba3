#!/usr/bin/env python3
"""The bill of materials is SPDX 2.3 in what we use of it, and nothing that the program links is left out."""

import copy
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

from tree import ROOT, Report

BINARY = Path(os.environ.get("TIJORI_BIN", ROOT / "build-asan/tijori"))
ID = re.compile(r"^SPDXRef-[A-Za-z0-9.-]+$")
RELATIONS = {"DESCRIBES", "CONTAINS", "GENERATED_FROM", "DYNAMIC_LINK", "DEPENDS_ON", "BUILD_TOOL_OF",
             "BUILD_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"}
# What the specification calls mandatory, section by section.
FIELDS = {
    "document": ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"),
    "packages": ("SPDXID", "name", "downloadLocation"),
    "files": ("SPDXID", "fileName", "checksums"),
}


def made():
    if not BINARY.exists():
        return None, [f"{BINARY} is not built"]
    said = subprocess.run([ROOT / "tools/sbom", BINARY], capture_output=True, timeout=120)
    if said.returncode != 0:
        return None, [f"tools/sbom:1: ended with status {said.returncode}: {said.stderr.decode().strip()}"]
    try:
        return json.loads(said.stdout), []
    except ValueError as e:
        return None, [f"tools/sbom:1: prints no JSON: {e}"]


def malformed(bill):
    for field in FIELDS["document"]:
        if not bill.get(field):
            yield f"document: no {field}"
    if bill.get("spdxVersion") != "SPDX-2.3" or bill.get("dataLicense") != "CC0-1.0":
        yield "document: not SPDX 2.3 under CC0-1.0"
    for kind in ("packages", "files"):
        for row in bill[kind]:
            for field in FIELDS[kind]:
                if not row.get(field):
                    yield f"{row.get('name', row.get('fileName'))}: no {field}"
    names = [bill["SPDXID"]] + [r["SPDXID"] for kind in ("packages", "files") for r in bill[kind]]
    for name in names:
        if not ID.match(name) or names.count(name) > 1:
            yield f"{name}: malformed, or there twice"
    for r in bill["relationships"]:
        if r["relationshipType"] not in RELATIONS:
            yield f"{r['relationshipType']}: not a relation we use"
        for end in (r["spdxElementId"], r["relatedSpdxElement"]):
            if end not in names:
                yield f"{end}: is related, and is not there"


def program(bill):
    return next((p for p in bill["packages"] if p["name"] == "tijori"), {})


def wrong_sums(bill):
    sums = sorted(c["checksumValue"] for f in bill["files"] for c in f["checksums"] if c["algorithm"] == "SHA1")
    ours = program(bill)
    if ours.get("packageVerificationCode", {}).get("packageVerificationCodeValue") != \
            hashlib.sha1("".join(sums).encode()).hexdigest():
        yield "tijori: the verification code is not that of its files"
    kept = {c["algorithm"]: c["checksumValue"] for c in ours.get("checksums", [])}
    if kept.get("SHA256") != hashlib.sha256(BINARY.read_bytes()).hexdigest():
        yield "tijori: the checksum is not the binary's"


def linked(bill):
    """The names of libraries of each package that the program links itself."""
    direct = {r["relatedSpdxElement"] for r in bill["relationships"]
              if r["relationshipType"] == "DYNAMIC_LINK" and r["spdxElementId"] == program(bill)["SPDXID"]}
    return {so for p in bill["packages"] if p["SPDXID"] in direct for so in p.get("comment", "").split()}


def unlisted_libraries(bill):
    said = subprocess.run(["readelf", "-d", BINARY], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[(.+?)\]", said)
    if not needed:
        yield f"{BINARY}: nothing is linked"
    for so in needed:
        if so not in linked(bill):
            yield f"{so}: is linked, and not in the bill"


def unlisted_tests(bill):
    """What the npm lock files name, as something that only tests need."""
    only = {r["spdxElementId"] for r in bill["relationships"] if r["relationshipType"] == "TEST_DEPENDENCY_OF"}
    there = {(p["name"], p["versionInfo"]) for p in bill["packages"] if p["SPDXID"] in only}
    for folder in ("api", "browser"):
        lock = json.loads((ROOT / "tests" / folder / "package-lock.json").read_text(encoding="utf-8"))
        for path, entry in lock["packages"].items():
            name = path.rpartition("node_modules/")[2]
            if path and (name, entry["version"]) not in there:
                yield f"tests/{folder}/package-lock.json:1: {name} is not in the bill"


def unlisted_assets(bill):
    there = {f["fileName"] for f in bill["files"]}
    for folder in ("assets", "pages"):
        for path in sorted((ROOT / "src/checkout" / folder).iterdir()):
            if f"./src/checkout/{folder}/{path.name}" not in there:
                yield f"src/checkout/{folder}/{path.name}:1: is not in the bill"


def without(bill, kind, **wanted):
    """A copy of the bill with the rows left out that have all of these values."""
    changed = copy.deepcopy(bill)
    changed[kind] = [r for r in changed[kind] if any(r.get(k) != v for k, v in wanted.items())]
    return changed


def main():
    report = Report()
    bill, problems = made()
    report.check("the bill of materials can be made", problems)
    if bill is None:
        report.exit()
    report.check("it is SPDX 2.3", malformed(bill))
    report.check("its sums are those of the binary and the files", wrong_sums(bill))
    report.check("every library that the program links is in it", unlisted_libraries(bill))
    report.check("every package that only tests need is in it, as such", unlisted_tests(bill))
    report.check("everything that is built into the program is in it", unlisted_assets(bill))

    tijori = program(bill)["SPDXID"]
    report.catches("a program that is not described is caught", malformed(without(bill, "packages", SPDXID=tijori)))
    report.catches("a library that is left out is caught",
                   unlisted_libraries(without(bill, "relationships", relationshipType="DYNAMIC_LINK")))
    report.catches("a test's package that is left out is caught",
                   unlisted_tests(without(bill, "relationships", relationshipType="TEST_DEPENDENCY_OF")))
    report.catches("a file that is left out is caught",
                   unlisted_assets(without(bill, "files", fileName="./src/checkout/pages/pay.html")))
    report.catches("a wrong sum is caught", wrong_sums(without(bill, "files", fileName="./tijori")))
    report.exit()


main()
