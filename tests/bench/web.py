"""A list page of 50 rows out of 100,000 entries with the production server, beside a bare Flask page.

Both run in the same minute with the same number of processes and the same clients, in turn, so that the ratio
holds when the machine is busy.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from registry import migrating
from registry.database import make_engine, writing
from registry.models import Application, Organisation, RegistryEntry, User
from registry.models.entries import GRADES, TIERS
from scoring.places import townships
from scoring.taxonomy import categories
from tests.bench import Measurement

ENTRIES = 100_000
PROCESSES = 2
CLIENTS = 8
SECONDS = 4
ROUNDS = 3
BARE = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def page():
    return "ok"
"""
PAGES = {
    "list, first page": "/entries",
    "list, two filters": "/entries?township=110112106&grade=dark",
    "list, search of two characters": "/entries?q=%E6%BC%B7%E5%8E%BF",
    "list, page 1,000": "/entries?page=1000",
}


def run() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite"
        fill(url)
        (Path(folder) / "bare.py").write_text(BARE, "utf-8")
        settings = {"REGISTRY_MODE": "demo", "REGISTRY_DATABASE_URL": url, "REGISTRY_INSTANCE": folder}
        with (
            server("registry.wsgi:app", settings) as registry,
            server("bare:app", {"PYTHONPATH": folder}) as bare,
        ):
            yield from compare(registry, bare)


def compare(registry: int, bare: int) -> Iterator[Measurement]:
    """Each page in turn with the bare one; the medians over the rounds."""
    for name, path in PAGES.items():
        ours, peers = [], []
        for _round in range(ROUNDS):
            ours.append(load(registry, path))
            peers.append(load(bare, "/"))
        rate = statistics.median(one.rate for one in ours)
        peer = statistics.median(one.rate for one in peers)
        yield Measurement(f"{name}: requests/s", rate, "1/s", peer=f"bare Flask {peer:,.0f} 1/s")
        yield Measurement(f"{name}: share of bare Flask", rate / peer, "1")
        for percent in (50, 99):
            value = statistics.median(one.percentile(percent) for one in ours)
            other = statistics.median(one.percentile(percent) for one in peers)
            yield Measurement(
                f"{name}: p{percent}", value * 1000, "ms", peer=f"bare Flask {other * 1000:.1f} ms"
            )


class Load:
    """What the clients saw in one round."""

    def __init__(self, seconds: list[float], lasted: float) -> None:
        self.seconds = sorted(seconds)
        self.rate = len(seconds) / lasted

    def percentile(self, percent: int) -> float:
        return self.seconds[min(len(self.seconds) - 1, len(self.seconds) * percent // 100)]


def load(port: int, path: str) -> Load:
    """Some clients asking for one page over and over for some seconds."""
    seconds: list[float] = []
    begun = time.perf_counter()
    until = begun + SECONDS

    def ask() -> None:
        while time.perf_counter() < until:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - start)
            connection.close()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return Load(seconds, time.perf_counter() - begun)


@contextmanager
def server(app: str, environment: dict[str, str]) -> Iterator[int]:
    """The production server on a free port of this machine, ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        app,
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(PROCESSES),
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        for _attempt in range(150):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def fill(url: str) -> None:
    """100,000 entries straight into the tables: what is measured is reading them."""
    engine = make_engine(url)
    migrating.upgrade(engine)
    now, places = datetime.now(UTC), list(townships())
    codes = [c.code for c in categories().values() if c.active and c.objective]
    with writing(engine) as session:
        body = Organisation(name="示例", uscc="91110199MADEM00000", role="enterprise", created_at=now)
        person = User(
            organisation=body,
            email="a@b.example",
            name="示例",
            role="enterprise",
            password_hash="",
            created_at=now,
        )
        session.add(person)
        session.flush()
        numbers = range(1, ENTRIES + 1)
        application: dict[str, object] = {
            "organisation_id": body.id,
            "created_by_id": person.id,
            "channel": "self_filed",
            "state": "listed",
            "state_since": now,
            "facts": {},
            "inputs": {},
            "unread": {},
            "sections_done": [],
            "created_at": now,
            "saved_at": now,
            "submitted_at": now,
            "demo": True,
            "version": 1,
        }
        session.execute(
            insert(Application),
            [
                {**application, "id": n, "number": f"SQ{n:08d}", "project_name": f"示例项目{n}"}
                for n in numbers
            ],
        )
        entry: dict[str, object] = {
            "organisation_id": body.id,
            "enterprise_name": "示例有限公司",
            "objective": "mitigation",
            "content": {},
            "content_hash": "",
            "demo": True,
            "version": 1,
        }
        session.execute(
            insert(RegistryEntry),
            [
                {
                    **entry,
                    "id": n,
                    "number": f"TZQH-{n:08d}",
                    "application_id": n,
                    "project_name": f"{'漷县' if n % 22 == 3 else '台湖'}示例项目{n}",
                    "category": codes[n % len(codes)],
                    "township": places[n % len(places)],
                    "grade": GRADES[n % 3],
                    "tier": TIERS[n % 3],
                    "score": 50 + n % 50,
                    "total_investment": n % 9000 + 1,
                    "financing_need": n % 5000,
                    "benefit_annual": float(n % 40000),
                    "consent_bank": n % 10 > 0,
                    "listed_on": date(2020, 1, 1) + timedelta(days=n % 2400),
                    "check_code": f"{n:012d}",
                }
                for n in numbers
            ],
        )
    engine.dispose()
