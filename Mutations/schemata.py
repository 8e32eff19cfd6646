"""Weaves faults into one text, each behind a switch that a process reads when it starts: mutant schemata, after Untch, Offutt and
Harrold, "Mutation analysis using mutant schemata" (ISSTA 1993).

A body that faults change becomes `if isFault(1) { … } else if isFault(2) { … } else { … }`, with the whole body in each branch,
and an initial value a conditional expression. What changes a declaration isn't woven in.
"""

from swift_source import SwiftSource, Unit

IMPORT = "public import CFaultSwitch\n"


def number(name):
    """What `isFault` takes for a fault: FNV-1a of its name, so that a new fault changes no other's number."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


class Unweavable(Exception):
    """A fault that changes more than bodies and initial values."""


class WovenFile:
    """A file with all the faults that are in it."""

    def __init__(self, text):
        self.original = SwiftSource(text)
        # For the index of a unit, its faults by name, each with the unit as the fault leaves it.
        self.changes = {}

    def add(self, name, text):
        """Takes the file as a fault leaves it."""
        changed = SwiftSource(text)
        if changed.skeleton != self.original.skeleton:
            raise Unweavable("it changes a declaration")
        for index, (old, new) in enumerate(zip(self.original.units, changed.units)):
            if old.words != new.words:
                self.changes.setdefault(index, {})[name] = (new, text)

    def remove(self, name):
        for faults in self.changes.values():
            faults.pop(name, None)

    @property
    def text(self):
        return self.weave()[0]

    def faults_at(self, line):
        """The faults that a line of the text belongs to: of the innermost of the places that it lies in."""
        return next((names for first, last, names in self.weave()[1] if first <= line <= last), set())

    def weave(self):
        """The text, and where which faults stand in it: `(first line, last line, names)`, the inner ones first."""
        text, position = IMPORT, 0
        places, all_names = [], set()
        for index, unit in enumerate(self.original.units):
            faults = self.changes.get(index)
            if not faults:
                continue
            text += self.original.text[position:unit.start]
            position = unit.end
            beginning = line_at_end(text)
            branch = initial_branch if unit.kind == Unit.INITIAL else body_branch
            text += "(" if unit.kind == Unit.INITIAL else ""
            for name, (changed, changed_text) in sorted(faults.items()):
                first = line_at_end(text)
                text += branch(name, content(changed, changed_text))
                places.append((first, line_at_end(text), {name}))
            old = content(unit, self.original.text)
            text += f"({old}))" if unit.kind == Unit.INITIAL else f"{{{old}}} "
            places.append((beginning, line_at_end(text), set(faults)))
            all_names |= set(faults)
        text += self.original.text[position:]
        places.append((1, line_at_end(text), all_names))
        return text, places


def body_branch(name, content):
    return f" if isFault({number(name)}) {{  // {name}{content}}} else "


def initial_branch(name, content):
    return f"isFault({number(name)})  // {name}\n ? ({content}) : "


def content(unit, text):
    """What a unit says. A body that is an expression begins with `return`, since it is now one of several."""
    inside = text[unit.start:unit.end]
    if unit.kind == Unit.INITIAL:
        return inside
    if unit.kind == Unit.VALUE and unit.is_expression():
        start = unit.tokens[0].start - unit.start
        inside = f"{inside[:start]}return {inside[start:]}"
    return f"\n{inside}\n"


def line_at_end(text):
    return text.count("\n") + 1
