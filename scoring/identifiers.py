"""Check digits and forms of the codes that identify an applicant or a project."""

import re
import unicodedata

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I O S V Z
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_PROJECT_CODE = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}\Z")
_INDUSTRY = re.compile(r"[A-T]\d{2,4}\Z")


def normalise(code: str) -> str:
    """Upper case, half width, without spaces: as the code is meant, however it was typed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", code)).upper()


def uscc_fault(code: str) -> str | None:
    """What is wrong with a unified social credit code: length, character or check; None when it is right.

    check = (31 − Σ Cᵢ·3^(i−1) mod 31) mod 31, i = 1…17 (source: GB 32100-2015).
    """
    if len(code) != 18:
        return "length"
    if any(character not in USCC_ALPHABET for character in code):
        return "character"
    return None if uscc_with_check(code[:17]) == code else "check"


def uscc_with_check(first_17: str) -> str:
    """A complete code from its first 17 characters."""
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(first_17, _USCC_WEIGHTS, strict=True))
    return first_17 + USCC_ALPHABET[(31 - total % 31) % 31]


def project_code_is_valid(code: str) -> bool:
    """Whether a national project code has the form YYYY-AAAAAA-II-TT-NNNNNN."""
    return _PROJECT_CODE.match(code) is not None


def industry_code_is_valid(code: str) -> bool:
    """Whether an industry code has the form of GB/T 4754: one letter A–T and 2–4 digits."""
    return _INDUSTRY.match(code) is not None
