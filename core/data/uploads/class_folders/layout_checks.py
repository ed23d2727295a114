"""What folders cannot mean: layouts that are refused, each with the one that is wanted."""

from collections.abc import Iterable, Mapping

from core.archives.members import Member
from core.data.uploads.class_folders.tree import Folder, collapsed
from core.data.uploads.split_names import rest_of, split_in
from core.errors import UploadError
from core.names import plain_name
from core.text import listed

WANTED = "Use <class>/<image>, or train/<class>/<image> and val/<class>/<image>."
SHOWN = 4
IMAGES = frozenset(("images", "image", "imgs", "img", "jpegimages"))
MASKS = frozenset(
    ("masks", "mask", "labels", "label", "annotations", "annotation", "groundtruth", "ground_truth",
     "gt", "segmentation", "segmentations", "segmentationclass")
)  # fmt: skip
Folders = Mapping[str, Folder]  # by name


def no_class(member: Member) -> UploadError:
    """Return the refusal of an image that lies in no class folder."""
    return UploadError(f"The image {member.shown} lies in no class folder. {WANTED}")


def phrase(names: Iterable[str]) -> str:
    """Return folders' names for a sentence, the first few of many."""
    names = sorted(plain_name(name) for name in names)
    return listed(names[:SHOWN] if len(names) <= SHOWN else [*names[:SHOWN], "others"])


def check_no_masks(names: Iterable[str]) -> None:
    """Raise UploadError for folders of images and of their masks, which are no two classes."""
    kinds = {name.strip().casefold() for name in names}
    if len(kinds) == 2 and kinds & IMAGES and kinds & MASKS:
        raise UploadError(
            f"{phrase(names)} are images and what belongs to each (for segmentation), not two "
            f"classes. {WANTED}"
        )


def check_no_split_in_class_names(tops: Folders) -> None:
    """Raise UploadError for cat_train beside cat_test: two splits of one class."""
    splits: dict[str, dict[str, str]] = {}
    for name in tops:
        if (split := split_in(name)) and rest_of(name):
            splits.setdefault(rest_of(name), {})[split] = name
    for rest, found in splits.items():
        if len(found) > 1:
            raise UploadError(
                f"The folders {phrase(found.values())} seem to be one class, {plain_name(rest)}, "
                f"in {len(found)} splits. {WANTED}"
            )


def are_alike(folders: Folders) -> bool:
    """Tell whether folders hold folders of (nearly) the same names, as splits hold classes.

    Each shares at least half of its names with another one, or half of the other's; one and the
    same single name in each is a level without meaning.
    """
    names = [set(collapsed(folder).folders) for folder in folders.values()]
    if len(names) < 2 or all(len(each) == 1 for each in names):
        return False
    return all(
        any(2 * len(own & other) >= min(len(own), len(other)) for j, other in enumerate(names)
            if i != j)
        for i, own in enumerate(names)
    )  # fmt: skip


def unclear(folders: Folders, where: str) -> UploadError:
    """Return the refusal of folders below which it is unclear what is a class."""
    inner = {name for folder in folders.values() for name in collapsed(folder).folders}
    return UploadError(
        f"The folders {phrase(folders)}{where} hold folders of the same names ({phrase(inner)}), "
        f"so it is unclear which are classes and which are splits. {WANTED}"
        if len(folders) > 1
        else f"In {phrase(folders)} there are folders again ({phrase(inner)}), so it is unclear "
        f"which are classes. {WANTED}"
    )


def check_one_meaning(tops: Folders, deep: Folders, roles: Mapping[str, str]) -> None:
    """Raise UploadError when some folders would be splits and others classes."""
    inner = {name for folder in deep.values() for name in folder.folders}
    if roles and set(roles) != set(tops):
        others = set(tops) - set(roles)
        raise UploadError(
            f"{phrase(roles)} is named like a split, {phrase(others)} beside it is not, so it is "
            f"unclear which folders are classes. {WANTED}"
        )
    if inner & (set(tops) - set(deep)):
        raise UploadError(
            f"The folders {phrase(inner & set(tops))} are there twice: on their own and inside "
            f"{phrase(deep)}, with other images. Put them together, or leave one out. {WANTED}"
        )
