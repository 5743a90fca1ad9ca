"""Two kinds of pictures as SVG text: bars by name, and lines or dots by number. Pure; for pages that nobody runs.

The dashboard's library draws in a browser and would need another one to write a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

__all__ = ["bars", "plot"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 62, 16, 40, 62
INK, GREY, LINE = "#1B2A30", "#5A6B72", "#DDE4E7"  # as the dashboard's
COLOURS = ("#0F5C6E", "#B26A00")
LETTER = 6.2  # width of one, about
TICKS = 5
Points = Sequence[tuple[float, float]]


def bars(
    title: str, names: Sequence[str], series: Mapping[str, Sequence[float]], *, form: str, across: str = ""
) -> str:
    """A bar for each name and series; `form` writes the values as `format` does. None is drawn as nothing."""
    rows = [[value or 0 for value in values] for values in series.values()]
    ticks = _ticks(0, max(max(row, default=0) for row in rows))
    y, step = _scale(ticks, HEIGHT - BOTTOM, TOP), (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    wide = 0.76 * step / len(rows)
    drawn = [
        f'<rect x="{LEFT + step * n + 0.12 * step + wide * k:.1f}" y="{y(value):.1f}" width="{wide:.1f}" '
        f'height="{y(0) - y(value):.1f}" fill="{COLOURS[k]}"/>'
        for k, row in enumerate(rows)
        for n, value in enumerate(row)
    ]
    is_narrow = (1 + max(map(len, names), default=0)) * LETTER > step
    for n, name in enumerate(names):
        drawn.append(_text(name, LEFT + step * (n + 0.5), HEIGHT - BOTTOM + 15, anchor="middle", turned=is_narrow))
    return _page(title, [*_levels(ticks, y, form), *drawn, *_legend(list(series)), *_across(across)])


def plot(
    title: str, series: Mapping[str, Points], *, across: str, forms: tuple[str, str], is_dotted: bool = False
) -> str:
    """Points as lines, or the first series as dots; `forms` write the values across and upwards."""
    xs, ys = ([point[axis] for points in series.values() for point in points] for axis in (0, 1))
    ends, high = (min(xs, default=0), max(xs, default=0) or 1), _ticks(0, max(ys, default=1))
    wide = [tick for tick in _ticks(*ends) if ends[0] <= tick <= ends[1]]
    x, y = _scale(ends, LEFT, WIDTH - RIGHT), _scale(high, HEIGHT - BOTTOM, TOP)
    drawn = [_text(format(t, forms[0]), x(t), HEIGHT - BOTTOM + 15, anchor="middle") for t in wide]
    for k, points in enumerate(series.values()):
        at = [(f"{x(a):.1f}", f"{y(b):.1f}") for a, b in points]
        if is_dotted and k == 0:
            drawn += [f'<circle cx="{a}" cy="{b}" r="2.5" fill="{COLOURS[k]}" fill-opacity="0.45"/>' for a, b in at]
        else:
            path = " ".join(f"{a},{b}" for a, b in at)
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[k]}" stroke-width="2"/>')
    return _page(title, [*_levels(high, y, forms[1]), *drawn, *_legend(list(series)), *_across(across)])


def _page(title: str, drawn: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f"font-family=\"system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif\" font-size=\"11\">"
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>'
    name = f'<text x="12" y="20" font-size="13" font-weight="600" fill="{INK}">{escape(title)}</text>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, name, *drawn, "</svg>", ""])


def _text(text: str, x: float, y: float, *, anchor: str, turned: bool = False) -> str:
    turn = f' transform="rotate(-30 {x:.1f} {y:.1f})"' if turned else ""
    side = "end" if turned else anchor
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{side}" fill="{GREY}"{turn}>{escape(text)}</text>'


def _across(words: str) -> list[str]:
    return [_text(words, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, anchor="middle")]


def _legend(names: Sequence[str]) -> list[str]:
    """None for a single series, which the title names."""
    drawn, right = [], float(WIDTH - RIGHT)
    for k, name in reversed(list(enumerate(names)) if len(names) > 1 else []):
        right -= LETTER * len(name)
        drawn += [_text(name, right, 20, anchor="start")]
        drawn += [f'<rect x="{right - 15:.1f}" y="11" width="10" height="10" fill="{COLOURS[k]}"/>']
        right -= 32
    return drawn


def _levels(ticks: Sequence[float], y: Callable[[float], float], form: str) -> list[str]:
    lines = [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(t):.1f}" y2="{y(t):.1f}" stroke="{LINE}"/>' for t in ticks]
    return lines + [_text(format(t, form), LEFT - 8, y(t) + 4, anchor="end") for t in ticks]


def _scale(ticks: Sequence[float], first: float, last: float) -> Callable[[float], float]:
    """From values to places: the first tick lies at `first`, the last at `last`."""
    return lambda value: first + (value - ticks[0]) * (last - first) / ((ticks[-1] - ticks[0]) or 1)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers, from one at most `low` to one at least `high`."""
    rough = ((high - low) or 1) / TICKS
    size = 10 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    first, last = floor(low / step), ceil(high / step)
    return [step * n for n in range(first, max(last, first + 1) + 1)]
