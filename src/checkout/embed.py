#!/usr/bin/env python3
"""Writes a C file with the files named: embed.py OUT FILE..."""

import hashlib
import pathlib
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": None,
}
BYTES_A_LINE = 20


def lines(data):
    for at in range(0, len(data), BYTES_A_LINE):
        yield "    " + "".join(f"{byte}," for byte in data[at:at + BYTES_A_LINE])


def main():
    out, files = sys.argv[1], sorted(map(pathlib.Path, sys.argv[2:]), key=lambda file: file.name)
    text = ["/* Made by embed.py. */", '#include "checkout/assets.h"', "", "#include <string.h>", ""]
    table = []
    for number, file in enumerate(files):
        data = file.read_bytes()
        etag = hashlib.sha256(data).hexdigest()[:20]
        kind = TYPES[file.suffix]
        kind = f'"{kind}"' if kind else "NULL"
        text += [f"static const uint8_t file_{number}[] = {{", *lines(data), "};"]
        table.append(f'    {{ "{file.name}", {kind}, "\\"{etag}\\"", {{ file_{number}, sizeof file_{number} }} }},')
    text += ["", "static const struct asset assets[] = {", *table, "};", "",
             "const struct asset *asset_find(struct span name)", "{",
             "    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)",
             "        if (span_equal(span_of(assets[i].name), name))",
             "            return &assets[i];", "    return NULL;", "}", ""]
    pathlib.Path(out).write_text("\n".join(text))


if __name__ == "__main__":
    main()
