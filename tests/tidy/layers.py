#!/usr/bin/env python3
"""src/LAYERS says which folder may include what; this makes it true."""

import re

from tree import ROOT, Report, sources, text_of

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')

# Each library is touched in one place.
LIBRARIES = {
    "microhttpd.h": ("src/http/",),
    "gnutls/": ("src/http/",),
    "jansson.h": ("src/base/json_tree.c",),
    "qrencode.h": ("src/base/qr.c",),
    "sqlite3.h": ("src/store/",),
    "curl/": ("src/cli/", "src/courier/"),
    "ini.h": ("src/cli/",),
}


def read_layers(text):
    rules = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, _, allowed = line.partition(":")
            rules[folder.strip()] = allowed.split()
    return rules


def folder_of(path):
    return path.rpartition("/")[0]


def complaints(rules, name, text):
    """What `name` (under src/) includes against the rules, as "file:line: ..."."""
    folder = folder_of(name[len("src/"):])
    if folder not in rules:
        yield f"{name}:1: folder {folder} is not in src/LAYERS"
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, header = found.groups()
        if quote == "<":
            for library, homes in LIBRARIES.items():
                if header.startswith(library) and not name.startswith(homes):
                    yield f"{name}:{number}: <{header}> belongs to {' and '.join(homes)} only"
            continue
        if "/" not in header:
            yield f'{name}:{number}: "{header}" does not say its folder'
        elif folder_of(header) != folder and header not in rules[folder] and folder_of(header) not in rules[folder]:
            yield f"{name}:{number}: {folder}/ may not include {header}"


def cycle(rules):
    """Folders that reach themselves."""
    below = {f: {a if a in rules else folder_of(a) for a in allowed} for f, allowed in rules.items()}
    for start in below:
        seen, todo = set(), set(below[start])
        while todo:
            f = todo.pop()
            if f == start:
                yield f"src/LAYERS:1: {start} reaches itself"
                break
            if f not in seen:
                seen.add(f)
                todo |= below.get(f, set())


def unknown(rules):
    for folder, allowed in rules.items():
        for a in allowed:
            if not (ROOT / "src" / a).exists():
                yield f"src/LAYERS:1: {folder} names {a}, which is not there"


def main():
    report = Report()
    rules = read_layers((ROOT / "src/LAYERS").read_text())
    report.check("every include keeps to src/LAYERS",
                 (c for n in sources(".c", ".h") for c in complaints(rules, n, text_of(n))))
    report.check("no layer reaches itself", cycle(rules))
    report.check("src/LAYERS names only what is there", unknown(rules))
    report.catches("a dialect that reaches for the driver is caught",
                   complaints(rules, "src/dialect/cashfree/x.c", '#include "store/driver.h"\n'))
    report.catches("a folder nobody listed is caught", complaints(rules, "src/elsewhere/x.c", ""))
    report.catches("a library outside its place is caught", complaints(rules, "src/base/x.c", "#include <sqlite3.h>\n"))
    report.catches("a circle of layers is caught", cycle({"a": ["b"], "b": ["a/a.h"]}))
    report.exit()


main()
