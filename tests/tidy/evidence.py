#!/usr/bin/env python3
"""Every test that docs/THREATS.md and docs/RULES.md name is there, and no claim in them goes without one."""

import re
from pathlib import Path

from tree import ROOT, Report

DOCUMENTS = ["docs/THREATS.md", "docs/RULES.md"]
UNIT = re.compile(r"^test_\w+$")
API = re.compile(r"^[\w-]+\.test\.mjs$")
PATH = re.compile(r"^(?:tests|bench|src|demo|docs)/[\w./-]+$")
SENTENCE = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+){2,}\b")         # the name of a unit test
TITLE = re.compile(r"""\b(?:test|it)\(\s*(['"`])((?:\\.|(?!\1).)*)\1""")
CITED = re.compile(r"`([^`]+)`(?::\s+([^`|;]*))?")
EVIDENCE = "Shown by"


def unit_tests(text):
    return set(re.findall(r"^static void (\w+)\(void \*\*", text, re.M))


def titles(text):
    return [re.sub(r"\\(.)", r"\1", found[1]) for found in TITLE.findall(text)]


def read(*paths):
    """The text of those of the files that are there; None: none is."""
    there = [ROOT / path for path in paths if (ROOT / path).is_file()]
    return "\n".join(path.read_text(encoding="utf-8") for path in there) if there else None


def plain(text):
    return re.sub(r"\s+", " ", text).strip().rstrip(".,").strip()


def missing(name, said):
    """What is wrong with one citation, `name` and the words behind it."""
    if UNIT.match(name):
        text = read(f"tests/unit/{name}.c")
        if text is None:
            yield f"there is no tests/unit/{name}.c"
            return
        for word in SENTENCE.findall(said):
            if word not in unit_tests(text):
                yield f"{name} has no test {word}"
    elif API.match(name):
        text = read(f"tests/api/{name}", f"tests/browser/{name}")
        if text is None:
            yield f"there is no {name}"
        elif said and not any(plain(said) in plain(title) for title in titles(text)):
            yield f"{name} has no test \"{plain(said)}\""
    elif PATH.match(name):
        text = read(name)
        if text is None:
            if not (ROOT / name).exists():
                yield f"there is no {name}"
        elif name.startswith("tests/") and said and plain(said) not in plain(text):
            yield f"{name} does not say \"{plain(said)}\""


def unproven(name, text):
    """Every citation of a document that leads nowhere."""
    for number, line in enumerate(text.splitlines(), 1):
        for cited, said in CITED.findall(line):
            for problem in missing(cited, said):
                yield f"{name}:{number}: {problem}"


def cells(line):
    return [c.strip() for c in line.strip().strip("|").split("|")]


def without_evidence(name, text):
    """Rows of tables with a column of evidence that name no test."""
    headed = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            headed = False
        elif cells(line)[-1].lower() == EVIDENCE.lower():
            headed = True
        elif headed and not set(line) <= set("|- "):
            named = [c for c, _ in CITED.findall(cells(line)[-1]) if UNIT.match(c) or API.match(c) or PATH.match(c)]
            if not named:
                yield f"{name}:{number}: nothing shows {cells(line)[0]}"


def main():
    report = Report()
    texts = [(n, (ROOT / n).read_text(encoding="utf-8")) for n in DOCUMENTS if Path(ROOT / n).exists()]
    report.check("the documents are there", [f"{n} is missing" for n in DOCUMENTS if n not in dict(texts)])
    report.check("every test that they name is there", (p for n, t in texts for p in unproven(n, t)))
    report.check("every claim names a test", (p for n, t in texts for p in without_evidence(n, t)))

    report.catches("a unit test that is not there is caught", unproven("x", "`test_pan`: there_is_no_such_test_here"))
    report.catches("a file that is not there is caught", unproven("x", "`test_no_such_file`"))
    report.catches("an API test that is not there is caught", unproven("x", "`tls.test.mjs`: no such test is here"))
    report.catches("a campaign that is not there is caught", unproven("x", "`tests/faults/nowhere.py`"))
    report.catches("a claim without a test is caught",
                   without_evidence("x", "| Rule | Shown by |\n|---|---|\n| 1.2.3 | the code |\n"))
    report.check("self-test: a test that is there is found",
                 unproven("x", "`test_pan`: a_card_number_of_each_scheme_is_read; `tls.test.mjs`: a certificate "
                               "without its key is refused"))
    report.exit()


main()
