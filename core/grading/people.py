"""Who handed in what, in the export of a class: people, their files, and what is wrong with them.

Only names are looked at. A learning platform's names tell whose a file is (`layouts`), else the
folders do, else the files' own names.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.grading import rosters
from core.grading.layouts import Whose, bare_name, common_start, repositories, told_by_platform
from core.grading.submitters import (
    GENERIC,
    is_of_a_program,
    is_of_the_class,
    is_readme,
    named_apart,
    own_name,
    owner,
    shared_folders,
)
from core.names import plain_name

CERTAIN = (".h5", ".hdf5", ".keras", ".pt", ".pth", ".safetensors")
# What may hold weights as well as images: they count where somebody has nothing more certain.
POSSIBLE = (".npz", ".pkl", ".pickle", ".bin", ".ckpt")
WEIGHTS_ENDINGS = CERTAIN + POSSIBLE
ZIP_ENDINGS = (".zip",)
VERSION = re.compile(r"Version (\d{1,6})")
FEWEST_OF_A_CLASS = 3  # my_model_weights_anna.h5 names Anna, but _old.h5 nobody


@dataclass(frozen=True)
class Found:
    """One file of a class's export, in an archive or a folder.

    parts: folders and name; a zip in the export is a folder. An empty folder is a file without a
    name in it: it may be all that somebody handed in. path: where its bytes lie, None when nobody
    wanted them or they cannot be read, which `error` says.
    """

    parts: tuple[str, ...]
    size_bytes: int = 0
    path: Path | None = None
    error: str = ""

    @property
    def file(self) -> str:
        """The path as it is shown."""
        return "/".join(self.parts)

    @property
    def shown(self) -> str:
        """The file's own name, safe to show."""
        return plain_name(bare_name(self.parts[-1]))

    @property
    def is_weights(self) -> bool:
        """Tell by the name whether this is meant to be a weights file."""
        name = self.parts[-1].lower()
        return name.endswith(CERTAIN) or (self.is_generic and self.may_be_weights)

    @property
    def may_be_weights(self) -> bool:
        """Tell by the name whether this can be a weights file."""
        return self.parts[-1].lower().endswith(WEIGHTS_ENDINGS)

    @property
    def is_zip(self) -> bool:
        """Tell by the name whether this is an archive: its members are listed beside it."""
        return self.parts[-1].lower().endswith(ZIP_ENDINGS)

    @property
    def is_nothing(self) -> bool:
        """Tell whether this only says that a folder is there and empty."""
        return not self.parts[-1]

    @property
    def is_generic(self) -> bool:
        """Tell whether it is called what everybody's file is to be called, or ends so."""
        return GENERIC in self.parts[-1].lower()


@dataclass(frozen=True)
class Person:
    """Somebody in a class, and everything that they handed in."""

    name: str
    files: tuple[Found, ...]


def empty_folders(folders: Iterable[tuple[str, ...]], held: Sequence[Found]) -> list[Found]:
    """Return one entry for each of the folders in which neither a file nor a folder lies."""
    listed = {folder for folder in folders if folder}
    paths = (*listed, *(each.parts for each in held))
    full = {path[:depth] for path in paths for depth in range(1, len(path))}
    return [Found((*folder, "")) for folder in sorted(listed - full)]


def weights_among(files: Iterable[Found]) -> list[Found]:
    """Return the files meant as weights; where there are none, those that can be weights."""
    files = list(files)
    meant = [each for each in files if each.is_weights]
    return meant or [each for each in files if each.may_be_weights]


@dataclass
class _Pile:
    """What was found of one person while going through the export."""

    whose: Whose
    files: list[tuple[Whose, Found]] = field(default_factory=list)

    def latest(self) -> list[Found]:
        """Return the files of the last attempt with weights, or of the last one."""
        attempts = sorted({whose.attempt for whose, _ in self.files})
        held = [w.attempt for w, found in self.files if found.may_be_weights]
        wanted = max(held) if held else attempts[-1]
        return [found for whose, found in self.files if whose.attempt == wanted]


def people(found: Sequence[Found], bundle: str, texts: Mapping[str, str]) -> list[Person]:
    """Return everybody who handed in something, in the order of the export.

    bundle: the export's file name. texts: what the platform's own lists say, by name in the export.
    """
    submitters = rosters.of_gradescope(texts)
    if submitters:
        return _of_gradescope(found, submitters)
    users = rosters.of_blackboard(texts)
    told = told_by_platform([each.parts for each in found], bundle, users)
    if told is None:
        return _of_folders(found, bundle, rosters.of_github(texts))
    return _piled(found, told, users)


def _of_gradescope(found: Sequence[Found], submitters: Mapping[str, str]) -> list[Person]:
    """Return everybody in the metadata, without a file as well, and whom it does not list."""
    files: dict[str, list[Found]] = {folder: [] for folder in submitters}
    for each in found:
        folder = next((part for part in each.parts[:-1] if _is_gradescopes(part, submitters)), None)
        if folder is not None:
            files.setdefault(folder, []).append(each)
    named = named_apart([(submitters.get(folder, folder), folder) for folder in files])
    return [Person(name, tuple(held)) for name, held in zip(named, files.values(), strict=True)]


def _is_gradescopes(folder: str, submitters: Mapping[str, str]) -> bool:
    return folder in submitters or rosters.FOLDER.fullmatch(folder) is not None


