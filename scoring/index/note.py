"""The method note, made from the method file so that it cannot drift from what is computed."""

from collections.abc import Callable

from scoring.index.method import Leaf, Method, Node
from scoring.words import Words

_STATUS = {
    "official": Words("官方", "official"),
    "sibling": Words("兄弟试点", "sibling pilot"),
    "proposed": Words("建议", "proposed"),
}
_DIRECTION = {
    "up": Words("越高越好", "higher is better"),
    "down": Words("越低越好", "lower is better"),
    "band": Words("越近目标越好", "nearer to the target is better"),
}
_CLIP = {
    "both": Words(
        "低于起点计下限，高于目标计上限", "beyond the floor or the target a value scores at that end"
    ),
    "lower": Words("低于起点计下限，高于目标不封顶", "beyond the floor a value scores at the lower end"),
    "upper": Words("高于目标计上限", "above the target a value scores at the upper end"),
    "none": Words("不截断", "scores are not cut"),
}
Say = Callable[[str, str], str]


def note(method: Method, language: str) -> str:
    """The note as Markdown in “zh” or “en”: yardstick, calculation, indicators, basis and limits."""

    def say(zh: str, en: str) -> str:
        return Words(zh, en).in_language(language)

    parts = [
        f"# {method.title.in_language(language)} · {method.version}",
        method.note.in_language(language),
        *_calculation(method, say),
        *_tree(method, say, language),
        *_basis(method, say),
        *_limits(method, say, language),
        say(f"方法校验值：{method.hash}", f"Method hash: {method.hash}"),
    ]
    return "\n\n".join(parts) + "\n"


def _calculation(method: Method, say: Say) -> list[str]:
    r = method.rules
    clip = say(_CLIP[r.clip].zh, _CLIP[r.clip].en)
    width = r.upper - r.lower
    return [
        say("## 计算", "## Calculation"),
        say(
            f"指标得分 = {r.lower:g} + {width:g} ×（数值 − 起点）÷（目标 − 起点）；{clip}。",
            f"Score = {r.lower:g} + {width:g} × (value − floor) ÷ (target − floor); {clip}.",
        ),
        say(
            f"缺数沿用上期，最多 {r.carry_quarters} 个季度，并逐一标明；"
            f"缺失与估算的权重合计超过 {r.most_estimated:.0%} 时不公布。",
            f"A gap is filled with the last value for at most {r.carry_quarters} quarter(s) and marked; "
            f"nothing is published when more than {r.most_estimated:.0%} of weight is missing or estimated.",
        ),
        say(
            f"动能以 {r.momentum_from} 为 {r.momentum_base:g}，逐季连乘各指标与上期之比，"
            f"单季之比限于 {r.ratio_low:g}–{r.ratio_high:g}。",
            f"Momentum is {r.momentum_base:g} in {r.momentum_from} and is chained from the ratios of each "
            f"indicator to the quarter before, each kept within {r.ratio_low:g}–{r.ratio_high:g}.",
        ),
        say(
            f"公布值保留 {r.decimals} 位小数（四舍六入五成双）；排名按未修约的数值计算。",
            f"Published values have {r.decimals} decimal(s), half to even; ranks come from unrounded values.",
        ),
    ]


def _tree(method: Method, say: Say, language: str) -> list[str]:
    parts = [say("## 指标与权重", "## Indicators and weights")]
    head = say(
        "| 指标 | 名称 | 单位 | 方向 | 起点 | 目标 | 权重 | 适用 | 状态 |",
        "| Indicator | Title | Unit | Direction | Floor | Target | Weight | Applies to | Status |",
    )
    scales = {scale.id: scale.title.in_language(language) for scale in method.scales}
    for node in (part for part in method.tree.walk() if isinstance(part, Node)):
        title, mean = node.title.in_language(language), node.mean.title.in_language(language)
        parts.append(f"### {title} · {node.weight:g} · {mean}")
        rows = []
        for leaf in (child for child in node.children if isinstance(child, Leaf)):
            target = f"{leaf.target:g}" + (f" ± {leaf.tolerance:g}" if leaf.direction == "band" else "")
            where = say("、", ", ").join(scales[name] for name in leaf.scales)
            words = (leaf.title, _DIRECTION[leaf.direction], _STATUS[leaf.status])
            title, direction, status = (text.in_language(language) for text in words)
            cells = (
                leaf.id,
                title,
                leaf.unit,
                direction,
                f"{leaf.floor:g}",
                target,
                f"{leaf.weight:g}",
                where,
            )
            rows.append(f"| {' | '.join(cells)} | {status} |")
        if rows:
            parts.append("\n".join([head, "|---|---|---|---|--:|--:|--:|---|---|", *rows]))
    return parts


def _basis(method: Method, say: Say) -> list[str]:
    lines = []
    for basis in method.basis.values():
        status = say(_STATUS[basis.status].zh, _STATUS[basis.status].en)
        source = say(f"{basis.issuer}，《{basis.title}》", f"{basis.issuer}, “{basis.title}”")
        article = say(f"，{basis.article}", f", {basis.article}") if basis.article else ""
        lines.append(f"- {basis.id}" + say("：", ": ") + source + article + f" ({basis.date}, {status})")
    return [say("## 依据", "## Basis"), "\n".join(lines)]


def _limits(method: Method, say: Say, language: str) -> list[str]:
    groups = say("；", "; ").join(
        group["title"].in_language(language) + say("：", ": ") + ", ".join(group["leaves"])
        for group in method.crosswalk
    )
    parts = [
        say("## 本指数不是什么", "## What the index is not"),
        say(
            "本指数不是气候投融资试点成效评估的官方得分，不用于政府绩效考核；不同方法版本之间只能经由链接比较。",
            "The index is not the official score of the national pilot evaluation and no measure of "
            "government performance; method versions are comparable through the chain alone.",
        ),
        say(f"与国家评估一级指标的对照：{groups}。", f"Crosswalk to the national evaluation: {groups}."),
    ]
    if not method.crosswalk_complete:
        parts.append(
            say(
                "国家评估的二级指标附件未公开，对照未完成。",
                "The annex of the national evaluation is not public, so the crosswalk is incomplete.",
            )
        )
    start, review = method.valid_from.isoformat(), method.review.isoformat()
    parts.append(
        say(
            f"管理人：{method.administrator.zh}；自 {start} 起施行；{review} 前评估。",
            f"Administrator: {method.administrator.en}. In force from {start}; to be reviewed by {review}.",
        )
    )
    return parts
