"""The long run, guided by coverage: python -m tests.fuzz --minutes 10 --reader pickle.

Needs atheris (libFuzzer for Python). A finding ends the run and is kept in tests/fuzz/corpus, where
the short run in the test suite replays it for ever.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.readers import READERS, corpus


def main() -> int:
    """Fuzz one reader, or each of them in turn; return the number of readers with a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for each reader")
    parser.add_argument("--reader", choices=[*READERS, "all"], default="all")
    options = parser.parse_args()
    chosen = READERS if options.reader == "all" else [options.reader]
    return sum(in_process_of_its_own(name, options.minutes) for name in chosen)


def in_process_of_its_own(name: str, minutes: float) -> bool:
    """Fuzz one reader in a child, which a finding or a crash may end; return whether it did."""
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for number, content in enumerate(corpus(name)):
            (seeds / str(number)).write_bytes(content)
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(minutes), str(seeds)]
        status = subprocess.run(command, check=False).returncode
    print(f"{name}: {'a finding, see above' if status else 'no finding'}", flush=True)
    return status != 0


if __name__ == "__main__":
    sys.exit(main())
