"""A release: inputs, method and results frozen in one archive whose bytes can be computed again."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from scoring.errors import ScoringError
from scoring.index import tables
from scoring.index.evaluation import compute
from scoring.index.method import Method
from scoring.index.panel import Panel, panel_of_csv
from scoring.index.reading import method_of_json
from scoring.index.refusal import Refused
from scoring.index.result import Result
from scoring.words import Words

ENGINE = "1"  # raised whenever the same inputs would give other results
APPROVALS = 2
TOLERANCE = 1e-9  # exp and log differ between machines in their last bits; results are kept to 12 digits
CONTENT = ("contributions.csv", "method.json", "panel.csv", "standings.csv", "values.csv")
SUMS, HEAD = "SHA256SUMS", "release.json"
ALTERED = "altered"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Approval(NamedTuple):
    """One person's consent; `content_hash`, where given, is what that person saw in the preview."""

    person: str
    on: date
    content_hash: str | None = None


class Release(NamedTuple):
    """A frozen archive. `content_hash` names what was approved, `digest` the bytes of the file."""

    archive: bytes
    content_hash: str
    label: str
    on: date
    state: str  # preview, published
    approvals: tuple[Approval, ...]
    replicates: int
    method: Method
    panel: Panel
    values: tuple[tables.Value, ...]
    standings: tuple[Mapping[str, str], ...]
    contributions: tuple[Mapping[str, str], ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.archive).hexdigest()


class Verdict(NamedTuple):
    """0 the archive was computed again and agrees, 1 it does not, 2 it could not be checked."""

    code: int
    reasons: tuple[Words, ...]


def preview(method: Method, panel: Panel, *, label: str, on: date, replicates: int = 1000) -> Release:
    """A release nobody has approved yet; its `content_hash` is what the approvers sign."""
    return _build(method, panel, label=label, on=on, approvals=(), state="preview", replicates=replicates)


def freeze(
    method: Method,
    panel: Panel,
    *,
    label: str,
    on: date,
    approvals: Iterable[Approval],
    replicates: int = 1000,
) -> Release:
    """A published release.

    Raises
    ------
    Refused
        Fewer than two persons approved, an approval is later than the release or saw another content, or
        nothing in the panel may be published.
    """
    given = tuple(sorted(approvals))
    _check_approvals(given, on)
    release = _build(
        method, panel, label=label, on=on, approvals=given, state="published", replicates=replicates
    )
    for approval in given:
        if approval.content_hash not in (None, release.content_hash):
            words = Words(
                f"{approval.person} 批准的是另一份内容", f"{approval.person} approved another content"
            )
            raise Refused("approval", words)
    if not any(value.level is not None for value in release.values):
        raise Refused("nothing to publish", Words("没有可发布的数值", "no value may be published"))
    return release


def read(archive: bytes) -> Release:
    """The release in an archive, as it stands; raises Refused when it cannot be read. It checks nothing."""
    files = _files(archive)
    head = json.loads(files[HEAD])
    approvals = tuple(
        Approval(str(item["person"]), date.fromisoformat(item["on"]), item["content_hash"])
        for item in head["approvals"]
    )
    return Release(
        archive=archive,
        content_hash=str(head["content_hash"]),
        label=str(head["label"]),
        on=date.fromisoformat(head["on"]),
        state=str(head["state"]),
        approvals=approvals,
        replicates=int(head["replicates"]),
        method=method_of_json(files["method.json"]),
        panel=panel_of_csv(files["panel.csv"]),
        values=tables.read_values(files["values.csv"]),
        standings=tables.read(files["standings.csv"]),
        contributions=tables.read(files["contributions.csv"]),
    )


