/// Reads a fuzzer's input as a program: bytes that choose, and blocks of bytes.
struct InputReader {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) {
    rest = input[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// The next byte; 0 behind the end.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// A number below `bound`.
  mutating func number(below bound: Int) -> Int { Int(byte()) % bound }

  /// `length:2 · bytes`, as many as there are.
  mutating func block() -> [UInt8] {
    let length = Int(byte()) << 8 | Int(byte())
    let block = rest.prefix(length)
    rest = rest.dropFirst(length)
    return Array(block)
  }
}
