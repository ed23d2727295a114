"""Names from strangers, made harmless."""

import pytest

from core.names import one_line, plain_name


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
        ("...", "unnamed"),
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
    ],
)
def test_one_line_cannot_move_a_cursor_or_change_a_terminal(given, shown):
    assert one_line(given) == shown
