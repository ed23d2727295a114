"""Names from strangers, made harmless."""

import pytest

from core.names import (
    has_invisible,
    has_visible,
    one_line,
    plain_name,
    several_lines,
    unmarked,
    visible_name,
)

BLANK_NAMES = [
    *("\ufe0f", "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0", "\u2800"),
    *("\u3000", "\u3164\ufe0f\u115f", "\U000e0100", "\u180b"),
]
SIGNS = ("\u2800", "\u3000")  # neither letters nor digits: as any other sign, they become "_"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("dataset.tar.gz", "dataset.tar.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\data.zip", "data.zip"),
        ("<script>alert(1)</script>", "script_"),
        ("a\0b\n\tc", "abc"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("**bold** [link](x) `code` $x$", "__bold__ _link_(x) _code_ _x_"),
        ("Müller 図 हिन्दी", "Müller 図 हिन्दी"),
        ("x" * 500, "x" * 80),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a word of Persian, parted by a zero-width non-joiner
        ("\u200cا\u200d\u200dب\u200c", "اب"),  # alone, twice, and at the ends
        ("x" * 79 + "\u200cyy", "x" * 79),  # cut behind the joiner
        ("...", "unnamed"),
        *((blank, "unnamed") for blank in BLANK_NAMES if blank not in SIGNS),
        *((blank, "_") for blank in SIGNS),
        ("\u3164. \u3164", "unnamed"),
        ("a\ufe0f", "a"),
        ("❤\ufe0f", "_"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("", "unnamed"),
    ],
)
def test_a_name_keeps_letters_digits_and_harmless_marks(given, shown):
    assert plain_name(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07name", "[2J]0;titlename"),
        ("\x9b31mred", "31mred"),
        ("a\r\nb\tc\u2028d", "a  b c d"),
        ("two  spaces, ünïcode – 図", "two  spaces, ünïcode – 図"),
        ("safe\u202egpj.exe\x00\x7f", "safegpj.exe"),
        ("\udcff", ""),
        ("👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"),
        ("a\u200d b\u200c", "a b"),
    ],
)
def test_one_line_cannot_move_a_cursor_or_change_a_terminal(given, shown):
    assert one_line(given) == shown


@pytest.mark.parametrize(
    "name", ["👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "می\u200cخواهم", "क्\u200dष"]
)
def test_joiners_between_visible_characters_are_a_part_of_a_name(name):
    assert not has_invisible(name)


@pytest.mark.parametrize(
    "name",
    ["\u200d", "\u200da", "a\u200c", "a\u200d\u200db", "a \u200cb", "a\u202e", "\x1b[2J", "a\nb"],
)
def test_joiners_alone_or_at_the_ends_are_invisible_as_other_characters_are(name):
    assert has_invisible(name)


def test_lines_of_a_note_lose_what_would_move_a_cursor_or_turn_them_around():
    written = "one\r\n\ttwo\u2028three \x1b[2J\u202etxt.exe\x9b1m می\u200cخواهم"
    assert several_lines(written) == "one\n\ttwo\nthree [2Jtxt.exe1m می\u200cخواهم"


def test_a_chart_finds_no_tag_in_what_was_unmarked():
    assert unmarked("<a href='x'>cat</a>\u202e") == "‹a href='x'›cat‹/a›"


@pytest.mark.parametrize("name", BLANK_NAMES)
def test_a_name_of_blanks_and_ignorable_characters_is_none(name):
    assert not has_visible(name)
    assert visible_name(name) == ""
    assert visible_name(f"a{name}") == "a"


@pytest.mark.parametrize(
    "name",
    [
        *("❤\ufe0f", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "ℹ\ufe0f"),  # emoji
        *("ᠠ\u180b", "見\u3000本", "ᄒ\u1160ᆫ", "a b"),  # words
    ],
)
def test_what_changes_how_a_name_looks_is_kept(name):
    assert visible_name(name) == name


def test_a_selector_behind_what_has_no_variant_is_left_out():
    assert visible_name("a\ufe0fb\ufe0e+\ufe0f1\ufe0f") == "ab+1"
    assert visible_name("❤\ufe0f\ufe0f") == "❤\ufe0f"
    assert visible_name("\u200d") == "\u200d"  # refused, not taken for an empty name
