"""No uploaded byte can run code: what reading may import and call, held as exact lists."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np

from core.data.uploads.unpickle import descriptions, machine, reader
from tests.inputs import build

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "archives",
    "data",
    "data/uploads",
    "data/uploads/class_folders",
    "data/uploads/unpickle",
    "networks/formats",
)
# Data sets that no stranger made, and arithmetic on what was read.
NOT_READERS = {"builtin_datasets", "dataset", "download", "partition", "split", "synthetic"}
PATHS = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / "core" / folder).glob("*.py"))
    if path.stem not in NOT_READERS
]
# Every name a pickle may mention. None is imported: each only picks a description of our own.
KNOWN_TO_PICKLES = {
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.core.numeric._frombuffer",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer",
    "numpy.ndarray",
    "numpy.dtype",
    "_codecs.encode",
    "builtins.bytes",
    "__builtin__.bytes",
}
H5PY_IN_READERS = {
    "h5py.Dataset",
    "h5py.File",
    "h5py.Group",
    "h5py.HardLink",
    "h5py.h5o.get_info",
}
NEVER = {
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "joblib.load"),
    *("keras.models.load_model", "keras.saving.load_model", "load_model", "load_weights"),
    *("eval", "exec", "compile", "__import__", "yaml.load", "yaml.unsafe_load"),
    *("tarfile.open.extractall", "shutil.unpack_archive", "os.system", "os.popen"),
}


def dotted(node):
    """Return the name a node spells, e.g. "numpy.lib.format", or ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def names_in(path):
    return {dotted(n) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.expr)}


def imports_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_every_file_that_reads_uploads_is_looked_at():
    assert {"zips", "sandbox", "layout", "machine", "store", "hdf5_reader"} <= {
        path.stem for path in PATHS
    }
    assert all((ROOT / "core/data" / f"{name}.py").exists() for name in NOT_READERS)


def test_a_pickle_may_only_mention_these_names():
    known = {f"{module}.{name}" for module, name in descriptions.NAMES}
    assert known == KNOWN_TO_PICKLES


def test_the_names_a_pickle_mentions_lead_to_no_object_of_another_module():
    entries = descriptions.NAMES.values()
    assert {type(entry) for entry in entries} == {descriptions.Name}
    for module in (reader, machine, descriptions):
        assert not {"importlib", "pickle", "sys"} & set(imports_in(Path(module.__file__)))


def test_nothing_that_runs_code_is_called_where_uploads_are_read():
    for path in PATHS:
        used = names_in(path)
        assert not used & NEVER, path.name
        assert not {u for u in used if u.rsplit(".", 1)[-1] in ("load_model", "load_weights")}
        assert not {"keras", "tensorflow", "marshal", "shelve"} & set(imports_in(path)), path.name


def test_only_writing_the_course_format_touches_the_pickle_module():
    users = {path.name for path in PATHS if "pickle" in set(imports_in(path))}
    assert users == {"course_format.py"}
    used = {
        name for name in names_in(ROOT / "core/data/course_format.py") if name.startswith("pickle.")
    }
    assert used == {"pickle.dumps"}


def test_uploaded_hdf5_meets_only_these_functions():
    readers = [
        ROOT / "core/networks/formats/hdf5_reader.py",
        ROOT / "core/networks/formats/hdf5_checks.py",
    ]
    used = {n for path in readers for n in names_in(path) if n.startswith("h5py.")}
    assert used - {"h5py.h5o"} == H5PY_IN_READERS
    others = {p.name for p in PATHS if "h5py" in set(imports_in(p)) and p not in readers}
    assert others == {"keras_h5.py"}, "which writes, and reads nothing"
    assert "h5py.File" in names_in(ROOT / "core/networks/formats/keras_h5.py")


def test_arrays_are_never_loaded_with_objects():
    for path in PATHS:
        tree = ast.parse(path.read_text())
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            if dotted(call.func) in ("np.load", "np.save", "np.lib.format.read_array"):
                allowed = {k.arg: k.value.value for k in call.keywords if k.arg == "allow_pickle"}
                assert allowed == {"allow_pickle": False}, path.name


MODULES_BEFORE_AND_AFTER = """
import sys
from core.data.uploads.unpickle import descriptions, machine, reader as pickles
content = bytes.fromhex(sys.argv[1])
before = set(sys.modules)
array = pickles.read(content, "train_images", 10_000_000)
print(array.shape, sorted(set(sys.modules) - before))
"""


def test_reading_a_pickle_imports_nothing():
    content = build.pickled(np.arange(6).reshape(2, 3)).hex()
    command = [sys.executable, "-c", MODULES_BEFORE_AND_AFTER, content]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(2, 3) []"


def test_reading_starts_no_heavy_library():
    script = (
        "import sys, core.data.uploads.dataset_reader, core.data.uploads.leaf;"
        "import core.networks.formats.hdf5_reader;"
        "print({'tensorflow', 'keras', 'pandas', 'h5py', 'streamlit', 'pickle'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("set()", "{'pickle'}"), "NumPy itself may import pickle"
