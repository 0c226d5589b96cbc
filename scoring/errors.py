"""The errors of the scoring library. Each holds what a page needs to explain it."""

from collections.abc import Mapping
from pathlib import Path

from scoring.words import Words


class ScoringError(Exception):
    """Anything the scoring library refuses."""


class InvalidData(ScoringError):
    """A data file that cannot be used: says file, line, what is wrong and what would be right."""

    def __init__(self, file: Path | str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = str(file)
        self.line = line
        self.message = message


class UnknownEdition(ScoringError):
    """No edition of that name, or none in force on that date."""


class InvalidFacts(ScoringError):
    """Facts that break the dictionary; `messages` maps each key to a (zh, en) pair."""

    def __init__(self, messages: Mapping[str, Words]) -> None:
        super().__init__("; ".join(f"{key}: {words.en}" for key, words in messages.items()))
        self.messages = dict(messages)
