"""Names, tags and notes of runs, in SQLite and in PostgreSQL."""

import pytest

from core.errors import NotFoundError, SettingsError
from core.jobs.store.annotation import Annotation, tags_of
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.jobs.store.records import account
from core.jobs.store.store import Child, Store
from tests.jobs.told import told

WRITTEN = Annotation("the good one", ("later", "Best"), "two\nlines, and a comma")


def test_a_run_keeps_its_name_tags_and_note_and_stays_the_same_run(store_url):
    store = Store(store_url)
    id = store.submit(told("train", {"epochs": 3}), 7)
    before = store.revision()
    store.annotate(id, WRITTEN)
    assert store.revision() != before  # whoever looks sees it at once
    store.close()
    store = Store(store_url)
    assert store.get(id).annotation == WRITTEN
    assert store.get(id).annotation.tags == ("Best", "later")  # in the order of the alphabet
    assert store.submit(told("train", {"epochs": 3}), 7) == id
    assert store.get(id).annotation == WRITTEN
    with pytest.raises(NotFoundError, match="no run"):
        store.annotate("0" * 16, WRITTEN)
    store.close()


def test_a_runner_at_work_is_not_disturbed_by_a_name(contract_store):
    id = contract_store.submit(told("train"), 0)
    claim = Dispatcher(contract_store.database, "engine").claim("background", {"tensorflow"}, "r")
    lease = Lease(contract_store.database, claim.job_id, claim.attempt)
    lease.start()
    contract_store.annotate(id, WRITTEN)
    lease.beat(Update(done=1.0, metrics={("loss", 1): 0.5}))
    assert contract_store.get(id).annotation.name == "the good one"
    started = contract_store.get(id).started
    (at,) = contract_store.metric_times(id).values()
    assert 0 <= at - started < 60


def test_tags_come_and_go_on_many_runs_at_once(contract_store):
    ids = [contract_store.submit(told("train"), seed) for seed in range(3)]
    contract_store.tag(ids, add=["course", "draft"])
    contract_store.tag(ids[:2], add=["paper"], remove=["draft"])
    found = [contract_store.get(id).annotation.tags for id in ids]
    assert found == [("course", "paper"), ("course", "paper"), ("course", "draft")]
    with pytest.raises(SettingsError, match="20 tags"):
        contract_store.tag(ids, add=[f"tag {n}" for n in range(20)])
    assert contract_store.get(ids[0]).annotation.tags == ("course", "paper")  # none of them


def test_parts_are_started_by_whoever_started_the_whole(contract_store):
    parent = contract_store.submit(told("sweep"), 0)
    assert contract_store.get(parent).started_by == account()
    with contract_store.database.write() as connection:
        connection.exec_driver_sql("UPDATE job SET started_by = 'anna'")
    (part,) = contract_store.submit_children(parent, [Child(told("prune"), 0)])
    assert part.started_by == "anna"


@pytest.mark.parametrize(
    ("name", "tags", "note", "said"),
    [
        ("n" * 121, (), "", "longer than 120"),
        ("a\nb", (), "", "line break"),
        ("", ("a,b",), "", "comma"),
        ("", (" ",), "", "empty"),
        ("", ("t" * 41,), "", "longer than 40"),
        ("", (), "n" * 10_001, "longer than 10,000"),
        ("", (), "a\x00b", "cannot be stored"),
        ("", (), "\ud800", "cannot be stored"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(name, tags, note, said):
    with pytest.raises(SettingsError, match=said):
        Annotation(name, tags, note)


def test_tags_are_written_with_commas_between_them():
    assert tags_of(" a , b b,,a,") == ("a", "b b")


@pytest.mark.parametrize("name", ["<a href='http://e.vil'>open</a>", "a > b", "two\nlines"])
def test_a_name_that_a_chart_would_take_for_markup_is_refused(name):
    with pytest.raises(SettingsError, match="Remove it"):
        Annotation(name)
    with pytest.raises(SettingsError, match="Remove it"):
        Annotation(tags=(name,))
    assert Annotation(note=name).note == name  # plain text, in no chart


def test_names_that_show_nothing_are_none():
    assert Annotation("  \u3164\u2800 ") == Annotation()
    for alone in ("\ufe0f", "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5"):
        assert Annotation(alone) == Annotation()
        with pytest.raises(SettingsError, match="A tag is empty"):
            Annotation(tags=(alone,))
    assert Annotation("a\ufe0f", ("❤\ufe0f",)) == Annotation("a", ("❤\ufe0f",))
    assert Annotation(" the good one ", (" a ", "a")) == Annotation("the good one", ("a",))


def test_a_name_takes_joiners_and_a_note_loses_what_terminals_obey(contract_store):
    id = contract_store.submit(told("train"), 0)
    family, word = "👨\u200d👩\u200d👧", "می\u200cخواهم"
    contract_store.annotate(id, Annotation(family, (word,), "\x1b[2Jone\r\ntwo\u202e"))
    kept = contract_store.get(id).annotation
    assert (kept.name, kept.tags, kept.note) == (family, (word,), "[2Jone\ntwo")
    for alone in ("\u200d", "a\u200c", "a\u200c\u200cb"):
        with pytest.raises(SettingsError, match="invisible character"):
            Annotation(alone)
