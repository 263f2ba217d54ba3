"""What every tidy test needs: the tracked files, and a way to say ok or not ok."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOWN_MAX = int(os.environ.get("TIDY_SHOWN", "25"))
UNTRACKED = {".git", "build", "build-asan", "node_modules", "tijori-data", "__pycache__"}


def git_files(*which):
    git = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", *which], cwd=ROOT, capture_output=True)
    return [n for n in git.stdout.decode().split("\0") if n] if git.returncode == 0 else None


def tracked():
    """Paths relative to the root of every file under version control, or of every file where there is no git."""
    names = git_files("--cached")
    if names is None:
        names = []
        for folder, below, files in os.walk(ROOT):
            below[:] = [b for b in below if b not in UNTRACKED]
            names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    else:                             # and what is about to be added; raw measurements may stay untracked
        names += [n for n in git_files("--others", "--exclude-standard") if not n.startswith("bench/results/")]
    return sorted(n for n in names if (ROOT / n).is_file())


def text_of(name):
    """The file's text, or None when it is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def sources(*ends, under=("src/",)):
    return [n for n in tracked() if n.startswith(under) and n.endswith(ends)]


class Report:
    """Collects results; exit() ends the script."""

    def __init__(self):
        self.failed = False

    def check(self, what, problems):
        """One result: fine when `problems` is empty; otherwise each is a line "file:line: what is wrong"."""
        problems = list(problems)
        for p in problems[:SHOWN_MAX]:
            print(f"# {p}")
        if len(problems) > SHOWN_MAX:
            print(f"# and {len(problems) - SHOWN_MAX} more")
        print(("not ok " if problems else "ok ") + what, flush=True)
        self.failed = self.failed or bool(problems)

    def catches(self, what, found):
        """A rule that never fires is worse than none: `found` are its complaints about a planted violation."""
        self.check(f"self-test: {what}", [] if list(found) else ["the planted violation was not noticed"])

    def exit(self):
        sys.exit(1 if self.failed else 0)
