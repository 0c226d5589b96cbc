"""Worker slots: two live workers of one name take each other's jobs for lost. One process holds each."""

import fcntl
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from registry.database import make_engine
from registry.errors import RegistryError
from scoring.words import Words

WAIT_SECONDS = 10
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


class SlotTaken(RegistryError):
    """Another live process works under this name."""

    def __init__(self, slot: str) -> None:
        super().__init__(f"another process already works as “{slot}”; give this one a slot of its own")
        self.words = Words(
            f"已有另一个后台进程使用名称“{slot}”，请换一个名称。",
            f"Another process already works as “{slot}”; give this one a slot of its own.",
        )


@contextmanager
def held(url: str, slot: str, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the slot while the body runs; raises SlotTaken when another process keeps it.

    The lock ends with the process, however that ends. On SQLite it is a lock on a file beside the database,
    on PostgreSQL one of the database's own, which is seen from every host.
    """
    if not _NAME.fullmatch(slot):
        raise ValueError(f"a slot is named with up to 20 letters a-z, digits and hyphens, not “{slot}”")
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            with open(f"{engine.url.database}.{slot}.lock", "w") as file:
                _wait(slot, lambda: _locks(file.fileno()), wait_seconds)
                yield
        else:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                ask = text("SELECT pg_try_advisory_lock(hashtext('registry worker'), hashtext(:slot))")
                _wait(slot, lambda: bool(connection.scalar(ask, {"slot": slot})), wait_seconds)
                yield
    finally:
        engine.dispose()


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait(slot: str, taken: Callable[[], bool], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while not taken():
        if time.monotonic() > deadline:
            raise SlotTaken(slot)
        time.sleep(0.1)
