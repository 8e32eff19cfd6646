import Foundation
import Testing

@testable import PilotConsole

@Suite("JSON lines")
struct JSONValueTests {
  @Test("keep the order of their members, and have no spaces")
  func order() {
    let value: JSONValue = ["event": "ready", "transport": "wss", "local": "192.0.2.1:0"]
    #expect(value.line == #"{"event":"ready","transport":"wss","local":"192.0.2.1:0"}"#)
    #expect(value["transport"] == "wss")
    #expect(value["port"] == nil)
  }

  @Test("nest")
  func nesting() {
    let value: JSONValue = ["a": [1, -2, true, .null, [:], []], "b": ["c": 1.5]]
    #expect(value.line == #"{"a":[1,-2,true,null,{},[]],"b":{"c":1.5}}"#)
  }

  @Test("leave absent members out")
  func absent() {
    let port: UInt16? = nil
    let value = JSONValue.object(present: ["host": "a", "port": port.map { .int($0) }, "id": .int(UInt32.max)])
    #expect(value.line == #"{"host":"a","id":4294967295}"#)
  }

  @Test("write integers digit for digit, and no numbers that JSON lacks")
  func numbers() {
    #expect(JSONValue.int(UInt64.max).line == "18446744073709551615")
    #expect(JSONValue.int(Int64.min).line == "-9223372036854775808")
    #expect(JSONValue.double(.infinity).line == "null")
    #expect(JSONValue.double(.nan).line == "null")
    #expect(JSONValue.double(1e-7).line == "1e-07")
  }

  @Test("escape what ends a line, and nothing that JSON doesn't know")
  func escaping() {
    let value = JSONValue.string("\"\\/\n\r\t\u{0}\u{1F}\u{7F}\u{85}\u{9F}\u{2028}\u{2029}é\u{1F600}e\u{301}")
    #expect(
      value.line
        == #""\"\\/\n\r\t\u0000\u001f\u007f\u0085\u009f\u2028\u2029é"# + "\u{1F600}e\u{301}\"")
  }

  @Test("read back as what was written, for every character of the first 64 Ki and in names")
  func roundTrip() throws {
    let scalars = (0...0xFFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
    for start in stride(from: 0, to: scalars.count, by: 1024) {
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars[start..<min(start + 1024, scalars.count)])
      let line = JSONValue.object([.init(name: text, value: .string(text))]).line
      let read = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
      #expect(read.keys.first.map { Array($0.utf8) } == Array(text.utf8))
      #expect(read.values.first.map { Array($0.utf8) } == Array(text.utf8))
    }
  }

  @Test("texts on one line can't forge another one or steer a terminal")
  func oneLine() {
    #expect("a b é".onOneLine == "a b é")
    #expect("a\nerror b\u{1B}[2J\u{9B}1m".onOneLine == #"a\nerror b\u001b[2J\u009b1m"#)
  }
}
