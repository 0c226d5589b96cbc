"""The package's names are loaded when asked for, and no module hides one of them."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from scoring import index


def test_no_module_takes_the_place_of_a_public_name() -> None:
    for module in iter_modules(index.__path__):
        import_module(f"scoring.index.{module.name}")

    assert [name for name in index.__all__ if isinstance(getattr(index, name), ModuleType)] == []


def test_levels_and_contributions_need_no_numpy() -> None:
    program = (
        "import sys; from scoring.index import compute, contributions, load_method;"
        "load_method('subcentre', version='2026.1'); print('numpy' in sys.modules)"
    )
    root = Path(index.__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        _ = index.guess
