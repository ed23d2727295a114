"""Names that strangers chose, made safe to show and to store."""

import unicodedata

KEPT_MARKS = frozenset(" ._-()+,&'")


def plain_name(name: str, fallback: str = "unnamed", longest: int = 80) -> str:
    """Return the last part of a file or class name with only letters, digits and harmless marks.

    Control characters, right-to-left marks and HTML or Markdown signs vanish, so that no page,
    log or report has to be careful; the name is for people only, never for finding a file.
    """
    last = name[-8192:].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    kept = "".join(c if _is_plain(c) else "_" for c in last if not _is_invisible(c))
    return " ".join(kept.split())[:longest].strip(" .") or fallback


def _is_plain(character: str) -> bool:
    return character in KEPT_MARKS or unicodedata.category(character)[0] in "LMN"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] == "C"
