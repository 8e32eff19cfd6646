/// `8 * wordCount` bytes, stored in place as words so that they are compared and hashed by word.
///
/// What keys, signatures and nonces share. The words are kept in memory order, never byte-swapped: they only carry bytes.
struct FixedBytes<let wordCount: Int>: Sendable {
  private var words: InlineArray<wordCount, UInt64>

  static var byteCount: Int { 8 * wordCount }

  /// The bytes at `offset` of a span that is long enough for them.
  init(in bytes: RawSpan, at offset: Int) {
    words = InlineArray { index in bytes.word(at: offset + 8 * index) }
  }

  /// Random bytes, a word at a time: a secure generator asks the system for each number that it gives.
  init(using generator: inout some RandomNumberGenerator) {
    words = InlineArray { _ in generator.next() }
  }

  /// All of `bytes`.
  ///
  /// - Throws: `WireError.wrongLength` unless there are exactly `byteCount`.
  init(exactly bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount == Self.byteCount else {
      throw .wrongLength(expected: Self.byteCount, had: bytes.byteCount)
    }
    self.init(in: bytes, at: 0)
  }

  /// The bytes in place, for as long as the value is borrowed.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: UInt64 has no padding: each byte of the words is initialised.
      unsafe words.span.bytes
    }
  }
}

extension FixedBytes: Hashable {
  static func == (left: Self, right: Self) -> Bool {
    var difference: UInt64 = 0
    for index in 0..<wordCount { difference |= left.words[index] ^ right.words[index] }
    return difference == 0
  }

  func hash(into hasher: inout Hasher) {
    for index in 0..<wordCount { hasher.combine(words[index]) }
  }
}
