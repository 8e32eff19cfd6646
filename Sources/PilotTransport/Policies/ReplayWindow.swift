/// Which of a sender's counters have been seen, for the newest 256 of them (RFC 4303, section 3.4.3).
package struct ReplayWindow: Sendable, BitwiseCopyable {
  /// How far behind the newest one a counter may be, itself included.
  package static let width: UInt64 = 256

  /// The newest counter that was seen; 0 for none.
  package private(set) var newest: UInt64 = 0
  /// Bit `n`: whether `newest - n` was seen.
  private var seen = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))

  /// Nothing has been seen.
  package init() {}

  /// Whether `counter` may still come: it isn't 0, wasn't seen, and isn't too old to tell.
  package func admits(_ counter: UInt64) -> Bool {
    guard counter > 0 else { return false }
    guard counter <= newest else { return true }
    let age = newest - counter
    return age < Self.width && word(age / 64) >> (age % 64) & 1 == 0
  }

  /// `counter` has come, on a frame whose tag is right.
  ///
  /// - Precondition: the window admits it.
  package mutating func record(_ counter: UInt64) {
    precondition(admits(counter), "a counter that the window doesn't admit")
    if counter > newest {
      shift(by: counter - newest)
      newest = counter
    }
    let age = newest - counter
    let bit = UInt64(1) << (age % 64)
    switch age / 64 {
    case 0: seen.0 |= bit
    case 1: seen.1 |= bit
    case 2: seen.2 |= bit
    default: seen.3 |= bit
    }
  }

  private func word(_ index: UInt64) -> UInt64 {
    switch index {
    case 0: seen.0
    case 1: seen.1
    case 2: seen.2
    default: seen.3
    }
  }

  private mutating func shift(by distance: UInt64) {
    guard distance < Self.width else {
      seen = (0, 0, 0, 0)
      return
    }
    for _ in 0..<distance / 64 { seen = (0, seen.0, seen.1, seen.2) }
    let bits = distance % 64
    guard bits > 0 else { return }
    seen = (
      seen.0 << bits, seen.1 << bits | seen.0 >> (64 - bits), seen.2 << bits | seen.1 >> (64 - bits),
      seen.3 << bits | seen.2 >> (64 - bits)
    )
  }
}
