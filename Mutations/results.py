"""The table of what caught each fault, and Mutations/RESULTS.md."""

import re

from fault import FAULTS, ROOT

RESULTS = ROOT / "Mutations" / "RESULTS.md"
BEGIN, END = "<!-- the table, by Mutations/run --write -->", "<!-- end of the table -->"


class Row:
    """A line of the table. Known weaknesses come first."""

    def __init__(self, fault, verdict, how):
        result = how if verdict == "caught" else f"**{verdict}**: {how}"
        cells = [f"[`{fault.name}`](faults/{fault.name}.patch): {fault.text}", fault.weakness, result]
        self.name = fault.name
        self.line = "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        self.order = (not fault.weakness, fault.weakness, fault.name)


class OldRow:
    """A line that the table has already."""

    def __init__(self, line):
        self.line = line
        self.name = line.split("`")[1]
        weakness = re.split(r"(?<!\\) \| ", line.removeprefix("| "))[1].strip()
        self.order = (not weakness, weakness, self.name)


def markdown(rows):
    lines = [row.line for row in sorted(rows, key=lambda row: row.order)]
    return "\n".join(["| fault | known weakness | caught by |", "| --- | --- | --- |", *lines])


def written():
    """The names of the faults that have a row in RESULTS.md."""
    return {row.name for row in read(RESULTS.read_text(encoding="utf-8"))[1]}


def write(rows):
    """Puts these rows into the table of RESULTS.md, and leaves those of other faults as they are."""
    before, kept, after = read(RESULTS.read_text(encoding="utf-8"))
    names = {row.name for row in rows}
    rows = rows + [row for row in kept if row.name not in names and (FAULTS / f"{row.name}.patch").exists()]
    RESULTS.write_text(f"{before}{BEGIN}\n\n{markdown(rows)}\n\n{END}{after}", encoding="utf-8")


def read(text):
    """What stands before the table, its rows, and what stands behind it."""
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    return before, [OldRow(line) for line in table.splitlines() if line.startswith("| [`")], after
