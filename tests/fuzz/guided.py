"""One reader under libFuzzer, which ends this process: tests.fuzz.guided NAME MINUTES SEEDS.

Our own modules are instrumented while they are imported, so that coverage guides the changes.
"""

import random
import sys

import atheris

READING = ("archives", "data", "networks", "grading", "jobs.transfer", "runs", "records")
INSTRUMENTED = [f"core.{part}" for part in (*READING, "json_values", "settings", "tables")]

with atheris.instrument_imports(include=INSTRUMENTED):
    from tests.fuzz.readers import CORPUS, READERS, is_refused_or_read

SLOWEST_SECONDS = 60
MEMORY_MIB = 2500


def main(name: str, minutes: float, seeds: str) -> None:
    """Fuzz until a finding, which is kept in the corpus, or until the time is over."""
    (CORPUS / name).mkdir(parents=True, exist_ok=True)

    def one(content: bytes) -> None:
        is_refused_or_read(READERS[name], content)

    flags = {
        "max_total_time": int(minutes * 60),
        "timeout": SLOWEST_SECONDS,
        "report_slow_units": SLOWEST_SECONDS,
        "rss_limit_mb": MEMORY_MIB,
        "max_len": 60_000,
        "print_final_stats": 1,
        "artifact_prefix": f"{CORPUS / name}/",
    }
    arguments = [f"-{flag}={value}" for flag, value in flags.items()]
    change = READERS[name].change

    def two_ways(content: bytes, most: int, seed: int) -> bytes:
        if change is not None and seed % 2:
            return change(content, random.Random(seed))[:most]
        return atheris.Mutate(content, most)

    atheris.Setup([sys.argv[0], *arguments, seeds], one, custom_mutator=two_ways)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
