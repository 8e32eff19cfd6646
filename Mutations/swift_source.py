"""What of a Swift file can be exchanged by itself: its bodies and initial values, found by reading tokens.

Enough of Swift for formatted sources: strings with interpolations and delimiters, nested comments, conditional compilation.
Regex literals between slashes aren't known.
"""

import re

TYPES = {"actor", "class", "enum", "extension", "protocol", "struct"}
FUNCTIONS = {"deinit", "func", "init", "subscript"}
MODIFIERS = {
    "borrowing", "consuming", "convenience", "dynamic", "fileprivate", "final", "indirect", "internal", "isolated", "lazy",
    "mutating", "nonisolated", "nonmutating", "open", "override", "package", "private", "public", "required", "static",
    "unowned", "weak",
}
# What begins a declaration, if it stands first in a line outside of bodies.
DECLARING = TYPES | FUNCTIONS | MODIFIERS | {"@", "associatedtype", "case", "import", "let", "macro", "typealias", "var"}
# Accessors, and whether what they contain gives a value.
ACCESSORS = {
    "get": True, "set": False, "willSet": False, "didSet": False, "_read": False, "_modify": False, "unsafeAddress": True,
    "unsafeMutableAddress": True,
}
# What begins a statement that is no expression.
STATEMENTS = TYPES | {
    "@", "break", "continue", "defer", "discard", "do", "fallthrough", "for", "func", "guard", "let", "repeat", "return",
    "throw", "typealias", "var", "while", "yield",
}
CLOSING = {"(": ")", "[": "]", "{": "}"}

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<comment>/\*)
      | (?P<string>\#*")
      | (?P<directive>\#(?:if|elseif|else|endif|sourceLocation)\b[^\n]*)
      | (?P<word>[\w$]+|`\w+`)
      | (?P<operator>[-+*/%<>=!&|^~?]+)
      | (?P<other>.)""",
    re.VERBOSE)


class Token:
    """A token, and whether it is the first one of its line, or has a space behind it."""

    __slots__ = ("kind", "text", "start", "end", "is_first", "is_spaced")

    def __init__(self, kind, text, start, is_first):
        self.kind, self.text, self.start, self.is_first = kind, text, start, is_first
        self.end = start + len(text)
        self.is_spaced = False


class Unit:
    """A part that can be exchanged: what stands between the braces of a body, or an initial value."""

    # A body that gives no value, one that does, and an initial value or default argument.
    STATEMENTS, VALUE, INITIAL = "statements", "value", "initial"

    def __init__(self, kind, start, end, tokens):
        self.kind, self.start, self.end, self.tokens = kind, start, end, tokens

    @property
    def words(self):
        """What it says, but for spaces and comments."""
        return [token.text for token in self.tokens]

    def is_expression(self):
        """Whether a body is nothing but an expression, whose value it gives without `return`."""
        return is_expression(self.tokens)


class SwiftSource:
    """A file's units, and its skeleton: the tokens around them. Files with the same skeleton differ within their units only."""

    def __init__(self, text):
        self.text = text
        self.tokens = tokens(text)
        self.partners = partners(self.tokens)
        self.units = []
        self.skeleton = []
        self._read_declarations(0, len(self.tokens))
        position = 0
        self.units.sort(key=lambda unit: unit.start)
        for unit in self.units:
            while position < len(self.tokens) and self.tokens[position].start < unit.start:
                self.skeleton.append(self.tokens[position].text)
                position += 1
            self.skeleton.append(unit.kind)
            while position < len(self.tokens) and self.tokens[position].end <= unit.end:
                position += 1
        self.skeleton += [token.text for token in self.tokens[position:]]

    def _add(self, kind, first, last):
        """A unit of the tokens from the first to before the last one. A body's has the space around it, too."""
        if kind == Unit.INITIAL:
            start, end = self.tokens[first].start, self.tokens[last - 1].end
        else:
            start, end = self.tokens[first - 1].end, self.tokens[last].start
        self.units.append(Unit(kind, start, end, self.tokens[first:last]))

    def _read_declarations(self, index, end):
        while index < end:
            token = self.tokens[index]
            following = self.tokens[index + 1].text if index + 1 < end else ""
            if token.text in TYPES and not (token.text == "class" and following in FUNCTIONS | MODIFIERS | {"let", "var"}):
                index = self._read_type(index, end)
            elif token.text in FUNCTIONS:
                index = self._read_function(index, end)
            elif token.text in ("let", "var"):
                index = self._read_variable(index, end)
            else:
                index = self._after(index)

    def _after(self, index):
        """What comes behind a token, or behind the brackets that it opens."""
        return self.partners.get(index, index) + 1

    def _read_type(self, index, end):
        keyword = self.tokens[index].text
        while index < end and self.tokens[index].text != "{":
            index = self._after(index)
        if index < end and keyword != "protocol":
            self._read_declarations(index + 1, self.partners[index])
        return self._after(index)

    def _read_function(self, index, end):
        keyword = self.tokens[index].text
        index += 1
        gives_value = keyword == "subscript"
        if keyword != "deinit":
            while index < end and self.tokens[index].text != "(":
                index += 1
            self._read_defaults(index)
            index = self._after(index)
        has_arrow = False
        while index < end and self.tokens[index].text != "{":
            if self.tokens[index].text == "->" and not has_arrow:
                has_arrow = True
                gives_value = [token.text for token in self.tokens[index + 1:index + 3]] not in (["Void", "{"], ["(", ")"])
            if self._begins_declaration(index):
                return index
            index = self._after(index)
        if index < end:
            self._read_accessors(index, gives_value)
        return self._after(index)

    def _read_defaults(self, opening):
        index, closing = opening + 1, self.partners[opening]
        while index < closing:
            if self.tokens[index].text == "=":
                index = self._read_initial(index + 1, closing)
            else:
                index = self._after(index)

    def _read_variable(self, index, end):
        index += 1
        while index < end:
            text = self.tokens[index].text
            if text == "=":
                index = self._read_initial(index + 1, end)
            elif text == "{":
                self._read_accessors(index, gives_value=True)
                return self._after(index)
            elif text == ";" or self._begins_declaration(index):
                return index
            else:
                index = self._after(index)
        return index

    def _read_initial(self, first, end):
        index = first
        while index < end:
            text = self.tokens[index].text
            is_observed = text == "{" and self.tokens[index + 1].text in ("willSet", "didSet")
            if text in (",", ";") or is_observed or index > first and self._begins_declaration(index):
                break
            index = self._after(index)
        self._add(Unit.INITIAL, first, index)
        return index

    def _read_accessors(self, opening, gives_value):
        """A body, or the accessors that stand in its place."""
        closing = self.partners[opening]
        index = self._after_attributes(opening + 1)
        if not self._is_accessor(index):
            self._add(Unit.VALUE if gives_value else Unit.STATEMENTS, opening + 1, closing)
            return
        while index < closing:
            kind = Unit.VALUE if ACCESSORS[self.tokens[index].text] else Unit.STATEMENTS
            while self.tokens[index].text != "{":
                index = self._after(index)
            self._add(kind, index + 1, self.partners[index])
            index = self._after_attributes(self._after(index))

    def _after_attributes(self, index):
        while self.tokens[index].text == "@" or self.tokens[index].text in MODIFIERS:
            index += 2 if self.tokens[index].text == "@" else 1
            if self.tokens[index].text == "(":
                index = self._after(index)
        return index

    def _is_accessor(self, index):
        following = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        return self.tokens[index].text in ACCESSORS and following in ("{", "(", "async", "throws")

    def _begins_declaration(self, index):
        token = self.tokens[index]
        return token.kind == "directive" or token.is_first and token.text in DECLARING


def tokens(text):
    """A file's tokens, without spaces and comments."""
    found, position, is_first = [], 0, True
    while position < len(text):
        match = TOKEN.match(text, position)
        kind, start, end = match.lastgroup, position, match.end()
        if kind == "comment":
            end = end_of_comment(text, start)
        elif kind == "string":
            end = end_of_string(text, start, match.group())
        position = end
        if kind in ("space", "comment"):
            is_first = is_first or "\n" in text[start:end]
            if found and found[-1].end == start:
                found[-1].is_spaced = True
            continue
        found.append(Token(kind, text[start:end], start, is_first))
        is_first = False
    return found


def end_of_comment(text, start):
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise ValueError("a comment without an end")


def end_of_string(text, start, opening):
    """Where a literal ends, with all that is interpolated."""
    hashes = opening.count("#")
    quote = '"""' if text.startswith('"""', start + hashes) and not (hashes and text.startswith('""#', start + hashes)) else '"'
    interesting = re.compile(rf'{quote}{"#" * hashes}|\\{"#" * hashes}(\(|.|\n)', re.DOTALL)
    position = start + hashes + len(quote)
    while True:
        match = interesting.search(text, position)
        if match is None:
            raise ValueError("a string without an end")
        position = match.end()
        if match.group(1) is None:
            return position
        if match.group(1) == "(":
            position = end_of_interpolation(text, position)


def end_of_interpolation(text, position):
    depth = 1
    while depth > 0:
        match = TOKEN.match(text, position)
        position = match.end()
        if match.lastgroup == "string":
            position = end_of_string(text, match.start(), match.group())
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
    return position


def partners(found):
    """For each opening bracket the closing one."""
    pairs, stack = {}, []
    for index, token in enumerate(found):
        if token.text in CLOSING:
            stack.append(index)
        elif token.text in CLOSING.values() and token.kind == "other":
            opening = stack.pop()
            if CLOSING[found[opening].text] != token.text:
                raise ValueError(f"{found[opening].text} is closed by {token.text}")
            pairs[opening] = index
    if stack:
        raise ValueError(f"{found[stack[-1]].text} isn't closed")
    return pairs


def is_expression(body):
    """Whether tokens are one expression. An `if` or a `switch` without any `return` is."""
    if not body or body[0].text in STATEMENTS or any(token.kind == "directive" for token in body):
        return False
    pairs = partners(body)
    if body[0].text in ("if", "switch"):
        return all(token.text != "return" for token in body) and is_one_statement(body, pairs)
    index = 0
    while index < len(body):
        token = body[index]
        if token.text == ";" or index > 0 and token.is_first and not continues(body[index - 1], token):
            return False
        index = pairs.get(index, index) + 1
    return True


def is_one_statement(body, pairs):
    """Whether an `if` with all its branches, or a `switch`, is all there is."""
    index = 0
    while index < len(body):
        while body[index].text != "{":
            index = pairs.get(index, index) + 1
        index = pairs[index] + 1
        if index < len(body) and body[index].text != "else":
            return False
    return True


def continues(previous, token):
    """Whether a token that is the first of its line goes on with the expression of the line before."""
    if previous.text == "," or previous.kind == "operator" and previous.is_spaced or previous.text == ":":
        return True
    return token.text in (".", ",", ":", "as", "is", ")", "]", "}", "{") or token.kind == "operator" and token.is_spaced
