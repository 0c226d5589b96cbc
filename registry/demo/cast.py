"""The people and organisations of the demonstration: one account per role to sign in with, and the rest."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from registry import passwords
from registry.models import Organisation, Role, User
from registry.services import accounts
from scoring import identifiers
from scoring.places import townships
from scoring.words import Words

PASSWORD = "demo-canal-2026"  # noqa: S105 - printed by `registry demo`, in use nowhere else
ENTERPRISES = 48
BANKS = 5
_SURNAMES = "河桥柳槐榆荷苇鹭"
_PREFIXES = ("潞光", "运通", "绿畅", "通惠", "燕和", "润泽", "云桥", "北渠", "启明", "嘉木", "澄源", "远帆")
_TRADES = ("新能源", "环境科技", "节能服务", "水务", "绿色建筑", "智慧能源")


@dataclass(frozen=True)
class Cast:
    """Everybody who acts in the demonstration."""

    enterprises: list[User]
    officers: list[User]
    department: list[User]
    expert: User
    panel: list[User]
    banks: list[User]
    administrator: User


def demo_accounts() -> list[tuple[str, Words]]:
    """The address of one account per role."""
    return [(f"{role.value.replace('_', '-')}@demo.example", role.words) for role in Role]


def uscc(number: int) -> str:
    """A code with the right check character under a registration district that does not exist."""
    return identifiers.uscc_with_check(f"91110199MADEM{number:04d}")


def assemble(session: Session, draw: Random, *, now: datetime) -> Cast:
    """Create the cast, the accounts of `demo_accounts` first in each role."""
    numbers = iter(range(1, 10_000))
    hashed = passwords.hash_password(PASSWORD)  # one password for all, so one hash

    def body(role: Role, name: str, township: str | None = None) -> Organisation:
        return accounts.create_organisation(
            session,
            name=name,
            uscc=uscc(next(numbers)),
            role=role,
            actor=None,
            now=now,
            township=township,
            demo=True,
        )

    def person(organisation: Organisation, email: str, name: str, panel_field: str | None = None) -> User:
        user = User(
            organisation=organisation,
            email=email,
            name=name,
            role=organisation.role,
            password_hash=hashed,
            can_sign=True,
            panel_field=panel_field,
            demo=True,
            created_at=now,
        )
        session.add(user)
        return user

    def first(role: Role) -> str:
        return f"{role.value.replace('_', '-')}@demo.example"

    def people(role: Role, organisation: Organisation, count: int, title: str) -> list[User]:
        stem = role.value.replace("_", "-")
        return [
            person(
                organisation,
                first(role) if n == 0 else f"{stem}{n + 1}@demo.example",
                f"{_SURNAMES[n]}{title}",
            )
            for n in range(count)
        ]

    bureau = body(Role.OFFICER, "区生态环境局（演示）")
    exchange = body(Role.EXCHANGE_EXPERT, "北京绿色交易所（演示）")
    panel_body = body(Role.PANEL_MEMBER, "气候投融资评审专家库（演示）")
    administrator = body(Role.ADMINISTRATOR, "项目库运维单位（演示）")
    department = body(Role.DEPARTMENT, "区发展改革委（演示）")
    panel = [
        person(
            panel_body,
            first(Role.PANEL_MEMBER) if n == 0 else f"panel-member{n + 1}@demo.example",
            f"{_SURNAMES[n]}专家",
            panel_field="finance" if n % 2 == 0 else "technical",
        )
        for n in range(4)
    ]
    enterprises = []
    for n in range(ENTERPRISES):
        name = f"北京{_PREFIXES[n % len(_PREFIXES)]}{_TRADES[n // len(_PREFIXES) % len(_TRADES)]}示例有限公司"
        owner = body(Role.ENTERPRISE, name)
        email = first(Role.ENTERPRISE) if n == 0 else f"enterprise{n + 1}@demo.example"
        enterprises.append(person(owner, email, f"{_SURNAMES[n % len(_SURNAMES)]}经理"))
    departments = people(Role.DEPARTMENT, department, 1, "科长")
    for n, township in enumerate(list(townships().values())[:4]):
        street = body(Role.DEPARTMENT, f"{township.label.zh}（演示）", township.code)
        departments.append(person(street, f"department{n + 2}@demo.example", f"{_SURNAMES[n]}干事"))
    banks = []
    for n, name in enumerate(("潞河银行", "通惠商业银行", "运河农商行", "燕畿银行", "澄心信托")[:BANKS]):
        email = first(Role.BANK) if n == 0 else f"bank{n + 1}@demo.example"
        banks.append(person(body(Role.BANK, f"{name}（演示）"), email, f"{_SURNAMES[n]}客户经理"))
    draw.shuffle(banks)
    session.flush()
    return Cast(
        enterprises=enterprises,
        officers=people(Role.OFFICER, bureau, 3, "审核员"),
        department=departments,
        expert=people(Role.EXCHANGE_EXPERT, exchange, 1, "工程师")[0],
        panel=panel,
        banks=banks,
        administrator=people(Role.ADMINISTRATOR, administrator, 1, "管理员")[0],
    )
