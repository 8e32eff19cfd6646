"""Tables in Markdown, and where they go."""

from __future__ import annotations

import pathlib
import re
from typing import Iterable, Optional

from .figures import Figure, Table, spelled, with_spread


def markdown(table: Table) -> str:
    """One row per figure; the columns for references and targets only where a figure has one."""
    has_reference = any(figure.reference is not None for figure in table.figures)
    has_target = any(figure.target is not None for figure in table.figures)
    head = [table.title, "unit", table.measured]
    if has_reference:
        head += [table.reference, "ratio"]
    if has_target:
        head += ["target", "reached"]
    rows = [_row(figure, has_reference, has_target) for figure in table.figures]
    return "\n".join(_line(cells) for cells in [head, _rules(len(head)), *rows])


def _row(figure: Figure, has_reference: bool, has_target: bool) -> list[str]:
    cells = [figure.name, figure.unit, with_spread(figure.values)]
    if has_reference:
        cells += [with_spread(figure.reference or {}), with_spread(figure.ratios) if figure.has_ratio else ""]
    if has_target:
        target = figure.target
        verdict = {None: "", True: "yes", False: "**no**"}[figure.is_reached]
        bound = f"{target.comparison} {spelled(target.bound)}" if target else ""
        cells += [f"ratio {bound}" if target and target.of == "ratio" else bound, verdict]
    return cells


def _rules(count: int) -> list[str]:
    return ["---", "---"] + ["---:"] * (count - 2)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


class MissingMarkers(Exception):
    """The file has no place for a part."""


def begin_marker(part: str) -> str:
    return f"<!-- figures of {part}: begin -->"


def end_marker(part: str) -> str:
    return f"<!-- figures of {part}: end -->"


def write_between_markers(file: pathlib.Path, part: str, text: str) -> None:
    """Puts a part's tables in the place of those that are in the file."""
    content = file.read_text(encoding="utf-8")
    begin, end = begin_marker(part), end_marker(part)
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not place.search(content):
        raise MissingMarkers(f"{file} has no lines '{begin}' and '{end}'")
    file.write_text(place.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", content, count=1), encoding="utf-8")


def check_markers(file: pathlib.Path, parts: Iterable[str]) -> Optional[str]:
    """What is wrong with the file, before anything is measured for it."""
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        return f"{file}: {error.strerror}"
    missing = [part for part in parts if begin_marker(part) not in content or end_marker(part) not in content]
    if missing:
        return f"{file} has no '{begin_marker(missing[0])}' … '{end_marker(missing[0])}'"
    return None
