"""Verification: an archive computed again from its own inputs, and compared."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from scoring.errors import ScoringError
from scoring.index import release, tables
from scoring.index.refusal import Refused
from scoring.index.release import ALTERED, CONTENT, HEAD, SUMS, Approval
from scoring.words import Words

TOLERANCE = 1e-9  # exp and log differ between machines in their last bits; results are kept to 12 digits


class Verdict(NamedTuple):
    """0 the archive was computed again and agrees, 1 it does not, 2 it could not be checked."""

    code: int
    reasons: tuple[Words, ...]


def verify(archive: bytes, *, content_hash: str | None = None) -> Verdict:
    """Compute the archive again from its own inputs and compare.

    0: checksums, approvals and every recomputed byte agree (or every number within 1e-9; the reason says so).
    1: something differs. 2: the archive is missing, cut or unreadable, so nothing can be said.
    """
    try:
        files = release.unpack(archive)
        head = json.loads(files[HEAD])
        faults = _faults(files, head, content_hash)
        if faults:
            return Verdict(1, tuple(faults))
        old = release.read(archive)
    except (ScoringError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Refused) and error.rule == ALTERED:
            return Verdict(1, (error.words,))
        return Verdict(2, (Words(f"无法核验：{error}", f"cannot verify: {error}"),))
    try:
        new = release.build(
            old.method,
            old.panel,
            label=old.label,
            on=old.on,
            approvals=old.approvals,
            state=old.state,
            replicates=old.replicates,
        )
    except ScoringError as error:
        return Verdict(2, (Words(f"无法重算：{error}", f"cannot compute again: {error}"),))
    if new.archive == archive:
        return Verdict(0, (Words("逐字节一致", "the same to the byte"),))
    again = release.unpack(new.archive)
    differing = [name for name in CONTENT if not tables.close(files[name], again[name], TOLERANCE)]
    if differing or new.content_hash == old.content_hash:
        names = ", ".join(differing) or "archive"
        return Verdict(1, (Words(f"重算结果不同：{names}", f"computed again, these differ: {names}"),))
    return Verdict(0, (Words("数值在 1e-9 以内一致", "the same within 1e-9, last digits differ by machine"),))


def _faults(files: Mapping[str, bytes], head: Any, expected: str | None) -> list[Words]:
    faults = []
    if files[SUMS] != release.sums_of(files, (*CONTENT, HEAD)):
        faults.append(Words("校验和不符", "a file does not match its checksum"))
    content_hash = release.hash_of(files, str(head["engine"]))
    if head["content_hash"] != content_hash:
        faults.append(Words("内容哈希不符", "the content does not match its hash"))
    if expected is not None and expected != content_hash:
        faults.append(Words("与公布的哈希不符", "the content is not the one published under this hash"))
    if head["engine"] != release.ENGINE:
        faults.append(
            Words(
                f"由计算版本 {head['engine']} 生成，本程序为 {release.ENGINE}",
                f"made by engine {head['engine']}, this is engine {release.ENGINE}",
            )
        )
    if head["state"] == "published":
        try:
            release.check_approvals(
                tuple(Approval(item["person"], date.fromisoformat(item["on"])) for item in head["approvals"]),
                date.fromisoformat(head["on"]),
            )
        except Refused as error:
            faults.append(error.words)
    elif head["state"] != "preview":
        faults.append(Words("状态不明", "the state is neither preview nor published"))
    return faults
