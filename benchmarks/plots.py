"""Plots as SVG: lines over two logarithmic axes, readable on light and on dark paper."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.servers import KINDS

Series = tuple[str, Sequence[tuple[float, float]]]

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 200, 44, 52

# Told apart with and without colour vision, on white and on near black.
COLOURS = ("#667eea", "#e4572e", "#d98e04", "#2a9d8f", "#8a8a8a", "#b5539f", "#3d8bfd")
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #8c959f; stroke-opacity: .3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
"""


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _told(value: float) -> str:
    for size, word in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g} {word}"
    return f"{value:g}"


def _spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Move labels apart that would lie on one another, downwards from the highest."""
    placed: dict[int, float] = {}
    last = -gap
    for number in sorted(range(len(wanted)), key=wanted.__getitem__):
        last = max(wanted[number], last + gap)
        placed[number] = last
    # None lies beside the numbers below the axis.
    past = max(0.0, last - (HEIGHT - BOTTOM))
    return [placed[number] - past for number in range(len(wanted))]


def chart(title: str, x_title: str, y_title: str, series: Sequence[Series]) -> str:
    """Return one SVG; every value is above zero."""
    points = [point for _, line in series for point in line]
    x_low, x_high = _decades([x for x, _ in points])
    y_low, y_high = _decades([y for _, y in points])

    def across(x: float) -> float:
        part = (math.log10(x) - x_low) / (x_high - x_low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        part = (math.log10(y) - y_low) / (y_high - y_low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
        (
            f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
            f"{escape(x_title)}</text>"
        ),
        (
            f'<text transform="translate(16 {(TOP + bottom) / 2}) rotate(-90)"'
            f' text-anchor="middle">{escape(y_title)}</text>'
        ),
    ]
    for power in range(x_low, x_high + 1):
        x = across(10.0**power)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">')
        parts.append(f"{_told(10.0**power)}</text>")
    for power in range(y_low, y_high + 1):
        y = down(10.0**power)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">')
        parts.append(f"{_told(10.0**power)}</text>")
    labels = _spread([down(line[-1][1]) for _, line in series], 18)
    for number, (name, line) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        width = 3 if number == 0 else 1.8
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="{width + 1}" fill="{colour}"/>'
            for x, y in line
        ]
        end = across(line[-1][0])
        parts.append(
            f'<path d="M{end + 5:.1f} {down(line[-1][1]):.1f}L{right + 8} {labels[number]:.1f}"'
            f' stroke="{colour}" stroke-opacity=".6" fill="none"/>'
        )
        parts.append(f'<text x="{right + 12}" y="{labels[number] + 4:.1f}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _by_size(cases: Mapping[str, Any], part: str, name: str) -> list[Series]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for case, result in cases.items():
        prefix, _, size = case.partition("-")
        if prefix != "room" or not size.isdigit():
            continue
        for server, outcome in result["servers"].items():
            value = outcome.get("figures", {}).get(part, {}).get(name, 0)
            if value > 0 and server != "parlour-memory":
                members = outcome["figures"]["run"]["members"]
                lines.setdefault(server, []).append((members, value))
    return [(KINDS[server].title, sorted(line)) for server, line in lines.items()]


def _growth(cases: Mapping[str, Any]) -> list[Series]:
    figures = cases.get("growth", {}).get("servers", {}).get("parlour", {}).get("figures", {})
    return [
        (title, [(at["messages"], at[name] / 1000) for at in figures.values()])
        for title, name in (
            ("the newest page", "newest_page_us"),
            ("an old page", "old_page_us"),
            ("a resume over 100", "resume_us"),
            ("what is unread", "unread_us"),
            ("opening the room", "open_us"),
        )
        if figures
    ]


def plots(cases: Mapping[str, Any]) -> dict[str, str]:
    """Return the SVG of every plot that the run has figures for, by its file's name."""
    people = "connections in the room"
    wanted = {
        "bench-cpu.svg": (
            "CPU for one delivery, one message at a time",
            people,
            "microseconds",
            _by_size(cases, "one", "us_per_delivery"),
        ),
        "bench-saturated.svg": (
            "Deliveries a second, saturated",
            people,
            "deliveries a second",
            _by_size(cases, "saturated", "deliveries_per_s"),
        ),
        "bench-growth.svg": (
            "Reading a room whose history grows",
            "messages in the room",
            "milliseconds",
            _growth(cases),
        ),
    }
    return {name: chart(*words) for name, words in wanted.items() if words[-1]}
