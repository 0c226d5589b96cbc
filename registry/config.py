"""Settings: typed, read once from the environment, refused when they make no sense."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from registry.errors import RegistryError

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32


class InvalidSettings(RegistryError):
    """One or more settings cannot be used; `problems` says which and what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    mode: Literal["production", "demo", "test"]
    database_url: str
    jobs_url: str
    secret_key: str
    instance: Path
    host: str
    port: int
    web_processes: int
    public_url: str
    secure_cookies: bool
    session_idle: timedelta
    session_absolute: timedelta
    lockout_failures: int
    lockout: timedelta
    second_factor_required: bool
    max_upload_bytes: int
    district_code: str

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings named REGISTRY_…; raises InvalidSettings with all problems at once."""
    reader = _Reader(environment)
    mode = reader.choice("MODE", ("production", "demo", "test"), "production")
    instance = Path(reader.text("INSTANCE", str(ROOT / "instance"))).resolve()
    database_url = reader.text("DATABASE_URL", f"sqlite:///{instance / 'registry.sqlite'}")
    host, port = reader.text("HOST", "127.0.0.1"), reader.whole("PORT", 8000, 1, 65535)
    secret = reader.text("SECRET_KEY", "")
    if mode == "production" and len(secret) < MIN_SECRET_LENGTH:
        reader.problems.append(
            f"REGISTRY_SECRET_KEY must have at least {MIN_SECRET_LENGTH} random characters in production, "
            "for example from: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        reader.problems.append(
            "REGISTRY_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg:// "
            f"(it begins with “{database_url[:24]}”)"
        )
    settings = Settings(
        mode=mode,  # type: ignore[arg-type]  # choice() admits only the three literals
        database_url=database_url,
        jobs_url=reader.text("JOBS_URL", database_url),
        secret_key=secret or "demo-and-test-only-not-for-production",
        instance=instance,
        host=host,
        port=port,
        web_processes=reader.whole("WEB_PROCESSES", 2, 1, 64),
        public_url=reader.text("PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        secure_cookies=reader.flag("SECURE_COOKIES", mode == "production"),
        session_idle=timedelta(minutes=reader.whole("SESSION_IDLE_MINUTES", 30, 1, 1440)),
        session_absolute=timedelta(hours=reader.whole("SESSION_HOURS", 12, 1, 168)),
        lockout_failures=reader.whole("LOCKOUT_FAILURES", 5, 1, 100),
        lockout=timedelta(minutes=reader.whole("LOCKOUT_MINUTES", 15, 1, 1440)),
        second_factor_required=reader.flag("SECOND_FACTOR_REQUIRED", mode == "production"),
        max_upload_bytes=reader.whole("MAX_UPLOAD_MB", 20, 1, 500) * 1024 * 1024,
        district_code=reader.text("DISTRICT_CODE", "110112"),
    )
    if reader.problems:
        raise InvalidSettings(reader.problems)
    return settings


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(f"REGISTRY_{name}", "").strip() or default

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.problems.append(f"REGISTRY_{name} is “{value}”; allowed: {', '.join(allowed)}")
            return default
        return value

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
            self.problems.append(
                f"REGISTRY_{name} is “{value}”; a whole number from {lowest} to {highest} is needed"
            )
            return default
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value not in ("true", "false", "1", "0", "yes", "no"):
            self.problems.append(f"REGISTRY_{name} is “{value}”; true or false is needed")
            return default
        return value in ("true", "1", "yes")
