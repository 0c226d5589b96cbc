"""Reductions registered elsewhere, imported to find the same tonne claimed twice."""

import csv
import io
from pathlib import Path

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from registry.errors import Refused
from registry.models import ExternalClaim
from scoring import catalogue
from scoring.words import Words

CDM = catalogue.DATA / "cdm_projects.csv"
COLUMNS = ("reference", "title", "kind", "scale", "tco2e_per_year", "latitude", "longitude")
REGISTER = "CDM"


def import_cdm(session: Session, file: Path = CDM) -> int:
    """Import the list of registered CDM projects that comes with the product."""
    return import_csv(session, file.read_bytes())


def import_csv(session: Session, raw: bytes) -> int:
    """How many claims were read; they take the place of the register's earlier ones. Raises Refused."""
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        raise Refused(Words("文件须为 UTF-8 编码的 CSV。", "The file must be CSV in UTF-8.")) from error
    if tuple(reader.fieldnames or ()) != COLUMNS:
        listed = ", ".join(COLUMNS)
        raise Refused(Words(f"列应为：{listed}。", f"The columns must be: {listed}."))
    rows = [_row(row, line) for line, row in enumerate(reader, start=2)]
    session.execute(delete(ExternalClaim).where(ExternalClaim.register == REGISTER))
    session.execute(insert(ExternalClaim), rows)
    return len(rows)


def _row(row: dict[str, str], line: int) -> dict[str, object]:
    try:
        return {
            "register": REGISTER,
            "reference": row["reference"],
            "title": row["title"][:200],
            "kind": row["kind"],
            "scale": row["scale"],
            "claimed_tco2e": _number(row["tco2e_per_year"]),
            "latitude": _number(row["latitude"]),
            "longitude": _number(row["longitude"]),
        }
    except (ValueError, TypeError) as error:
        raise Refused(Words(f"第 {line} 行有误：{error}", f"Line {line} is wrong: {error}")) from error


def _number(text: str) -> float | None:
    return float(text) if text else None
