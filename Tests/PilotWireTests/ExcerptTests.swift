import PilotWire
import Testing

@Suite("the start of a text, for a log")
struct ExcerptTests {
  @Test(
    "is escaped, and tells that there was more",
    arguments: [
      ("", ""), ("abc", "abc"), ("abcd", "abcd"), ("abcde", "abcd..."), ("a\nb", #"a\nb"#), ("é", #"\u{00E9}"#),
      ("\u{1B}[2J", #"\u{1B}[2J"#), ("\u{1B}[2Jx", #"\u{1B}[2J..."#), (#"a"b"#, #"a\"b"#),
    ])
  func excerpt(text: String, expected: String) {
    #expect(text.escapedExcerpt(4) == expected)
    #expect(Substring(text).escapedExcerpt(4) == expected)
  }
}
