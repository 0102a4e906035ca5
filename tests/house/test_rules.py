import pytest

from tests.house.code_rules import CODE_RULES
from tests.house.rule import Rule, sources
from tests.house.template_rules import TEMPLATE_RULES
from tests.house.text_rules import TEXT_RULES

RULES = [pytest.param(rule, id=rule.sentence) for rule in (*CODE_RULES, *TEXT_RULES, *TEMPLATE_RULES)]


@pytest.mark.parametrize("rule", RULES)
class TestRule:
    def test_holds_everywhere(self, rule: Rule) -> None:
        found = rule.findings(sources())
        assert not found, "\n".join([rule.sentence, *found])

    def test_sees_a_breach(self, rule: Rule) -> None:
        assert rule.findings([rule.breach]) != []
