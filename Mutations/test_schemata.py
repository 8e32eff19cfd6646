"""python3 -m unittest discover Mutations"""

import unittest

from schemata import Unweavable, WovenFile, number
from swift_source import SwiftSource, Unit


def units(text):
    """What each unit of a text says, without spaces, and of which kind it is."""
    return [("".join(unit.words), unit.kind) for unit in SwiftSource(text).units]


def woven(old, new):
    """A text with one fault in it, as one line without the import."""
    file = WovenFile(old)
    file.add("f", new)
    text = file.text.removeprefix("public import CFaultSwitch").replace("// f", "").replace(str(number("f")), "1")
    return " ".join(text.split())


class UnitTests(unittest.TestCase):
    def test_bodies_and_initial_values(self):
        self.assertEqual(
            units(
                """
                @available(macOS 26, *) public struct S<T: P>: ~Copyable {
                  static let a: Int = 1, b = [2,
                    3]
                  @Option(help: "x = 5") var c: Duration = .seconds(3)
                  private(set) var d = f { 4 } { didSet { g(5) } }
                  let e: (Int) -> Void
                  var f: Int { 6 }
                  var g: Int {
                    @inlinable get throws(E) { 7 }
                    _modify { yield &h }
                  }
                  init?(_ x: Int = 8, y: Int = max(9, 9)) where T: P { self.x = 10 }
                  func h() async -> (Int) -> Void { 11 }
                  func i() -> Void { j() }
                  static func < (l: S, r: S) -> Bool { 12 }
                  subscript(i: Int) -> Int { 13 }
                  class func k() { struct L { let m = 14 } }
                  deinit { n() }
                }
                """),
            [
                ("1", Unit.INITIAL), ("[2,3]", Unit.INITIAL), (".seconds(3)", Unit.INITIAL), ("f{4}", Unit.INITIAL),
                ("g(5)", Unit.STATEMENTS), ("6", Unit.VALUE), ("7", Unit.VALUE), ("yield&h", Unit.STATEMENTS),
                ("8", Unit.INITIAL), ("max(9,9)", Unit.INITIAL), ("self.x=10", Unit.STATEMENTS), ("11", Unit.VALUE), ("j()", Unit.STATEMENTS),
                ("12", Unit.VALUE), ("13", Unit.VALUE), ("structL{letm=14}", Unit.STATEMENTS), ("n()", Unit.STATEMENTS),
            ])

    def test_requirements_and_cases_are_no_units(self):
        self.assertEqual(units("protocol P { var a: Int { get }\n func f() }\nenum E: Int { case a = 1\n case b(Int) }"), [])

    def test_conditional_declarations(self):
        self.assertEqual(
            units("#if os(Linux) && !X\nlet a = 1\n#else\nlet a = 2\n#endif"), [("1", Unit.INITIAL), ("2", Unit.INITIAL)])

    def test_strings_and_comments(self):
        for literal in [
            '"}"', '"\\(a["}"] ?? ")")"', '#"\\("#', '"""\n }"\n """', '#""#', '"\\""', '"" /* } /* } */ */', "1 // }",
        ]:
            self.assertEqual(len(units(f"func f() {{ g({literal}\n) }}\nlet a = 1")), 2, literal)

    def test_expressions(self):
        def is_expression(body):
            return SwiftSource(f"var a: Int {{ {body} }}").units[0].is_expression()

        for body in [
            "1", "a\n .b\n + c", "f(\n1,\n2)", "a ? b\n : c", "try a &&\n b", "switch a {\ncase 1: 2\n}",
            "if a { b } else if c { d } else { e }", "a.map { $0\n }\n.b",
        ]:
            self.assertTrue(is_expression(body), body)
        for body in [
            "", "let a = 1\nreturn a", "f()\ng()", "f()\n-a", "if a { return b }\nc", "switch a { case 1: return 2 }", "return 1",
        ]:
            self.assertFalse(is_expression(body), body)


class WovenFileTests(unittest.TestCase):
    def test_a_body(self):
        self.assertEqual(woven("func f() { a() }", "func f() {}"), "func f() { if isFault(1) { } else { a() } }")

    def test_an_implicit_return_becomes_one(self):
        self.assertEqual(
            woven("var a: Int { 1 }", "var a: Int { let b = 1\n return b }"),
            "var a: Int { if isFault(1) { let b = 1 return b } else { return 1 } }")

    def test_an_initial_value(self):
        self.assertEqual(woven("let a: Int = 1", "let a: Int = 2"), "let a: Int = (isFault(1) ? (2) : (1))")

    def test_several_faults_in_one_body(self):
        file = WovenFile("func f() { a() }")
        file.add("b", "func f() { b() }")
        file.add("c", "func f() { c() }")
        self.assertEqual(file.text.count("} else"), 2)
        line = next(number for number, line in enumerate(file.text.splitlines(), 1) if "c()" in line)
        self.assertEqual(file.faults_at(line), {"c"})
        line = next(number for number, line in enumerate(file.text.splitlines(), 1) if "a()" in line)
        self.assertEqual(file.faults_at(line), {"b", "c"})

    def test_a_comment_is_no_change(self):
        self.assertEqual(woven("func f() { a() }", "func f() { a()  // b\n }"), "func f() { a() }")

    def test_declarations_are_not_woven(self):
        for text in ["func f(b: Int) { a() }", "func f() { a() }\nlet b = 1", "private func f() { a() }"]:
            with self.assertRaises(Unweavable):
                WovenFile("func f() { a() }").add("f", text)


if __name__ == "__main__":
    unittest.main()
