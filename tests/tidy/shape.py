#!/usr/bin/env python3
"""The shape of C code: lengths, includes, and comments on what is public."""

import re

from tree import Report, sources, text_of

FUNCTION_MAX, FILE_MAX, COLUMNS_MAX = 70, 600, 120
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')
PROTOTYPE = re.compile(r"^(?!typedef\b|static\b|return\b|#|\}|/|_Static_assert|extern const)[A-Za-z_][\w\s*]*\(?.*\)"
                       r"(\s*(JSON_LINK_NAME|__attribute__)\s*\(.*\))?\s*;\s*(/\*.*\*/)?$")


def long_functions(name, text):
    begun = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            begun = number
        elif line == "}" and begun:
            if number - begun + 1 > FUNCTION_MAX:
                yield f"{name}:{begun}: a function of {number - begun + 1} lines, {FUNCTION_MAX} are the most"
            begun = None


def long_file(name, text):
    lines = len(text.splitlines())
    if lines > FILE_MAX:
        yield f"{name}:{FILE_MAX}: {lines} lines, {FILE_MAX} are the most"


def wide_lines(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield f"{name}:{number}: {len(line)} columns, {COLUMNS_MAX} are the most"
        if "\t" in line or line != line.rstrip():
            yield f"{name}:{number}: a tab, or spaces at the end"


def banned_last(name, text):
    includes = [m.group(1) for m in map(INCLUDE.match, text.splitlines()) if m]
    if not includes or includes[-1] != "base/banned.h":
        yield f"{name}:1: the last include is not base/banned.h"


def title(name, text):
    if not text.startswith("/* " + name.rpartition("/")[2]):
        yield f"{name}:1: does not begin with a comment that names the file"


def paragraphs(text):
    """(first line's number, lines) of each run of lines without a blank one, comments kept whole."""
    run, first, comment = [], 0, False
    for number, line in enumerate(text.splitlines() + [""], 1):
        if line.strip() or comment:
            if not run:
                first = number
            run.append(line)
            opened, closed = line.rfind("/*"), line.rfind("*/")
            if opened != closed:
                comment = opened > closed
        elif run:
            yield first, run
            run = []


def bare_prototypes(name, text):
    """Prototypes in a paragraph without any comment; a comment may head several that belong together."""
    for first, lines in paragraphs(text):
        if any("/*" in line for line in lines):
            continue
        joined, start, depth = "", first, 0
        for number, line in enumerate(lines, first):
            if not joined:
                start = number
            joined = (joined + " " + line.strip()).strip() if joined else line.rstrip()
            depth += line.count("{") - line.count("}")
            if joined.endswith((";", "}", "*/")) or joined.startswith("#"):
                if depth == 0 and "{" not in joined and PROTOTYPE.match(joined):
                    yield f"{name}:{start}: a public prototype without a comment: {joined[:70]}"
                joined = "" if depth == 0 else joined


def all_of(rule, names):
    return (c for n in names for c in rule(n, text_of(n)))


def main():
    report = Report()
    c_files, headers = sources(".c"), sources(".h")
    every = c_files + headers + sources(".c", ".h", under=("tests/", "bench/"))
    report.check(f"no function is longer than {FUNCTION_MAX} lines", all_of(long_functions, c_files))
    report.check(f"no file is longer than {FILE_MAX} lines", all_of(long_file, every))
    report.check(f"no line is wider than {COLUMNS_MAX} columns", all_of(wide_lines, every))
    report.check("banned.h is the last include of every source file", all_of(banned_last, c_files))
    report.check("every file begins with its title", all_of(title, c_files + headers))
    report.check("every public prototype has a comment", all_of(bare_prototypes, headers))

    long = "void f(void)\n{\n" + "    x();\n" * FUNCTION_MAX + "}\n"
    report.catches("a long function is caught", long_functions("x.c", long))
    report.catches("a wide line is caught", wide_lines("x.c", "x" * (COLUMNS_MAX + 1)))
    report.catches("an include behind banned.h is caught",
                   banned_last("x.c", '#include "base/banned.h"\n#include <stdio.h>\n'))
    report.catches("a bare prototype is caught",
                   bare_prototypes("x.h", "/* x.h: x. */\n\nMUST_CHECK enum fault f(int a,\n    int b);\n"))
    report.check("self-test: a prototype under a comment is fine",
                 bare_prototypes("x.h", "/* What f does.\n\n * More. */\nenum fault f(int a);\nvoid g(void);\n"))
    report.exit()


main()
