"""docs/method.md and the tests of its rules name the same rules."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NO_RULES = {"test_method.py", "test_counting_by_brute_force.py"}
RULES = [path for path in sorted(Path(__file__).parent.glob("test_*.py")) if path.name not in NO_RULES]


def test_every_rule_names_tests_that_are_there_and_every_test_is_named_by_a_rule():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "method.md").read_text(encoding="utf-8")))
    tests = {
        path: set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
        for folder in ("spec", "unit")
        for path in (ROOT / "tests" / folder).glob("test_*.py")
    }
    rules = set().union(*(tests[path] for path in RULES))
    assert rules <= named <= set().union(*tests.values())


def test_every_rule_of_counting_names_a_test():
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    rules = re.findall(
        r"^- (.*?)(?=^- |^#|^$|\Z)", text[text.index("## Counting") :], flags=re.MULTILINE | re.DOTALL
    )
    assert len(rules) > 30
    assert [rule for rule in rules if "`test_" not in rule] == []
