"""A class of 120 with files of five formats, ten of them broken in ten ways: seconds to grade.

python -m benchmarks.class_of_120 [--people 120] [--images 1000]

From the zip that the Grade page gets to one results.json a person. Prints one JSON object.
"""

import argparse
import io
import json
import resource
import tempfile
import time
import zipfile
from pathlib import Path

from core.data.dataset import Split
from core.grading import gradescope
from core.grading.grade import Grade, as_read, grade
from core.grading.submissions import collect
from core.networks.network import REFERENCE
from core.progress import Silent
from tests.grading import mixed_class
from tests.inputs.build import zipped


def measured(people: int, images: int) -> dict[str, object]:
    """Return the seconds, how many were graded, and whose verdict was not the expected one."""
    content = zipped(mixed_class.handed_in(people))
    split: Split = mixed_class.hidden(images)
    used, started = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        files = collect([("class.zip", content)], Path(name))
        read, shape = as_read(split, REFERENCE.classes)
        grades = grade(files, read, shape, Silent())
        results = gradescope.results_zip(grades, 0.6)
    seconds = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with zipfile.ZipFile(io.BytesIO(results)) as archive:
        written = len(archive.namelist())
    return {
        "people": len({each.name for each in grades}),
        "results_json": written,
        "full_accuracy": sum(each.accuracy == 1 for each in grades),
        "wrong_verdicts": wrong_verdicts(grades),
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time() - used + children.ru_utime, 1),
    }


def wrong_verdicts(grades: list[Grade]) -> list[str]:
    """Return the people whose file says something else than what is wrong with it."""
    wrong = []
    for each in grades:
        _, _, wanted = mixed_class.BROKEN.get(each.name, ("", None, ""))
        said = [line for line in (each.error, *each.findings) if line]
        if not wanted and said:
            wrong.append(each.name)
        if wanted and not any(line.startswith(wanted) for line in said):
            wrong.append(each.name)
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=120)
    parser.add_argument("--images", type=int, default=1000)
    options = parser.parse_args()
    print(json.dumps(measured(options.people, options.images), indent=2))
