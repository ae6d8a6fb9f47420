"""Answers given and questions still open, while a mapping is proposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mapanalysis.errors import DataError, Problems, nearest_of
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.mapping import Question, UnclearError


@dataclass
class Asking:
    """Answers given, questions still open, and what was taken to be so."""

    file: str
    answers: dict[str, str]
    questions: list[Question] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def answer(self, key: str, options: Sequence[str]) -> str:
        """The answer given for `key`, as the option that it names; "" where none was. Raises DataError for another."""
        given = self.answers.get(key, "")
        if not given:
            return ""
        for option in options:
            if fold_header(option) == fold_header(given):
                return option
        problems = Problems()
        problems.add(
            f"{given!r} is none of what {key.replace('_', ' ')} can be.",
            file=self.file,
            nearest=nearest_of(given, options),
            todo=f"Choose one of: {'; '.join(options[:20])}.",
        )
        raise DataError(problems)

    def ask(self, key: str, ask: str, options: Iterable[str], line: str) -> None:
        self.questions.append(Question(key=key, ask=ask, options=tuple(options), line=line))

    def raise_if_any(self) -> None:
        if self.questions:
            raise UnclearError(self.file, self.questions)
