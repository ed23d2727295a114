"""Visits to the home page: half an hour without anybody ends one."""

from core.runs.home.visits import AWAY_SECONDS, finished_since, since_last_visit, since_noted


def test_the_first_visit_has_none_before_it(tmp_path):
    assert since_last_visit(tmp_path / "visits.json", 1e9) is None


def test_who_comes_back_later_is_told_when_they_left(tmp_path):
    path = tmp_path / "visits.json"
    since_last_visit(path, 1e9)
    since_last_visit(path, 1e9 + 600)  # ten minutes later: still there
    back = 1e9 + 600 + AWAY_SECONDS + 1
    assert since_last_visit(path, back) == 1e9 + 600
    assert since_last_visit(path, back + 120) == 1e9 + 600  # a reload belongs to the same visit


def test_a_file_that_says_nothing_is_a_first_visit(tmp_path):
    path = tmp_path / "visits.json"
    for text in ("", "[]", '{"since": "x", "seen": 1}'):
        path.write_text(text)
        assert since_last_visit(path, 1e9) is None
    assert since_last_visit(path, 1e9 + 2 * AWAY_SECONDS) == 1e9


def test_a_folder_that_cannot_be_written_to_hides_nothing(tmp_path):
    path = tmp_path / "gone" / "visits.json"
    assert since_noted(path, 1e9) is None
    assert not path.exists()


def test_only_what_ended_since_then_is_listed_the_last_first(lab):
    store, ids = lab
    ended = sorted(job.finished for job in store.jobs())
    assert finished_since(store, None, 9) == []
    assert finished_since(store, ended[-1], 9) == []
    late = finished_since(store, ended[0] - 1, 3)
    assert len(late) == 3
    assert [job.finished for job in late] == sorted((j.finished for j in late), reverse=True)
    assert ids["behaviour"] not in {job.id for job in finished_since(store, 0.0, 99)}
