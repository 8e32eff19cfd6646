/// Tells frames that arrive for the first time from those that were never sent, and from those that came before.
///
/// It remembers the newest 65,536 numbers; older ones that come again aren't known any more, and count as new. Datagrams
/// arrive out of order by far less.
struct SequenceCheck: Sendable {
  /// How many numbers are remembered.
  static let memory = 65_536

  private var seen = [UInt64](repeating: 0, count: memory / 64)
  /// The number behind the highest that came.
  private(set) var end: UInt64 = 0
  /// Numbers that came for the first time.
  private(set) var fresh = 0
  /// Numbers that came again.
  private(set) var repeated = 0

  /// A number has come.
  mutating func take(_ sequence: UInt64) {
    if sequence >= end {
      forget(end...sequence)
      end = sequence + 1
    } else if end - sequence > UInt64(Self.memory) {
      fresh += 1
      return
    }
    let (word, bit) = Self.place(of: sequence)
    if seen[word] & bit == 0 {
      seen[word] |= bit
      fresh += 1
    } else {
      repeated += 1
    }
  }

  /// Makes room for numbers that are newer than all so far.
  private mutating func forget(_ numbers: ClosedRange<UInt64>) {
    if numbers.upperBound - numbers.lowerBound >= UInt64(Self.memory) {
      for word in seen.indices { seen[word] = 0 }
      return
    }
    for number in numbers {
      let (word, bit) = Self.place(of: number)
      seen[word] &= ~bit
    }
  }

  private static func place(of number: UInt64) -> (word: Int, bit: UInt64) {
    let index = Int(number % UInt64(memory))
    return (index / 64, 1 << UInt64(index % 64))
  }
}
