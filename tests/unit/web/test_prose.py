from widget_host.web.prose import breakable, json_code, prose


class TestProse:
    def test_shows_as_code_what_stands_in_backticks(self) -> None:
        assert prose("Send `value` again.") == "Send <code>value</code> again."

    def test_escapes_everything(self) -> None:
        assert prose("<b> `<i>`") == "&lt;b&gt; <code>&lt;i&gt;</code>"

    def test_leaves_a_lone_backtick(self) -> None:
        assert prose("a ` b") == "a ` b"


class TestBreakable:
    def test_breaks_after_dots_only(self) -> None:
        assert breakable("a.b") == "a.<wbr>b"
        assert breakable("a") == "<wbr>a"


class TestJsonCode:
    def test_marks_each_kind_of_token(self) -> None:
        shown = json_code({"a": ["x", 1, True, None]})
        assert '<span class="json-name">&#34;a&#34;</span>' in shown
        assert '<span class="json-text">&#34;x&#34;</span>' in shown
        assert '<span class="json-number">1</span>' in shown
        assert '<span class="json-word">true</span>' in shown
        assert '<span class="json-word">null</span>' in shown

    def test_escapes_everything(self) -> None:
        assert "<script>" not in json_code({"<script>": "</script>"})
