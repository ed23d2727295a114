"""The list of bad inputs is covered line by line, and the count is printed."""

from pathlib import Path

from tests.inputs.test_bad_inputs import CASES, MODULES

# Modules of lines that came later say which.
LATER = {line for module in MODULES for line in getattr(module, "LINES", ())}
LINES = {str(number) for number in range(1, 100)} | {"45b"} | LATER
# Lines that are no file but a course of events: the test that plays each.
EVENTS = {
    "8": "test_a_chunked_upload_over_the_limit_is_answered_with_413",
    "11": "test_the_same_file_twice_is_stored_once",
    "12": "test_a_cancelled_upload_leaves_nothing_behind",
    "13": "test_a_full_disk_is_a_clean_error",
}


def test_every_line_of_the_list_is_tested(capsys):
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    played = {line for line, name in EVENTS.items() if f"def {name}(" in tests}
    covered = {case.line for case in CASES} | played
    assert covered == LINES
    assert len({case.label for case in CASES}) == len(CASES), "a label is used twice"
    with capsys.disabled():
        print(f"\nbad inputs: {len(covered)} lines in {len(CASES) + len(played)} cases")
