"""Files taken from elsewhere are what they claim to be, with their licences."""

import hashlib
from pathlib import Path

STATIC = Path(__file__).parents[2] / "registry" / "static"
VENDOR = STATIC / "vendor"


def test_every_vendored_file_has_its_checksum() -> None:
    listed = {}
    for line in (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        listed[name] = digest

    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent != VENDOR
    }

    assert found == listed


def test_every_vendored_folder_has_a_licence() -> None:
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]

    assert folders
    assert [folder.name for folder in folders if not (folder / "LICENSE").is_file()] == []
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_htmx_is_exactly_the_version_the_pages_were_written_for() -> None:
    script = (VENDOR / "htmx@2.0.11" / "htmx.min.js").read_text(encoding="utf-8")

    assert 'version:"2.0.11"' in script
