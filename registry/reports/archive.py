"""Workbooks from outside, opened with care: what is unpacked is counted, and only what was checked is read.

An .xlsx file is a zip of XML parts. Sizes in the zip directory are not believed; a DOCTYPE, macros, external
links, encryption and odd names are refused; parts that hold no cells (pictures, drawings) are never unpacked.
"""

import io
import zipfile
from pathlib import Path

from registry.errors import Refused
from scoring.words import Words

MAX_PACKED_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_PARTS = 1_000
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORBIDDEN = {
    "vbaproject.bin": Words("文件含有宏", "the file holds macros"),
    "externallinks/": Words("文件引用了其他工作簿", "the file refers to other workbooks"),
}
_CHUNK = 1 << 16


class RefusedWorkbook(Refused):
    """A file that is not read at all; `words` says why and what would be right."""


def load_parts(source: Path | bytes) -> dict[str, bytes]:
    """The XML parts of a workbook that hold cells, by their names in lower case; raises RefusedWorkbook."""
    data = _bytes(source)
    if data.startswith(_OLE2):
        raise refused(
            "是旧版 .xls 或加密文件，请在 Excel 或 WPS 中另存为不加密的 .xlsx",
            "is an old .xls or an encrypted file; save it as .xlsx without a password",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _checked_parts(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise refused(
            "不是完整的 .xlsx 文件，请重新保存后再上传",
            "is not a sound .xlsx file; save it again and send that",
        ) from error


def repacked(parts: dict[str, bytes]) -> bytes:
    """The checked parts as a plain zip, so that a second reader sees exactly what was checked."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def refused(zh: str, en: str) -> RefusedWorkbook:
    return RefusedWorkbook(Words(f"工作簿{zh}。", f"The workbook {en}."))


def _bytes(source: Path | bytes) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_PACKED_BYTES:
        limit = MAX_PACKED_BYTES // 1_000_000
        raise refused(f"超过 {limit} MB，请分成几个文件", f"is larger than {limit} MB; split it")
    return source if isinstance(source, bytes) else source.read_bytes()


def _checked_parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise refused(f"的部件超过 {MAX_PARTS} 个", f"holds more than {MAX_PARTS} parts")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names) or any(_is_odd(name) for name in names):
        raise refused("的内部结构不正常", "is built in an odd way")
    for mark, words in _FORBIDDEN.items():
        if any(mark in name for name in names):
            raise refused(
                f"不能读取：{words.zh}，请另存为普通 .xlsx 并去掉它",
                f"is not read: {words.en}; remove that and save a plain .xlsx",
            )
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        raise refused("不是 .xlsx 文件", "is not an .xlsx file")
    parts: dict[str, bytes] = {}
    room = MAX_UNPACKED_BYTES
    for entry, name in zip(entries, names, strict=True):
        if _holds_cells(name):
            parts[entry.filename] = _unpack(archive, entry, room)
            room -= len(parts[entry.filename])
    return parts


def _is_odd(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\x00" in name or ".." in name.split("/")


def _holds_cells(name: str) -> bool:
    if name in ("[content_types].xml", "_rels/.rels"):
        return True
    folder, _, file = name.rpartition("/")
    return folder in ("xl", "xl/_rels", "xl/worksheets") and file.endswith((".xml", ".rels"))


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    pieces: list[bytes] = []
    with archive.open(entry) as stream:
        while piece := stream.read(_CHUNK):
            room -= len(piece)
            if room < 0:
                limit = MAX_UNPACKED_BYTES // 1_000_000
                raise refused(f"解开后超过 {limit} MB", f"unfolds beyond {limit} MB")
            pieces.append(piece)
    content = b"".join(pieces)
    if b"\x00" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise refused("含有不允许的 XML 声明", "holds XML declarations that are not allowed")
    return content
