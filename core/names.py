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


def one_line(text: str) -> str:
    """Return a text as one line that leaves a terminal as it is.

    Line breaks and tabs become spaces; escape sequences lose the character that makes them work.
    """
    spaced = (" " if c in "\n\r\t\v\f\x85\u2028\u2029" else c for c in text)
    return "".join(c for c in spaced if not _is_invisible(c))


def _is_plain(character: str) -> bool:
    return character in KEPT_MARKS or unicodedata.category(character)[0] in "LMN"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] == "C"
