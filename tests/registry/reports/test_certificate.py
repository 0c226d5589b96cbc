"""The certificate: what it says, that it is archival, and that nothing typed can reach out of it."""

import io
import re
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.abc import MetaPathFinder

import pytest
from pdfminer.high_level import extract_text
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1

from registry.reports.certificate import (
    CertificateData,
    FactorUsed,
    Interval,
    certificate_html,
    certificate_pdf,
)
from registry.reports.document import PdfUnavailable, RefusedAddress, render_pdf
from scoring.words import Words

pytestmark = pytest.mark.pdf

CERTIFICATE = CertificateData(
    number="TZ-CF-2026-0031",
    project_name="漷县示例物流园 30 MWp 屋顶分布式光伏",
    applicant="北京示例潞光新能源有限公司",
    category=Words("减缓 M2.1 可再生能源利用", "Mitigation M2.1 Renewable energy"),
    township=Words("漷县镇", "Huoxian Town"),
    tier=Words("实施库", "Implementation"),
    grade=Words("深绿", "Deep green"),
    score=Decimal("80.6"),
    criteria_edition=Words("《入库标准》2026 版（试行）", "Entry standard, 2026 edition (trial)"),
    method=Words("可再生能源并网发电", "Grid-connected renewable electricity"),
    annual=Interval(Decimal("16903.2"), Decimal("18673"), Decimal("20441")),
    lifetime=Interval(Decimal("271000"), Decimal("299412"), Decimal("327000")),
    lifetime_years=Decimal(25),
    factors=(
        FactorUsed(Words("电网排放因子", "Grid factor"), "0.5580 tCO₂/MWh", 2022, "生态环境部公告"),
        FactorUsed(Words("线损", "Losses"), "3 %", None, "方法默认值"),
    ),
    listed_on=date(2026, 8, 21),
    verification_url="https://registry.example/verify/TZ-CF-2026-0031",
    check_code="K7QM-2F9D",
    content_hash="5be091c7d41f0c7e" * 4,
)
LONGEST = replace(
    CERTIFICATE, project_name="北运河漷县段综合提升工程" * 10, applicant="北京示例潞光新能源有限公司" * 9
)
ADAPTATION = replace(CERTIFICATE, annual=None, lifetime=None, method=None, factors=(), township=None)


made = cache(certificate_pdf)


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", extract_text(io.BytesIO(pdf)))


def pages_of(pdf: bytes) -> list[str]:
    count = len(list(PDFPage.get_pages(io.BytesIO(pdf))))
    return [re.sub(r"\s+", " ", extract_text(io.BytesIO(pdf), page_numbers=[n])) for n in range(count)]


def test_certificate_says_what_was_frozen() -> None:
    text = text_of(made(CERTIFICATE)).replace(" ", "")

    for said in (
        "TZ-CF-2026-0031",
        "漷县示例物流园30MWp屋顶分布式光伏",
        "北京示例潞光新能源有限公司",
        "通州区漷县镇",
        "深绿80.6分",
        "18,700",
        "16,900",
        "20,400",
        "299,000",
        "0.5580tCO₂/MWh",
        "2026年8月21日",
        "21August2026",
        "K7QM-2F9D",
        "未注明",
    ):
        assert said in text


def test_certificate_is_archival_tagged_and_chinese() -> None:
    pdf = made(CERTIFICATE)
    catalogue = PDFDocument(PDFParser(io.BytesIO(pdf))).catalog

    assert resolve1(catalogue["Lang"]) == b"zh-CN"
    assert resolve1(catalogue["MarkInfo"])["Marked"] is True
    assert resolve1(catalogue["OutputIntents"])
    metadata = resolve1(catalogue["Metadata"]).get_data()
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata or b'pdfaid:part="3"' in metadata


def test_every_font_is_ours_and_embedded() -> None:
    fonts = {}
    for page in PDFPage.get_pages(io.BytesIO(made(CERTIFICATE))):
        for font in resolve1(page.resources["Font"]).values():
            descendant = resolve1(resolve1(resolve1(font)["DescendantFonts"])[0])
            descriptor = resolve1(descendant["FontDescriptor"])
            fonts[descendant["BaseFont"].name] = "FontFile2" in descriptor

    assert {name.partition("+")[2].startswith("Noto-Sans-SC") for name in fonts} == {True}
    assert all(fonts.values())


def test_same_data_give_the_same_bytes() -> None:
    assert certificate_pdf(CERTIFICATE) == made(CERTIFICATE)


def test_demonstration_data_are_marked_on_every_page() -> None:
    demo = pages_of(made(replace(CERTIFICATE, is_demo=True)))
    real = text_of(made(CERTIFICATE))

    assert len(demo) == 2
    assert all("演示数据" in page for page in demo)
    assert "演示数据" not in real


def test_adaptation_project_states_no_tonnes() -> None:
    text = text_of(made(ADAPTATION))

    assert "适应类项目，不以吨数衡量" in text
    assert "通州区外" in text
    assert "tCO" not in text


@pytest.mark.parametrize("is_demo", [False, True])
def test_longest_names_keep_the_proof_on_the_first_page(is_demo: bool) -> None:
    pages = pages_of(made(replace(LONGEST, is_demo=is_demo)))

    assert "K7QM-2F9D" in pages[0]
    assert "以在线核验结果为准" in pages[0]
    assert len(pages) == 2


def test_markup_in_a_name_is_printed_as_typed() -> None:
    name = "<img src='http://example.com/x.png'><b>&amp;"

    text = text_of(made(replace(CERTIFICATE, project_name=name)))

    assert name in text


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/x.png", "https://example.com/x.png", "file:///etc/passwd", "../../pyproject.toml"],
)
def test_nothing_outside_the_package_is_read(address: str) -> None:
    with pytest.raises(RefusedAddress, match="only files of the reports and data: addresses are read"):
        render_pdf(f'<p>甲</p><img src="{address}" alt="">', title="试")


def test_machine_without_the_libraries_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango(MetaPathFinder):
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "registry.reports.layout":
                raise OSError("cannot load library")

    monkeypatch.delitem(sys.modules, "registry.reports.layout", raising=False)
    monkeypatch.delattr("registry.reports.layout", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])

    with pytest.raises(PdfUnavailable):
        render_pdf("<p>甲</p>", title="试")


def test_character_the_typeface_lacks_prints_as_a_mark() -> None:
    text = text_of(render_pdf("<p>甲\U0002b81e乙\u202e丙\x00丁</p>", title="试"))

    assert "甲〓乙丙丁" in text


def test_qr_code_holds_the_verification_address() -> None:
    html = certificate_html(CERTIFICATE)
    other = certificate_html(replace(CERTIFICATE, verification_url="https://registry.example/verify/other"))

    source = re.search(r'<img class="qr" src="(data:image/svg[^"]+)"', html)
    assert source is not None
    assert source[1] not in other
