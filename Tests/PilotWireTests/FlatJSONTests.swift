import Foundation
import PilotTesting
import PilotWire
import Testing

@Suite struct FlatJSONTests {
  @Test func readsStringsAndWholeNumbersAndSkipsTheRest() throws {
    let object = try read(#"{"s":"x","n":18446744073709551615,"z":0,"m":-0,"f":1.0,"t":true,"u":null,"o":{},"a":[[]]}"#)
    #expect(object.members.map(\.key) == ["s", "n", "z", "m", "f", "t", "u", "o", "a"])
    #expect(
      object.members.map(\.value) == [
        .string("x"), .integer(.max), .integer(0), .other, .other, .other, .other, .other, .other,
      ])
    #expect(object["missing"] == nil)
  }

  @Test func escapesAreResolved() throws {
    let text = #"{"k":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00\u0000é😀"}"#
    #expect(try read(text).string("k") == "\"\\/\u{08}\u{0C}\n\r\tAé€😀\u{0}é😀")
  }

  @Test(
    arguments: [
      ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[]", .unexpectedByte(0x5B), 0),
      ("\"a\"", .unexpectedByte(0x22), 0),
      ("{", .unexpectedEnd, 1), ("{]", .unexpectedByte(0x5D), 1), ("{\"a\"", .unexpectedEnd, 4),
      ("{\"a\":", .unexpectedEnd, 5), ("{\"a\":1", .unexpectedEnd, 6), ("{\"a\":1,", .unexpectedEnd, 7),
      ("{\"a\":1,}", .unexpectedByte(0x7D), 7), ("{,}", .unexpectedByte(0x2C), 1),
      ("{\"a\" 1}", .unexpectedByte(0x31), 5),
      ("{a:1}", .unexpectedByte(0x61), 1), ("{'a':1}", .unexpectedByte(0x27), 1), ("{\"a\":1}x", .trailingBytes, 7),
      ("{}{}", .trailingBytes, 2), ("{\"a\":01}", .unexpectedByte(0x31), 6), ("{\"a\":+1}", .unexpectedByte(0x2B), 5),
      ("{\"a\":-}", .unexpectedByte(0x7D), 6), ("{\"a\":1.}", .unexpectedByte(0x7D), 7),
      ("{\"a\":.5}", .unexpectedByte(0x2E), 5), ("{\"a\":1e}", .unexpectedByte(0x7D), 7),
      ("{\"a\":1e+-1}", .unexpectedByte(0x2D), 8), ("{\"a\":NaN}", .unexpectedByte(0x4E), 5),
      ("{\"a\":tru}", .unexpectedByte(0x7D), 8), ("{\"a\":True}", .unexpectedByte(0x54), 5),
      ("{\"a\":[1,]}", .unexpectedByte(0x5D), 8), ("{\"a\":[1 2]}", .unexpectedByte(0x32), 8),
      ("{\"a\":{\"b\"}}", .unexpectedByte(0x7D), 9), ("{\"a\":{1:2}}", .unexpectedByte(0x31), 6),
      ("{\"a", .unexpectedEnd, 3), ("{\"a\\", .unexpectedEnd, 4), ("{\"a\\x\":1}", .invalidEscape, 4),
      ("{\"\\u12\":1}", .invalidEscape, 6), ("{\"\\uD800\":1}", .loneSurrogate, 3),
      ("{\"\\uDC00\":1}", .loneSurrogate, 3),
      ("{\"\\uD800\\u0041\":1}", .loneSurrogate, 3), ("{\"\\uD800x\":1}", .loneSurrogate, 3),
      ("{\"\\uD800\\n\":1}", .loneSurrogate, 3), ("{\"a\nb\":1}", .controlCharacter(0x0A), 3),
      ("{\"a\u{0}\":1}", .controlCharacter(0), 3), ("\u{FEFF}{}", .unexpectedByte(0xEF), 0),
      ("{\u{A0}}", .unexpectedByte(0xC2), 1), ("{/**/}", .unexpectedByte(0x2F), 1),
    ] as [(String, JSONFault, Int)])
  func malformedTextIsRefusedWhereItIsWrong(_ text: String, _ reason: JSONFault, _ offset: Int) {
    #expect(throws: WireError.malformedJSON(reason, offset: offset)) { try read(text) }
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xFF],
    ] as [[UInt8]])
  func invalidUTF8IsRefusedAlsoInWhatIsSkipped(_ sequence: [UInt8]) {
    let text = Array("{\"a\":[\"".utf8) + sequence + Array("\"]}".utf8)
    #expect(throws: WireError.malformedJSON(.invalidUTF8, offset: 7)) { try read(text) }
  }

  @Test func aKeyCountsOnceHoweverItIsWritten() throws {
    #expect(throws: WireError.malformedJSON(.duplicateKey("a"), offset: 7)) { try read(#"{"a":1,"a":1}"#) }
    #expect(throws: WireError.malformedJSON(.duplicateKey("a"), offset: 7)) { try read(#"{"a":1,"\u0061":2}"#) }
    // The Kelvin sign is canonically equivalent to K, but another key.
    let object = try read("{\"K\":1,\"\u{212A}\":2}")
    #expect(try object.integer("K") == 1)
    #expect(try object.integer("\u{212A}") == 2)
  }

  @Test func depthIsBoundedAndDeepTextDoesNotOverflowTheStack() throws {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
    }
    _ = try read(nested(FlatJSON.maximumDepth))
    #expect(throws: WireError.malformedJSON(.tooDeep(limit: 16), offset: 20)) {
      try read(nested(FlatJSON.maximumDepth + 1))
    }
    #expect(throws: WireError.malformedJSON(.tooDeep(limit: 16), offset: 20)) {
      try read("{\"a\":" + String(repeating: "[", count: 1_000_000))
    }
    #expect(throws: WireError.malformedJSON(.tooDeep(limit: 16), offset: 80)) {
      try read(String(repeating: "{\"a\":", count: 200_000))
    }
  }

  @Test func membersAreBounded() throws {
    func many(_ count: Int) -> String {
      "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }
    #expect(try read(many(64)).members.count == 64)
    #expect(throws: WireError.self) { try read(many(65)) }
    #expect(throws: WireError.self) { try read(many(100_000)) }
  }

  @Test func agreesWithFoundationAboutWhatIsJSON() throws {
    var generator = SeededRandom(seed: 6)
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"b\":", "\"c\":1", "\"\\n\"", "\\", "1", "0", "-", ".5", "e3",
      "true",
      "null", " ", "\"\\uD83D\\uDE00\"", "{\"x\":[", "]}",
    ]
    var accepted = 0
    for _ in 0..<60_000 {
      let count = Int.random(in: 0...7, using: &generator)
      let text = "{\"k\":" + (0..<count).map { _ in pieces[Int(generator.next() % 23)] }.joined() + "}"
      let ours = try? read(text)
      let theirs = try? JSONSerialization.jsonObject(with: Data(text.utf8))
      if ours != nil {
        accepted += 1
        #expect(theirs != nil, "\(text)")
      } else if theirs != nil {
        // All that is stricter here is that a key comes once, and that no comma hangs over (RFC 8259 section 4).
        #expect(duplicatesAKey(text) || text.contains(/,[ ]*[}\]]/), "\(text)")
      }
    }
    #expect(accepted > 1_000)
  }

  private func duplicatesAKey(_ text: String) -> Bool {
    do throws(WireError) {
      _ = try read(text)
      return false
    } catch {
      if case .malformedJSON(.duplicateKey, _) = error { return true }
      return false
    }
  }

  private func read(_ text: String) throws(WireError) -> FlatJSON {
    try read(Array(text.utf8))
  }

  private func read(_ text: [UInt8]) throws(WireError) -> FlatJSON {
    try FlatJSON(parsing: text.span.raw, maximumLength: 8 << 20)
  }
}
