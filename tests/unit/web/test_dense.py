from widget_host.kit.resources import resource
from widget_host.web import dense


class TestPage:
    def test_loses_its_indentation(self) -> None:
        assert dense.page("<p>\n\n    a <b>c</b>\n  d</p>\n") == "<p>\na <b>c</b>\nd</p>\n"


class TestStyle:
    def test_loses_comments_and_spaces_that_mean_nothing(self) -> None:
        css = "/* why */\n.a > .b, .c :is(p) {\n  margin: 0 calc(1px + 2px);\n}\n"
        assert dense.style(css) == ".a > .b,.c :is(p){margin:0 calc(1px + 2px);}"


class TestScript:
    def test_loses_comments_of_their_own_line_and_indentation(self) -> None:
        js = '// Why.\n(() => {\n  // Because.\n  open("https://x");  // here\n})();\n'
        assert dense.script(js) == '(() => {\nopen("https://x");  // here\n})();\n'

    def test_of_ours_holds_no_text_over_several_lines(self) -> None:
        for file in (resource("static") / "js").glob("*.js"):
            if ".min." not in file.name:
                assert all(line.count("`") % 2 == 0 for line in file.read_text("utf-8").splitlines()), file.name