def _piled(
    found: Sequence[Found], told: Mapping[tuple[str, ...], Whose], real: Mapping[str, str]
) -> list[Person]:
    """Return the people that a platform's names tell; `real` has their real names, if known."""
    piles: dict[str, _Pile] = {}
    loose = []
    for each in found:
        whose = told.get(each.parts)
        if whose is not None:
            piles.setdefault(whose.key, _Pile(whose)).files.append((whose, each))
        elif each.may_be_weights:  # beside what the platform exported: somebody's all the same
            loose.append(Person(own_name(each.parts), (each,)))
    names = [(_real_name(p.whose.name, real), p.whose.number) for p in piles.values()]
    piled = zip(named_apart(names), piles.values(), strict=True)
    return [Person(name, tuple(pile.latest())) for name, pile in piled] + loose


def _real_name(user: str, real: Mapping[str, str]) -> str:
    """Return who a user is; all names may begin alike, so that the file's lacks its beginning."""
    if user in real:
        return real[user]
    longer = [name for known, name in real.items() if known.endswith(f"_{user}")]
    return longer[0] if len(longer) == 1 else user


def _of_folders(found: Sequence[Found], bundle: str, real: Mapping[str, str]) -> list[Person]:
    """Return the people whose folders, zips or loose files these are, [] if nobody has weights."""
    paths = {each: _as_folders(each) for each in found}
    weights = {each: paths[each] for each in weights_among(found)}
    if not weights:
        return []
    shared = _shared(list(weights.values()), list(paths.values()))
    top = next(iter(weights.values()))[:shared]
    below = {each: path[shared:] for each, path in paths.items() if path[:shared] == top}
    home = top[-1] if top else owner(bundle)
    piles: dict[str, list[Found]] = {}
    for each, name in _owners(below, weights, home, real).items():
        piles.setdefault(name, []).append(each)
    return [Person(name, tuple(_last_version(files))) for name, files in piles.items()]


def _last_version(files: Sequence[Found]) -> Sequence[Found]:
    """Return the files of the last of several versions, which Teams keeps, that has weights."""
    versions: dict[int, list[Found]] = {}
    for each in files:
        told = [match for part in each.parts[:-1] if (match := VERSION.fullmatch(part))]
        versions.setdefault(int(told[0][1]) if told else 0, []).append(each)
    held = [number for number, of in versions.items() if any(each.may_be_weights for each in of)]
    return versions[max(held)] if len(versions) > 1 and 0 not in versions and held else files


def _as_folders(each: Found) -> tuple[str, ...]:
    """Return the path with a zip as a folder: what somebody packed is below the zip's name."""
    *outer, last = each.parts
    folders = [part[:-4] if part.lower().endswith(ZIP_ENDINGS) else part for part in outer]
    return (*folders, last[:-4], last) if each.is_zip else (*folders, last)


def _shared(weights: Sequence[tuple[str, ...]], paths: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders name the class: those of all people.

    Where only one person has weights, the folders of what others handed in tell as well.
    """
    shared = shared_folders(weights)
    if len({path[shared] for path in weights if len(path) > shared + 1}) > 1:
        return shared
    told = [path[:-1] for path in paths if not is_of_the_class(path[-1])]
    return min(shared, len(common_start(told or [()])))


def _owners(
    below: Mapping[Found, tuple[str, ...]],
    weights: Container[Found],
    home: str,
    real: Mapping[str, str],
) -> dict[Found, str]:
    """Return whose each file is; what is nobody's (a task, a readme) is left out.

    below: the paths below the folders of the class.
    """
    holding = {path[0] for each, path in below.items() if each in weights and len(path) > 1}
    loose = [path[0] for each, path in below.items() if each in weights and len(path) == 1]
    is_class = len({name for name in loose if not name.lower().startswith(GENERIC)}) > 1
    are_clones = home.endswith("-submissions")  # each is somebody's, though it be as it was given
    folders = {
        path[0]
        for each, path in below.items()
        if len(path) > 1
        and (are_clones or not is_readme(path[-1]))
        and not (is_of_a_program(path[0]) and (each.is_nothing or not holding))
    }
    zips = {path[0] for each, path in below.items() if each.is_zip and len(path) == 2}
    persons = holding | (folders if holding or is_class else set()) | (zips if is_class else set())
    name_of = repositories(persons, home)
    owners: dict[Found, str] = {}
    for each, path in below.items():
        if len(path) > 1 and path[0] in persons:
            name = name_of(path[0])
            owners[each] = real.get(name, name)
        elif len(path) == 1 and (each in weights or (is_class and not is_of_the_class(path[0]))):
            owners[each] = _loose_owner(path[0], home, loose, is_class)
    return owners


def _loose_owner(file: str, home: str, loose: Sequence[str], is_class: bool) -> str:
    """Return whose a loose file is; the name that everybody uses is the folder's around it."""
    stem = PurePosixPath(file).stem
    generic = [name for name in loose if name.lower().startswith(GENERIC)]
    if file not in generic:
        return own_name((file,))
    named = own_name((file,))
    if named != stem and (is_class or len(generic) >= FEWEST_OF_A_CLASS):
        return named
    # Several such files may be one person's or many people's: kept apart, copies are noticed.
    return home if generic == [file] else f"{home}/{stem}"
