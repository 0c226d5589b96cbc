"""A release: inputs, method and results frozen in one archive whose bytes can be computed again."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

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
CONTENT = ("contributions.csv", "method.json", "panel.csv", "standings.csv", "values.csv")
SUMS, HEAD = "SHA256SUMS", "release.json"
ALTERED = "altered"
MAX_BYTES = 100_000_000  # far above forty quarters of every unit; a crafted archive stops here
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


def preview(method: Method, panel: Panel, *, label: str, on: date, replicates: int = 1000) -> Release:
    """A release nobody has approved yet; its `content_hash` is what the approvers sign."""
    return build(method, panel, label=label, on=on, approvals=(), state="preview", replicates=replicates)


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
    check_approvals(given, on)
    release = build(
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
    files = unpack(archive)
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


def check_approvals(approvals: tuple[Approval, ...], on: date) -> None:
    """Refuse fewer than two persons, or a consent later than the release."""
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


def build(
    method: Method,
    panel: Panel,
    *,
    label: str,
    on: date,
    approvals: tuple[Approval, ...],
    state: str,
    replicates: int,
) -> Release:
    """Compute everything and pack it; the same arguments give the same bytes."""
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
    content_hash = hash_of(files, ENGINE)
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
    files[SUMS] = sums_of(files, (*CONTENT, HEAD))
    return Release(
        archive=pack(files),
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


def hash_of(files: Mapping[str, bytes], engine: str) -> str:
    """The content hash: checksums of the content files and the engine that made them."""
    return hashlib.sha256(sums_of(files, CONTENT) + f"engine {engine}\n".encode()).hexdigest()


def sums_of(files: Mapping[str, bytes], names: tuple[str, ...]) -> bytes:
    """The checksum file, as sha256sum writes it."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names).encode()


def pack(files: Mapping[str, bytes]) -> bytes:
    """Stored, not compressed, with fixed times: the same files give the same bytes everywhere."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """The files of an archive; raises Refused, with the rule ALTERED when bytes were changed."""
    try:
        bundle = zipfile.ZipFile(io.BytesIO(archive))
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        words = Words(f"不是完整的发布包：{error}", f"not a complete archive: {error}")
        raise Refused("archive", words) from error
    if sum(entry.file_size for entry in bundle.infolist()) > MAX_BYTES:
        words = Words(f"解压后超过 {MAX_BYTES:,} 字节", f"more than {MAX_BYTES:,} bytes once unpacked")
        raise Refused("archive", words)
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
