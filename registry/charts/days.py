"""Day squares 期限格: one square for each working day, used, left, paused or overdue."""

from markupsafe import Markup

from registry.charts.drawing import Drawing

STATES = ("ok", "soon", "over", "stopped")
MOST_OVERDUE = 10  # further overdue days are a number behind the squares


def day_squares(
    used: int,
    total: int,
    state: str = "ok",
    *,
    paused: int = 0,
    size: float = 11,
    per_row: int = 20,
    language: str = "zh",
) -> Markup:
    """A promise of `total` working days of which `used` have passed.

    Days beyond the promise are red. `paused` squares, dashed, follow the used ones while the clock stands
    still; a stopped clock shows at least one. Raises ValueError for negative days or an unknown state.
    """
    if used < 0 or total < 0 or paused < 0:
        raise ValueError(f"days cannot be negative: used {used}, total {total}, paused {paused}")
    if state not in STATES:
        raise ValueError(f"“{state}” is not a state; known: {', '.join(STATES)}")
    late = max(used - total, 0)
    standing = max(paused, 1) if state == "stopped" else paused
    kinds = ["d-used"] * min(used, total) + ["d-paused"] * standing
    kinds += ["d-left"] * max(total - used, 0) + ["d-over"] * min(late, MOST_OVERDUE)
    more = f"+{late - MOST_OVERDUE}" if late > MOST_OVERDUE else ""

    step = size * 1.3
    rows = max(-(-len(kinds) // per_row), 1)
    columns = min(len(kinds), per_row) or 1
    width = columns * step + (len(more) * 8 if more else size - step)
    label = _sentence(used, total, late, standing, language)
    drawing = Drawing(width, rows * step - (step - size), label=label, classes="days")
    for position, kind in enumerate(kinds):
        x, y = position % per_row * step, position // per_row * step
        drawing.rect(x + 0.6, y + 0.6, size - 1.2, size - 1.2, kind, radius=2)
    if more:
        x, y = (len(kinds) - 1) % per_row * step, (rows - 1) * step
        drawing.text(x + step, y + size - 1, more, "t-tick")
    return drawing.markup()


def _sentence(used: int, total: int, late: int, paused: int, language: str) -> str:
    if language.startswith("zh"):
        rest = f"超期 {late} 个" if late else f"剩 {total - used} 个"
        return f"承诺 {total} 个工作日，已用 {used} 个，{rest}" + ("，现已停表" if paused else "")
    rest = f"{late} overdue" if late else f"{total - used} left"
    return f"{used} of {total} working days used, {rest}" + (", clock stopped" if paused else "")
