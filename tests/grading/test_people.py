"""Who is in a class, told by names alone: layouts of platforms, of teachers and of students."""

import time

import pytest

from core.grading import rosters
from core.grading.people import Found, people
from core.grading.submitters import owner

W = "my_model_weights.h5"
AT = "attempt_2024-05-01-10-00-00"


def names(files, bundle="class.zip", texts=None):
    """Return name -> the files that are this person's, as the export has them."""
    found = [Found(tuple(file.split("/"))) for file in sorted(files)]
    return {p.name: [f.file for f in p.files] for p in people(found, bundle, texts or {})}


LAYOUTS = {
    "canvas": ([f"meyeranna_1_22_{W}", f"liben_LATE_3_44_{W}"], ["liben", "meyeranna"]),
    "canvas, texts and links": (
        [*(f"person{c}_{n}_7{n}_{W}" for n, c in enumerate("abcdef")),
         "liben_3_text.html", "kimzoe_LATE_5_link.html"],
        ["kimzoe", "liben", *(f"person{c}" for c in "abcdef")],
    ),
    "brightspace, dates behind the names": (
        [f"12-34 - Anna Li - May 1, 2024 1005 AM - {W}",
         f"13-34 - Ben Oz- Sep 4, 2024 105 PM - {W}",
         f"14-34 - Cem-Can Ay- 4 September, 2024 105 PM - {W}"],
        ["Anna Li", "Ben Oz", "Cem-Can Ay"],
    ),
    "gradescope, one not in the metadata": (
        [f"e/submission_1/{W}", f"e/submission_2/{W}", "e/submission_3/a.ipynb"],
        ["Anna", "submission_2", "submission_3"],
        {"e/submission_metadata.yml": "submission_1:\n  :submitters:\n  - :name: Anna\n"},
    ),
    "github, one as it was given": (
        [f"p-submissions/p-anna/{W}", f"p-submissions/p-ben/{W}", "p-submissions/p-cem/README.md"],
        ["anna", "ben", "cem"],
    ),
    "github, zips of branches": (
        [f"p-{name}-main.zip/p-{name}-main/{W}" for name in ("anna", "ben", "cem")],
        ["anna", "ben", "cem"],
    ),
    "blackboard, users who begin alike, texts with a BOM": (
        [f"HW_a_{name}_{AT}{end}" for name in ("li", "oz") for end in (f"_{W}", ".txt")],
        ["Ann Li", "Al Oz"],
        {f"HW_a_{user}_{AT}.txt": f"\ufeffName: {name} (a_{user})\r\n"
         for user, name in (("li", "Ann Li"), ("oz", "Al Oz"))},
    ),
    "canvas, handed in again": (
        ["meyeranna_1_22_my_model_weights-2.h5", f"liben_3_44_{W}", "kimzoe_5_66_a_b_c.ipynb"],
        ["kimzoe", "liben", "meyeranna"],
    ),
    "canvas in a folder": ([f"export/meyeranna_1_22_{W}", f"export/liben_3_44_{W}"],
                           ["liben", "meyeranna"]),
    "canvas, own zips": ([f"meyeranna_1_22_hw.zip/x/{W}", "meyeranna_1_22_hw.zip",
                          f"liben_3_44_{W}"], ["liben", "meyeranna"]),
    "canvas, two of one name": ([f"liwei_1_22_{W}", f"liwei_3_44_{W}"],
                                ["liwei (1)", "liwei (3)"]),
    "numbered": ([f"Anna Meyer_1234_{W}", "Ben Li_5678_report.pdf"], ["Anna Meyer", "Ben Li"]),
    "numbered, underscores": ([f"anna_meyer_1234_{W}", f"ben_li_LATE_5678_{W}"],
                              ["anna_meyer", "ben_li"]),
    "moodle": (
        [f"Anna Meyer_1_assignsubmission_file_/{W}",
         "Anna Meyer_1_assignsubmission_onlinetext_/onlinetext.html",
         "Ben Li_2_assignsubmission_onlinetext_/onlinetext.html"],
        ["Anna Meyer", "Ben Li"],
    ),
    "moodle without the last underscore": (
        [f"Anna Meyer_1_assignsubmission_file/{W}", f"Ben Li_2_assignsubmission_file/{W}"],
        ["Anna Meyer", "Ben Li"],
    ),
    "moodle, flat": (
        [f"Anna_Lena Meyer_1_assignsubmission_file_{W}",
         "Anna_Lena Meyer_1_assignsubmission_onlinetext_onlinetext.html",
         f"Ben Li_2_assignsubmission_file_{W}"],
        ["Anna_Lena Meyer", "Ben Li"],
    ),
    "moodle, two of one name": (
        [f"Ben Li_1_assignsubmission_file_/{W}", f"Ben Li_2_assignsubmission_file_/{W}"],
        ["Ben Li (1)", "Ben Li (2)"],
    ),
    "moodle, blind": ([f"Participant 7_1_assignsubmission_file_/{W}",
                       f"Participant 9_2_assignsubmission_file_/{W}"],
                      ["Participant 7", "Participant 9"]),
    "moodle in a folder with feedback": (
        [f"CS1-HW2-99/Ben Li_1_assignsubmission_file_/{W}",
         "CS1-HW2-99/Ben Li_1_assignsubmission_comments_/c.html",
         f"CS1-HW2-99/Ida Rao_2_assignsubmission_file_/{W}"],
        ["Ben Li", "Ida Rao"],
    ),
    "blackboard": (
        [f"HW 2_anna42_{AT}_{W}", f"HW 2_anna42_{AT}.txt", f"HW 2_ben_li_{AT}_{W}"],
        ["anna42", "ben_li"],
    ),
    "blackboard, users that start alike": (
        [f"HW_2_anna1_{AT}_{W}", f"HW_2_anna2_{AT}_{W}"],
        ["anna1", "anna2"],
    ),
    "blackboard, own zip": (
        [f"HW_an_{AT}_hw.zip/{W}", f"HW_an_{AT}_hw.zip", f"HW_bo_{AT}_hw.docx"],
        ["an", "bo"],
    ),
    "brightspace": (
        [f"1-2 - Anna Meyer - May 1, 2024 1000 AM/{W}", f"3-4 - Ben Li - Jun 12, 2024 2310/{W}",
         "index.html"],
        ["Anna Meyer", "Ben Li"],
    ),
    "brightspace, two of one name": (
        [f"1-2 - Ben Li - May 1, 2024 1000 AM/{W}", f"3-4 - Ben Li - May 1, 2024 1000 AM/{W}"],
        ["Ben Li (1-2)", "Ben Li (3-4)"],
    ),
    "brightspace, flat": ([f"1-2 - Anna Meyer - May 1, 2024 1000 AM - {W}",
                           f"3-4 - Ben Li - May 1, 2024 1000 AM - {W}"], ["Anna Meyer", "Ben Li"]),
    "github classroom": (
        [f"prune-submissions/prune-anna/{W}", "prune-submissions/prune-ben-li/x.ipynb"],
        ["anna", "ben-li"],
    ),
    "github classroom without the folder around": (
        [f"hw-2-anna/{W}", f"hw-2-ben-li/{W}", f"hw-2-cem/{W}"], ["anna", "ben-li", "cem"],
    ),
    "people with hyphens": ([f"anna-li/{W}", f"anna-rao/{W}"], ["anna-li", "anna-rao"]),
    "teams": (
        [f"Submitted files/Anna Meyer/Pruning/Version 1/{W}",
         "Submitted files/Ben Li/Pruning/Version 1/report.pdf"],
        ["Anna Meyer", "Ben Li"],
    ),
    "sakai": ([f"HW/Meyer, Anna(an42)/Submission attachment(s)/{W}",
               "HW/Li, Ben(ben7)/Submission attachment(s)/x.py", "HW/grades.csv"],
              ["Li, Ben(ben7)", "Meyer, Anna(an42)"]),
    "nbgrader": ([f"submitted/anna/ps1/{W}", f"submitted/ben/ps1/{W}"], ["anna", "ben"]),
    "all zips": ([f"anna.zip/{W}", "anna.zip", f"ben.zip/hw/{W}", "ben.zip", "cem.zip/x.ipynb",
                  "cem.zip"], ["anna", "ben", "cem"]),
    "all zips in a folder": ([f"all/anna.zip/{W}", "all/anna.zip", f"all/ben.zip/{W}",
                              "all/ben.zip"], ["anna", "ben"]),
    "a class in a zip": ([f"all.zip/anna/{W}", f"all.zip/ben/{W}", "all.zip"], ["anna", "ben"]),
    "folders and loose zips": ([f"anna/{W}", "ben.zip", f"ben.zip/{W}", "cem.zip"],
                               ["anna", "ben", "cem"]),
    "flat": (["anna.h5", "ben.h5", "cem.ipynb", "dora.zip", "task.pdf", "README.md"],
             ["anna", "ben", "cem", "dora"]),
    "flat with everybody's name first": ([f"my_model_weights_{n}.h5" for n in "abc"], [*"abc"]),
    "flat with everybody's name": ([f"anna_{W}", f"ben li-{W}", "my_model_weights_cem.h5"],
                                   ["anna", "ben li", "cem"]),
    "one person, deep; another with a notebook": ([f"anna/code/{W}", "ben/x.ipynb"],
                                                  ["anna", "ben"]),
    "files of PyTorch": (["anna/model.pt", "ben/w.safetensors", "cem/x.pth"],
                         ["anna", "ben", "cem"]),
    "arrays, where there is nothing better": (["anna/w.npz", "ben/w.pkl"], ["anna", "ben"]),
    "one person's own zip with data": (
        [W, "data/train.pkl", "data.npz", "old/dense.npz"], ["class"]),
    "a teacher's readme around": ([f"hw1/anna/{W}", "README.md"], ["anna"]),
    "one person's own zip": ([W, "train.py", "report.pdf", "code/a.py"], ["class"]),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everybody_is_found_once_and_by_their_name(layout):
    files, wanted, *texts = LAYOUTS[layout]
    assert sorted(names(files, texts=texts[0] if texts else {})) == sorted(wanted)


def test_of_several_versions_the_last_with_weights_counts():
    files = [f"Work/Anna/HW/Version {n}/{W}" for n in (1, 2, 10)]
    files += ["Work/Anna/HW/Version 11/note.txt", f"Work/Ben/HW/Version 1/{W}"]
    assert names(files)["Anna"] == [files[2]]


def test_of_several_attempts_the_last_with_weights_counts():
    start = "HW_an_attempt_2024-05-0"
    files = [f"{start}1-10-00-00_{W}", f"{start}2-10-00-00_{W}", f"{start}3-10-00-00_note.txt"]
    assert names([*files, f"HW_bo_attempt_2024-05-01-10-00-00_{W}"])["an"] == [files[1]]


@pytest.mark.parametrize(
    "days",
    [
        ("April 30, 2024 1100 PM", "May 1, 2024 1205 AM", "May 1, 2024 900 AM"),
        ("12 April, 2024 1100 PM", "9 May, 2024 1005 AM", "10 May, 2024 0900 AM"),
        ("12 Apr 2024 2300", "9 May 2024 1005", "10 May 2024 0900"),
    ],
)
def test_of_several_dates_in_words_the_latest_counts(days):
    files = [f"1-2 - Ben Li - {day}/{W}" for day in days]
    assert names([*files, f"3-4 - Ida Rao - {days[0]}/{W}"])["Ben Li"] == [files[2]]


def test_a_roster_of_endless_columns_is_passed_over_at_once():
    text = "github_username,name" + ",a" * 1_000_000 + "\nanna42,Anna" * 100_000
    assert rosters.of_github({"x/classroom_roster.csv": text}) == {}


def test_blackboards_texts_tell_the_real_names():
    start = "HW_an_attempt_2024-05-01-10-00-00"
    texts = {f"{start}.txt": "Name: Anna Meyer (an)\r\nAssignment: HW\r\n"}
    files = [f"{start}_{W}", f"{start}.txt", f"HW_bo_attempt_2024-05-01-10-00-00_{W}"]
    assert sorted(names(files, texts=texts)) == ["Anna Meyer", "bo"]


@pytest.mark.parametrize(
    ("bundle", "start"),
    [
        ("gradebook_2241-CS101_HW_2024-05-02-11-00-00.zip", "HW"),
        ("gradebook_CS_Homework202_2024-05-02-11-00-00.zip", "Homework 2"),
        ("gradebook_CS_Prune_2_2024-05-02-11-00-00.zip", "Prune_2"),
        ("HW (1).zip", "HW"),
    ],
)
def test_blackboards_zip_tells_what_is_the_assignment_and_what_all_users_share(bundle, start):
    files = [f"{start}_stu_{user}_{AT}_{W}" for user in ("007", "042")]
    assert sorted(names(files, bundle)) == ["stu_007", "stu_042"]


def test_one_text_of_blackboard_tells_what_is_the_assignment():
    files = [f"My_HW_stu_{user}_{AT}_{W}" for user in ("007", "042")]
    text = {f"My_HW_stu_007_{AT}.txt": "Name: Anna Meyer (stu_007)\r\n"}
    assert sorted(names([*files, *text], texts=text)) == ["Anna Meyer", "stu_042"]


def test_the_roster_of_github_classroom_tells_the_real_names():
    roster = (
        "identifier,github_username,github_id,name\nMeyer;Anna,an42,1,Anna Meyer\nBen,ben7,2,\n"
    )
    files = [f"x-submissions/x-an42/{W}", f"x-submissions/x-ben7/{W}", f"x-submissions/x-cem/{W}"]
    found = names(files, texts={"classroom_roster.csv": roster})
    assert sorted(found) == ["Anna Meyer", "Ben", "cem"]


@pytest.mark.parametrize(
    "roster",
    ["anna," + "x" * 200_000, 'anna,"' + "x" * 200_000, "anna,x\r\ranna,b\n\rc", "an\0na,x", '"'],
    ids=["endless", "endless and quoted", "line breaks", "NUL", "open"],
)
def test_a_roster_that_is_no_table_stops_nobody(roster):
    text = f"github_username,name\nben7,Ben\n{roster}"
    assert rosters.of_github({"classroom_roster.csv": text})["ben7"] == "Ben"


@pytest.mark.parametrize(
    "text",
    [
        "Name:" + " " * 9_000 + "(" * 900,
        "Name: " + "a (" * 3_000,
        "Name:" + " \n" * 5_000 + "(",
        "Name: (x)\nName: ()\nName: Anna Meyer\nName: Anna (an) x",
    ],
    ids=["blanks", "brackets", "lines", "no user"],
)
def test_blackboards_texts_are_read_in_no_time_whatever_they_hold(text):
    started = time.process_time()
    assert rosters.of_blackboard({"HW_an_attempt_2024-05-01-10-00-00.txt": text}) == {}
    assert time.process_time() - started < 1


METADATA = """---
submission_101:
  :submitters:
  - :name: Anna Meyer
    :sid: '00042'
    :email: anna@example.edu
  :created_at: 2024-05-01 10:00:00.000000000 -07:00
  :score: 12.0
  :results:
    tests:
    - name: "submission_9:"
      :submitters:
      - :name: Nobody
submission_102:
  :submitters:
  - :name: "Zo\\xEB \\"Z\\" Li"
    :email: zoe@example.edu
  - :name: 'Ben O''Neil'
    :email: ben@example.edu
  - &7
    :name: Cem # a remark
submission_103:
  :submitters:
    - name: ""
      email: dora@example.edu
    - *7
submission_104:
  :status: processed
submission_105:
  :submitters:
  - :name: !binary |-
      RsO8csO8ew==
"""


def test_the_metadata_of_gradescope_names_everybody_and_joins_groups():
    assert rosters.of_gradescope({"x/submission_metadata.yml": METADATA}) == {
        "submission_101": "Anna Meyer",
        "submission_102": 'Zoë "Z" Li, Ben O\'Neil and Cem',
        "submission_103": "dora@example.edu and Cem",
        "submission_104": "submission_104",
        "submission_105": "Fürü{",
    }
    files = [f"a_export/submission_101/{W}", "a_export/submission_103/deep/x.ipynb"]
    found = names(files, texts={"a_export/submission_metadata.yml": METADATA})
    assert len(found) == 5, "who handed in no file is there as well"
    assert found["Anna Meyer"] == [files[0]]
    assert found["dora@example.edu and Cem"] == [files[1]]


@pytest.mark.parametrize(
    "text",
    ["", "submission_1:", "submission_1:\n  :submitters: *1\n", "\x00", "- - - -", "a: &a [*a, *a]",
     "submission_1:\n  :submitters:\n  - !ruby/object:Kernel {}\n  - *no\n" * 9,
     "submission_1:\n" * 20_000,
     "submission_1:\n  :submitters:\n" + "  - :name: x\n" * 50_000],
    ids=range(9),
)  # fmt: skip
def test_odd_metadata_ends_in_names_or_in_nothing(text):
    found = rosters.of_gradescope({"submission_metadata.yml": text})
    assert all(isinstance(name, str) and name for name in found.values())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"hw/anna/{W}", "anna"),
        (f"Anna Meyer_1_assignsubmission_file_/{W}", "Anna Meyer"),
        (f"liben_LATE_3_44_{W}", "liben"),
        (f"1-2 - Anna Meyer - May 1, 2024 1000 AM/{W}", "Anna Meyer"),
        (f"HW 2_anna42_attempt_2024-05-01-10-00-00_{W}", "anna42"),
        (f"anna_{W}", "anna"),
        ("anna/my_model_weights_final.h5", "anna"),
        ("my_model_weights (2).h5", "my_model_weights (2)"),
        ("pruned_95.h5", "pruned_95"),
    ],
)
def test_a_file_on_its_own_is_somebodys_too(path, name):
    assert owner(path) == name