def verify(archive: bytes, *, content_hash: str | None = None) -> Verdict:
    """Compute the archive again from its own inputs and compare.

    0: checksums, approvals and every recomputed byte agree (or every number within 1e-9; the reason says so).
    1: something differs. 2: the archive is missing, cut or unreadable, so nothing can be said.
    """
    try:
        files = _files(archive)
        head = json.loads(files[HEAD])
        faults = _faults(files, head, content_hash)
        if faults:
            return Verdict(1, tuple(faults))
        old = read(archive)
    except (ScoringError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Refused) and error.rule == ALTERED:
            return Verdict(1, (error.words,))
        return Verdict(2, (Words(f"无法核验：{error}", f"cannot verify: {error}"),))
    try:
        new = _build(
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
    differing = [
        name for name in CONTENT if not tables.close(files[name], _files(new.archive)[name], TOLERANCE)
    ]
    if differing or new.content_hash == old.content_hash:
        names = ", ".join(differing) or "archive"
        return Verdict(1, (Words(f"重算结果不同：{names}", f"computed again, these differ: {names}"),))
    return Verdict(0, (Words("数值在 1e-9 以内一致", "the same within 1e-9, last digits differ by machine"),))


def _check_approvals(approvals: tuple[Approval, ...], on: date) -> None:
    persons = {approval.person.strip() for approval in approvals} - {""}
    if len(persons) < APPROVALS:
        words = Words(
            f"发布需 {APPROVALS} 人批准，现有 {len(persons)} 人",
            f"{APPROVALS} persons must approve, {len(persons)} did",
        )
        raise Refused("approval", words)
    for approval in approvals:
        if approval.on > on:
            words = Words(
                f"{approval.person} 的批准晚于发布日", f"{approval.person} approved after the release"
            )
            raise Refused("approval", words)


def _faults(files: Mapping[str, bytes], head: Any, expected: str | None) -> list[Words]:
    faults = []
    if files[SUMS] != _sums(files, (*CONTENT, HEAD)):
        faults.append(Words("校验和不符", "a file does not match its checksum"))
    content_hash = _content_hash(files, str(head["engine"]))
    if head["content_hash"] != content_hash:
        faults.append(Words("内容哈希不符", "the content does not match its hash"))
    if expected is not None and expected != content_hash:
        faults.append(Words("与公布的哈希不符", "the content is not the one published under this hash"))
    if head["engine"] != ENGINE:
        faults.append(
            Words(
                f"由计算版本 {head['engine']} 生成，本程序为 {ENGINE}",
                f"made by engine {head['engine']}, this is engine {ENGINE}",
            )
        )
    if head["state"] == "published":
        try:
            _check_approvals(
                tuple(Approval(item["person"], date.fromisoformat(item["on"])) for item in head["approvals"]),
                date.fromisoformat(head["on"]),
            )
        except Refused as error:
            faults.append(error.words)
    elif head["state"] != "preview":
        faults.append(Words("状态不明", "the state is neither preview nor published"))
    return faults


def _build(
    method: Method,
    panel: Panel,
    *,
    label: str,
    on: date,
    approvals: tuple[Approval, ...],
    state: str,
    replicates: int,
) -> Release:
    result = compute(method, panel)
    bands = _bands(method, panel, result, replicates)
    values = tables.values(result, bands)
    files = {
        "method.json": method.canonical,
        "panel.csv": panel.canonical,
        "values.csv": tables.write_values(values),
        "standings.csv": tables.write_standings(result),
        "contributions.csv": tables.write_contributions(result),
    }
    content_hash = _content_hash(files, ENGINE)
    head = {
        "label": label,
        "on": on.isoformat(),
        "state": state,
        "engine": ENGINE,
        "content_hash": content_hash,
        "method": {"id": method.id, "version": method.version, "hash": method.hash},
        "panel": {"hash": panel.hash},
        "replicates": replicates,
        "approvals": [
            {"person": a.person, "on": a.on.isoformat(), "content_hash": a.content_hash} for a in approvals
        ],
    }
    files[HEAD] = (json.dumps(head, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
    files[SUMS] = _sums(files, (*CONTENT, HEAD))
    return Release(
        archive=_zip(files),
        content_hash=content_hash,
        label=label,
        on=on,
        state=state,
        approvals=approvals,
        replicates=replicates,
        method=method,
        panel=panel,
        values=values,
        standings=tables.read(files["standings.csv"]),
        contributions=tables.read(files["contributions.csv"]),
    )


def _bands(method: Method, panel: Panel, result: Result, replicates: int) -> tables.Bands:
    if replicates == 0:
        return {}
    from scoring.index.bands import uncertainty  # numpy is needed for the band alone

    return uncertainty(method, panel, replicates=replicates, result=result).table()


def _content_hash(files: Mapping[str, bytes], engine: str) -> str:
    return hashlib.sha256(_sums(files, CONTENT) + f"engine {engine}\n".encode()).hexdigest()


def _sums(files: Mapping[str, bytes], names: tuple[str, ...]) -> bytes:
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Stored, not compressed, with fixed times: the same files give the same bytes everywhere."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _files(archive: bytes) -> dict[str, bytes]:
    try:
        bundle = zipfile.ZipFile(io.BytesIO(archive))
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        words = Words(f"不是完整的发布包：{error}", f"not a complete archive: {error}")
        raise Refused("archive", words) from error
    try:
        with bundle:
            files = {name: bundle.read(name) for name in bundle.namelist()}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error) as error:
        words = Words(f"发布包字节被改动：{error}", f"bytes were changed: {error}")
        raise Refused(ALTERED, words) from error
    missing = [name for name in (*CONTENT, HEAD, SUMS) if name not in files]
    if missing:
        names = ", ".join(missing)
        raise Refused("archive", Words(f"发布包缺少 {names}", f"the archive lacks {names}"))
    return files
