"""Runs every benchmark, each in a process of its own, and passes their tables on (`make bench`)."""

import subprocess
import sys

BENCHMARKS = ("requests", "pages", "wire")


def main() -> int:
    """Run them in order; return 1 if one failed."""
    failed = False
    for name in BENCHMARKS:
        print(f"\n=== {name} ===", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
