import pytest

from widget_host.web.language import _, choose, language, ngettext, speak
from widget_host.web.scope import HostApp


class TestChoose:
    @pytest.mark.parametrize(
        ("wanted", "chosen"),
        [
            (["ar-AE", "en"], "ar-AE"),
            ([None, "", "xx", "not a tag", "../../etc", "fr-FR", "en-GB"], "en-GB"),
            (["*"], "en"),
            ([], "en"),
        ],
    )
    def test_takes_the_first_that_has_words(self, wanted: list[str | None], chosen: str) -> None:
        assert choose(wanted).tag == chosen

    def test_knows_which_way_it_is_written(self) -> None:
        assert [choose([tag]).direction for tag in ("en", "ar", "ar-EG")] == ["ltr", "rtl", "rtl"]


class TestSay:
    def test_is_english_where_nothing_was_chosen(self) -> None:
        assert language().tag == "en"
        assert _("Between %(min)s and %(max)s", min="$5", max="$10") == "Between $5 and $10"
        assert ngettext("%(count)s day", "%(count)s days", 2) == "2 days"

    def test_leaves_a_percent_sign_alone_where_nothing_is_inserted(self) -> None:
        assert _("100%") == "100%"

    def test_keeps_names_apart_from_a_sentence_written_the_other_way(self) -> None:
        with HostApp(__name__).test_request_context():
            speak(choose(["ar"]))
            said = _("Between %(min)s and %(max)s", min="$5", max="$10")
        assert said == "بين \u2068$5\u2069 و\u2068$10\u2069"
