import gzip
import secrets

import pytest

from widget_host.web import stencils
from widget_host.web.stencils import LARGEST_BLOCK, Marks, Stencil, Stencils, in_html, in_json

LINES = "".join(f'<p class="line">{number} lines of a page</p>\n' for number in range(300))


def made(marks: Marks) -> str:
    return f'<p title="{marks.text("name")}">{LINES}{marks.text("name")}</p>{{"left":"{marks.json("left")}"}}'


def stencil() -> Stencil:
    marks = Marks()
    return Stencil(marks.cut(made(marks)))


class TestFill:
    def test_puts_each_value_everywhere_it_is_marked(self) -> None:
        filled = stencil().fill({"name": b"Amira", "left": b"600000"})
        assert filled.decode() == f'<p title="Amira">{LINES}Amira</p>{{"left":600000}}'

    def test_keeps_nothing_of_who_came_before(self) -> None:
        one = stencil()
        one.fill({"name": b"Amira", "left": b"1"})
        assert b"Amira" not in one.fill({"name": b"Jonas", "left": b"2"})

    def test_needs_every_value(self) -> None:
        with pytest.raises(KeyError):
            stencil().fill({"name": b"Amira"})

    def test_takes_nothing_that_was_written_for_a_mark(self) -> None:
        marks, others = Marks(), Marks()
        page = f"{others.text('name')}{marks.text('name')}{others.json('name')}"
        expected = page.replace(marks.text("name"), "Amira")
        assert Stencil(marks.cut(page)).fill({"name": b"Amira"}).decode() == expected

    def test_takes_a_value_that_looks_like_a_mark_as_it_is(self) -> None:
        marks = Marks()
        filled = Stencil(marks.cut(f"<p>{marks.text('name')}</p>")).fill({"name": marks.text("name").encode()})
        assert filled.decode() == f"<p>{marks.text('name')}</p>"


class TestPack:
    @pytest.mark.parametrize("length", [0, 1, 22, LARGEST_BLOCK, LARGEST_BLOCK + 1, 3 * LARGEST_BLOCK + 7])
    def test_says_the_same_as_gzip(self, length: int) -> None:
        values = {"name": secrets.token_bytes(length), "left": b"600000"}
        assert gzip.decompress(stencil().pack(values)) == stencil().fill(values)

    def test_is_as_long_whatever_else_is_on_the_page(self) -> None:
        # A value that is guessed right would make the page shorter if it were compressed together with anything.
        guessed, wrong = (
            stencil().pack({"name": value, "left": b"1"}) for value in (b"lines of a page", b"xkcdqwzrtyplmnb")
        )
        assert len(guessed) == len(wrong)

    def test_compresses_what_is_between(self) -> None:
        values = {"name": b"Amira", "left": b"1"}
        assert len(stencil().pack(values)) < len(stencil().fill(values)) / 5


class TestStencils:
    def test_makes_one_for_each_key(self) -> None:
        known = Stencils()
        first = known.get("a", (), made)
        assert known.get("a", (), made) is first
        assert known.get("b", (), made) is not first

    def test_makes_another_where_what_it_is_made_of_has_changed(self) -> None:
        known = Stencils()
        first = known.get("a", [1, 2], made)
        assert known.get("a", [1, 2], made) is first
        assert known.get("a", [1, 3], made) is not first

    def test_remembers_so_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stencils, "MOST", 3)
        known = Stencils()
        kept = [known.get(number, (), made) for number in range(5)]
        assert [known.get(number, (), made) is kept[number] for number in (3, 4)] == [True, True]
        assert known.get(0, (), made) is not kept[0]


class TestInHtml:
    def test_escapes_as_a_template_does(self) -> None:
        assert in_html('"><script>&') == b"&#34;&gt;&lt;script&gt;&amp;"


class TestInJson:
    def test_escapes_what_would_end_a_script(self) -> None:
        assert in_json("</script>'") == b'"\\u003c/script\\u003e\\u0027"'
