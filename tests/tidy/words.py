#!/usr/bin/env python3
"""Words that have no place in the tree, and names of tests that are sentences."""

import re

from tree import ROOT, Report, text_of, tracked

# Put together from pieces, so that this file does not complain about itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3 + r"(?!\")", "HA" + "CK"]) + r")\b")
PATHS = re.compile(r"(?<![\w.])/(" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers"]) + r")/")
REGISTRIES = re.compile("|".join(re.escape(a + b) for a, b in [
    ("npmjs", ".org"), ("npmjs", ".com"), ("yarnpkg", ".com"), ("pypi", ".org"), ("pythonhosted", ".org"),
    ("crates", ".io"), ("proxy.golang", ".org"), ("rubygems", ".org"), ("repo.maven", ".apache.org")]))
UNIT_TEST = re.compile(r"\bcmocka_unit_test\w*\(\s*(\w+)|\bFRESH\(\s*(\w+)\s*\),")
API_TEST = re.compile(r"""^\s*(?:await\s+t\.)?(?:test|it)\(\s*(['"`])(.+?)\1""", re.M)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
WORDS_MIN = 3


def lines_with(pattern, what, name, text):
    for number, line in enumerate(text.splitlines(), 1):
        found = pattern.search(line)
        if found:
            yield f"{name}:{number}: {what}: {found.group(0)}"


def short_names(pattern, split, name, text):
    for found in pattern.finditer(text):
        title = found.group(found.lastindex)
        line = text[text.rfind("\n", 0, found.start()) + 1:found.start()]
        if "${" in title or line.startswith("#define"):
            continue
        if len([w for w in split(title) if w]) < WORDS_MIN:
            yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: not a sentence: {title}"


def dead_links(name, text):
    folder = (ROOT / name).parent
    for found in LINK.finditer(text):
        target = found.group(1)
        if "://" not in target and not target.startswith("mailto:") and not (folder / target).exists():
            yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: a link to {target}, which is not there"


def main():
    report = Report()
    texts = [(n, t) for n in tracked() for t in [text_of(n)] if t is not None and n != "LICENSE"]
    ours = [(n, t) for n, t in texts if not n.endswith("package-lock.json") and not n.startswith("bench/results/")]

    def every(rule, among):
        return (c for n, t in among for c in rule(n, t))

    report.check("nothing is left unfinished", every(lambda n, t: lines_with(UNFINISHED, "unfinished", n, t), ours))
    report.check("no path of one machine", every(lambda n, t: lines_with(PATHS, "a machine's path", n, t), texts))
    report.check("no host of a package registry", every(lambda n, t: lines_with(REGISTRIES, "a registry", n, t), texts))
    units = [(n, t) for n, t in texts if n.startswith("tests/unit/") and n.endswith(".c")]
    report.check("unit tests' names are sentences",
                 every(lambda n, t: short_names(UNIT_TEST, lambda s: s.split("_"), n, t), units))
    apis = [(n, t) for n, t in texts if n.startswith("tests/api/") and n.endswith(".mjs")]
    report.check("API tests' names are sentences", every(lambda n, t: short_names(API_TEST, str.split, n, t), apis))
    report.check("links between documents lead somewhere",
                 every(dead_links, [x for x in texts if x[0].endswith(".md")]))

    report.catches("an unfinished word is caught", lines_with(UNFINISHED, "", "x", "// FIX" + "ME: later"))
    report.catches("a machine's path is caught", lines_with(PATHS, "", "x", "see /ho" + "me/me/x"))
    report.catches("a registry's host is caught", lines_with(REGISTRIES, "", "x", "https://registry.npmjs" + ".org/x"))
    report.catches("a test called test_1 is caught",
                   short_names(UNIT_TEST, lambda s: s.split("_"), "x", "cmocka_unit_test(test_1)"))
    report.catches("a dead link is caught", dead_links("README.md", "[x](no-such-file.md)"))
    report.exit()


main()
