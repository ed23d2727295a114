"""Names that strangers chose, made safe to show and to store."""

import re
import unicodedata

KEPT_MARKS = frozenset(" ._-()+,&'")
# They join or part two characters: families of emoji, words of Persian.
JOINERS = frozenset("\u200c\u200d")
LETTERS, VISIBLE = "LMN", "LMNPS"  # first letters of Unicode's categories
BLANKS = " \u00a0\u115f\u1160\u2800\u3000\u3164\uffa0"  # letters and signs of white paper
# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt, 15.0).
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
NEVER_SEEN = frozenset("\u034f\u17b4\u17b5")
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # of how the sign before looks
MONGOLIAN = re.compile("[\u180b-\u180d\u180f]")  # the same for Mongolian letters
KEYCAPS, KEYCAP = frozenset("0123456789#*"), "\u20e3"
EMOJI_IN_TEXT = frozenset("‼⁉〰ℹ")  # no symbols for Unicode, and drawn as emoji all the same


def plain_name(name: str, fallback: str = "unnamed", longest: int = 80) -> str:
    """Return the last part of a file or class name with only letters, digits and harmless marks.

    Control characters, right-to-left marks and HTML or Markdown signs vanish, so that no page,
    log or report has to be careful; the name is for people only, never for finding a file.
    """
    last = name[-8192:].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    shown = "".join(c if _is_plain(c) else "_" for c in last if not _is_invisible(c))
    kept = without_invisible(shown, LETTERS)  # a joiner between two signs joins nothing any more
    cut = without_invisible(" ".join(kept.split())[:longest])
    return visible_name(visible_name(cut).strip(" .")) or fallback


def visible_name(name: str) -> str:
    """Return a name without what shows nothing where it stands, "" if nothing of it shows.

    Blanks vanish at both ends, and selectors of a variant behind anything but a symbol. Control
    and format characters stay, for `has_invisible` to refuse.
    """
    if name.isascii():  # nearly every name: thousands of runs are read at once
        return name.strip(BLANKS)
    kept = "".join(c for n, c in enumerate(name) if not _is_stray(name, n)).strip(BLANKS)
    return kept if has_visible(kept) or not kept.isprintable() else ""


def has_visible(text: str) -> bool:
    """Tell whether a text has at least one character that leaves ink."""
    return any(not (c.isspace() or c in BLANKS or IGNORABLE.match(c) or _is_other(c)) for c in text)


def _is_stray(text: str, place: int) -> bool:
    """Tell whether the character at `place` changes nothing that is seen of the one before it."""
    own, base = text[place], text[place - 1 : place]
    if MONGOLIAN.match(own):
        return not "\u1800" <= base <= "\u18aa"
    if not SELECTORS.match(own):
        return own in NEVER_SEEN
    if base in KEYCAPS:
        return text[place + 1 : place + 2] != KEYCAP
    return base not in EMOJI_IN_TEXT and (base <= "\x7f" or unicodedata.category(base)[0] != "S")


def one_line(text: str) -> str:
    """Return a text as one line that leaves a terminal as it is.

    Line breaks and tabs become spaces; escape sequences lose the character that makes them work.
    """
    spaced = (" " if c in "\n\r\t\v\f\x85\u2028\u2029" else c for c in text)
    return without_invisible("".join(spaced))


def several_lines(text: str) -> str:
    """Return a text with its line breaks and tabs, without what moves a cursor or turns its way."""
    lines = text.replace("\r\n", "\n")
    for other in "\r\v\f\x85\u2028\u2029":
        lines = lines.replace(other, "\n")
    parts = re.split(r"([\n\t])", lines)
    return "".join(part if part in ("\n", "\t") else without_invisible(part) for part in parts)


def unmarked(text: str) -> str:
    """Return a text in which a chart finds no tag: Plotly draws <a> as a link, <b> in bold."""
    return without_invisible(text).replace("<", "‹").replace(">", "›")


def is_markup(text: str) -> bool:
    """Tell whether a chart would look for a tag in a text."""
    return "<" in text or ">" in text


def has_invisible(text: str) -> bool:
    """Tell whether a text holds a line break or a character that shows nothing.

    Joiners show nothing and belong to names all the same, each between two visible characters.
    """
    return not "".join(c for n, c in enumerate(text) if not _joins(text, n, VISIBLE)).isprintable()


def without_invisible(text: str, around: str = VISIBLE) -> str:
    """Return a text without control, format and direction characters.

    around: categories of characters, first letters, between which a joiner stays.
    """
    if text.isprintable():  # nearly every name: thousands of runs are read at once
        return text
    return "".join(c for n, c in enumerate(text) if _joins(text, n, around) or not _is_other(c))


def _joins(text: str, place: int, around: str) -> bool:
    """Tell whether the character at `place` is a joiner with such a character on both sides."""
    if text[place] not in JOINERS or not 0 < place < len(text) - 1:
        return False
    return all(unicodedata.category(text[n])[0] in around for n in (place - 1, place + 1))


def _is_plain(character: str) -> bool:
    return character in KEPT_MARKS | JOINERS or unicodedata.category(character)[0] in LETTERS


def _is_invisible(character: str) -> bool:
    return character not in JOINERS and _is_other(character)


def _is_other(character: str) -> bool:
    return unicodedata.category(character)[0] == "C"
