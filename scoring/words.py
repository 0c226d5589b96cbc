"""Texts in Chinese and English, always together."""


class Words:
    """One text in both languages of the product."""

    __slots__ = ("en", "zh")

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en

    def in_language(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and (self.zh, self.en) == (other.zh, other.en)

    def __hash__(self) -> int:
        return hash((self.zh, self.en))

    def __repr__(self) -> str:
        return f"Words({self.zh!r}, {self.en!r})"
