"""Mutation testing of the rules (`make mutants`): changes one thing at a time in a copy of the tree and runs the package's tests.

A mutant that the tests notice is killed; one that they do not notice survives and is printed: a rule without a guard, or a
change that changes nothing. The latter are listed in `mutants.toml` with their reason; see docs/decisions/mutation-testing.md.
"""

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import hypothesis  # noqa: F401 -- imported once here, so that each mutant's process (a fork) need not
import pytest
from cryptography.hazmat.primitives.ciphers import aead  # noqa: F401 -- likewise
from mutations import Mutation, find_mutations, mutate

TOP = Path(__file__).resolve().parent.parent
PACKAGES = ("signing", "secrets", "authorization")
# In place of tests/conftest.py, which needs Django: no example is shrunk or stored, and each run uses the same examples.
# The fastest tests run first, since one failure is enough.
CONFTEST = """
import hypothesis
PHASES = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
CHECKS = list(hypothesis.HealthCheck)
hypothesis.settings.register_profile(
    "mutants", phases=PHASES, deadline=None, database=None, derandomize=True, suppress_health_check=CHECKS
)
hypothesis.settings.load_profile("mutants")
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: hasattr(item.obj, "hypothesis"))
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one file; `line` is the text of the line that it starts on."""

    file: str
    line: str
    mutation: Mutation

    def is_in(self, known: set[tuple[str, str, str]]) -> bool:
        """True if the list has the change (or `*`, every change) of this line, even if the line has moved."""
        return not known.isdisjoint({(self.file, self.line, self.mutation.change), (self.file, self.line, "*")})


def main() -> int:
    """Run the sample; return 1 if a mutant survived that is not known as harmless, else 0."""
    options = _read_options()
    os.nice(10)
    known = {(entry["file"], entry["line"], entry["change"]) for entry in _read_known()}
    stop = time.monotonic() + 60 * options.minutes
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        _copy_tree(tree)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        for package in options.packages or PACKAGES:
            survivors += _try_package(package, options, known, stop)
    return 1 if survivors else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help=f"packages of tokens/domain/, by default {' '.join(PACKAGES)}")
    parser.add_argument("--count", type=int, default=100, help="mutants of each package (default 100; 0: all)")
    parser.add_argument("--seed", default="1", help="which sample (default 1)")
    parser.add_argument("--minutes", type=float, default=30, help="stop after so long (default 30)")
    parser.add_argument("--match", default="", help="only files whose path contains this text")
    return parser.parse_args()


def _read_known() -> list[dict[str, str]]:
    document = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())
    entries: list[dict[str, str]] = document["harmless"]
    return entries


def _copy_tree(tree: Path) -> None:
    names = subprocess.run(["git", "ls-files", "-z", "tokens", "tests", "docs"], cwd=TOP, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = TOP / name, tree / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    (tree / "tests" / "conftest.py").write_text(CONFTEST)


def _try_package(package: str, options: argparse.Namespace, known: set[tuple[str, str, str]], stop: float) -> int:
    """Try a package's sample, print its survivors and its score, and return how many survivors are not known as harmless."""
    tests = f"tests/domain/{package}"
    start = time.monotonic()
    if _run(tests, limit=600) != "survived":
        raise SystemExit(f"{tests} fails before anything is changed.")
    limit = 20 + 5 * (time.monotonic() - start)
    # What changes no file from here on would only make the runs differ.
    sys.dont_write_bytecode = True
    every = [mutant for mutant in _find_mutants(package) if options.match in mutant.file]
    wanted = min(options.count or len(every), len(every))
    results: Counter[str] = Counter()
    for mutant in random.Random(options.seed).sample(every, wanted):
        if time.monotonic() > stop:
            break
        result = _try_mutant(mutant, tests, limit)
        if result == "survived" and mutant.is_in(known):
            result = "harmless"
        results[result] += 1
        if result == "survived":
            _say(f"{mutant.file}:{mutant.mutation.lineno}: {mutant.line}\n    {mutant.mutation.change}")
    killed = results["killed"] + results["timed out"]
    _say(
        f"{package}: {results.total()} of {len(every)} mutants tried (seed {options.seed}), {killed} killed"
        f" ({results['timed out']} by the time limit), {results['harmless']} harmless, {results['survived']} survived;"
        f" {wanted - results.total()} left out for lack of time; {time.monotonic() - start:.0f} s"
    )
    return results["survived"]


def _find_mutants(package: str) -> list[Mutant]:
    mutants = []
    for path in sorted(Path("tokens/domain", package).rglob("*.py")):
        text = path.read_text()
        lines = text.splitlines()
        mutants += [Mutant(str(path), lines[found.lineno - 1].strip(), found) for found in find_mutations(text)]
    return mutants


def _try_mutant(mutant: Mutant, tests: str, limit: float) -> str:
    path = Path(mutant.file)
    original, times = path.read_text(), path.stat()
    try:
        # Its new modification time makes Python ignore the compiled original.
        path.write_text(mutate(original, mutant.mutation))
        return _run(tests, limit=limit)
    finally:
        path.write_text(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _run(tests: str, *, limit: float) -> str:
    """Run tests in a process of their own: `survived`, `killed` or `timed out`."""
    process = get_context("fork").Process(target=_run_tests, args=(tests,))
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
        process.join()
        return "timed out"
    return "killed" if process.exitcode else "survived"


def _run_tests(tests: str) -> None:
    # The rules need neither Django nor plugins; without them a run is much faster.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        "-c",
        os.devnull,
        "--rootdir",
        ".",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "-q",
        "-x",
    ]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        code = pytest.main([*arguments, tests])
    os._exit(int(code))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
