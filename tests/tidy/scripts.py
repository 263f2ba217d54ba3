#!/usr/bin/env python3
"""Shell and Python files can be parsed, and what is meant to be run can be."""

import os
import subprocess

from tree import ROOT, Report, text_of, tracked


def shell_problem(name, text):
    said = subprocess.run(["bash", "-n", "/dev/stdin"], input=text.encode(), capture_output=True)
    if said.returncode != 0:
        yield f"{name}:1: {said.stderr.decode().strip()}"


def python_problem(name, text):
    try:
        compile(text, name, "exec")
    except SyntaxError as e:
        yield f"{name}:{e.lineno}: {e.msg}"


def main():
    report = Report()
    texts = [(n, t) for n in tracked() for t in [text_of(n)] if t]
    shells = [(n, t) for n, t in texts if t.startswith(("#!/usr/bin/env bash", "#!/bin/sh", "#!/bin/bash"))]
    pythons = [(n, t) for n, t in texts if n.endswith(".py") or t.startswith("#!/usr/bin/env python3")]
    report.check("every shell script can be parsed", (p for n, t in shells for p in shell_problem(n, t)))
    report.check("every Python file can be parsed", (p for n, t in pythons for p in python_problem(n, t)))
    report.check("every shell script can be run",
                 (f"{n}:1: is not executable" for n, _ in shells if not os.access(ROOT / n, os.X_OK)))
    report.check("the front door is among them",
                 (f"{n} is not a script" for n in ("dev", ".ci/run") if n not in dict(shells)))
    report.catches("a script that does not parse is caught", shell_problem("x", "if true; then\n"))
    report.exit()


main()
