import pytest

from widget_host.domain.programs.rules import Destination
from widget_host.web.widgets.multibrand.draft import Draft, Line

HERE = Destination("1")
THREE = Draft(3, tuple(Line(name, HERE, percent) for name, percent in (("a", "50"), ("b", "30"), ("c", "20"))))
TWO = THREE.without_any_but(("a", "b"))
ALL = ("a", "b", "c")


def percents(draft: Draft) -> list[str]:
    return [f"{line.program_id}{line.percent}" for line in draft.lines]


class TestAllocation:
    @pytest.mark.parametrize(
        ("typed", "number"),
        [("0", 0), ("100", 100), (" 50 % ", 50), ("٥٠", 50), ("", None), ("101", None), ("-1", None), ("²", None)],
    )
    def test_is_a_whole_percent_or_none(self, typed: str, number: int | None) -> None:
        assert Line("a", HERE, typed).allocation == number


class TestRead:
    def test_reads_what_was_written(self) -> None:
        draft = THREE.remove("b")
        assert Draft.read({"draft": draft.written()}) == draft

    def test_takes_a_percent_as_its_field_has_it(self) -> None:
        form = {"draft": THREE.written(), "percent-a": " 4\x000 ", "percent-x": "9"}
        assert percents(Draft.read(form)) == ["a40", "b30", "c20"]


class TestGive:
    def test_leaves_others_alone_where_there_are_more_than_two(self) -> None:
        assert percents(THREE.give("a", 60, ALL)) == ["a60", "b30", "c20"]

    @pytest.mark.parametrize(("percent", "after"), [(60, ["a60", "b40"]), (-5, ["a0", "b100"]), (105, ["a100", "b0"])])
    def test_moves_the_other_of_two(self, percent: int, after: list[str]) -> None:
        assert percents(TWO.give("a", percent, ALL)) == after

    def test_counts_only_what_can_be_given_to(self) -> None:
        assert percents(THREE.give("a", 60, ("a", "b"))) == ["a60", "b40", "c20"]
        assert THREE.give("c", 60, ("a", "b")) == THREE


class TestGiveRest:
    @pytest.mark.parametrize(("typed", "after"), [("10", "c40"), ("", "c40"), ("20", "c40"), ("70", "c0")])
    def test_gives_all_that_nobody_has(self, typed: str, after: str) -> None:
        kept = Draft(3, (Line("a", HERE, "60" if typed != "70" else "100"), Line("c", HERE, typed)))
        assert percents(kept.give_rest("c"))[1] == after


class TestEven:
    def test_gives_the_larger_parts_first(self) -> None:
        assert percents(THREE.even(ALL)) == ["a34", "b33", "c33"]

    def test_gives_nothing_to_the_others(self) -> None:
        assert percents(THREE.even(("a", "c"))) == ["a50", "b0", "c50"]
        assert percents(THREE.even(())) == ["a0", "b0", "c0"]


class TestRemove:
    def test_can_be_undone_in_its_place(self) -> None:
        removed = THREE.remove("a")
        assert (percents(removed), [line.program_id for line in removed.removed]) == (["b30", "c20"], ["a"])
        assert removed.bring_back("a") == THREE

    def test_is_undone_by_adding_the_program_anew(self) -> None:
        again = THREE.remove("a").put(Line("a", Destination("2")))
        assert (again.removed, again.lines[0].destination) == ((), Destination("2"))

    def test_keeps_the_percent_that_was_there(self) -> None:
        assert percents(THREE.remove("a").even(ALL).bring_back("a")) == ["a50", "b50", "c50"]
