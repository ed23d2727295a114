"""Names from strangers, made harmless."""

import pytest

from core.names import plain_name


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
