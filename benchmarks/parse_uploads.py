"""Time and peak memory of reading uploads, in the parsing child and in the process that asks.

Run: python -m benchmarks.parse_uploads [dataset.tar.gz …]. Without files, archives are made:
the course's size, one of 200 MB that nothing can compress, and one of float64 images.
"""

import gzip
import io
import json
import pickle
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from core.data.uploads import dataset_reader
start = time.perf_counter()
dataset = dataset_reader.read("x", Path(sys.argv[1]), scratch=Path(sys.argv[2]))
seconds = time.perf_counter() - start
children = resource.getrusage(resource.RUSAGE_CHILDREN)
# ru_maxrss of this process would start at that of the process that started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
own = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps([len(dataset.train), seconds, children.ru_utime, children.ru_maxrss / 1024, own]))
"""


def archive(images: int, side: int, dtype: str) -> bytes:
    """Return a course archive of random images."""
    rng = np.random.Generator(np.random.PCG64(1))
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        for name, count in (("train", images), ("val", images // 10)):
            pixels = rng.integers(0, 256, (count, side, side, 3)).astype(dtype)
            for part, array in (("images", pixels), ("labels", np.arange(count) % 5)):
                content = pickle.dumps(array, protocol=4)
                entry = tarfile.TarInfo(f"{name}_{part}.pkl")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def measure(path: Path, scratch: Path) -> list[float]:
    """Return [training images, seconds, child's CPU seconds, child's MiB, asking process's MiB]."""
    command = [sys.executable, "-c", MEASURE, str(path), str(scratch)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print one table line a file."""
    print("| file | MB | training images | seconds | CPU s | child MiB | asking process MiB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(name).name: Path(name) for name in sys.argv[1:]}
        sizes = {"course": (22_500, 25, "uint8"), "200 MB": (97_000, 25, "uint8")}
        sizes["float64"] = (10_000, 32, "float64")
        for name, size in sizes.items() if not files else ():
            files[name] = Path(folder) / name
            files[name].write_bytes(archive(*size))
        for name, path in files.items():
            count, *costs = measure(path, Path(folder))
            shown = " | ".join(f"{cost:,.1f}" for cost in costs)
            print(f"| {name} | {path.stat().st_size / 1e6:,.0f} | {count:,.0f} | {shown} |")


if __name__ == "__main__":
    main()
