internal import PilotWire

/// Finds the newest of up to 64 messages for a destination: a small open-addressed table of their numbers.
///
/// Probing is bounded, so that destinations chosen to collide cost no more than others: what finds no place is not
/// found, and begins a new message each time.
struct DestinationIndex: ~Copyable {
  private static let slotCount = 128
  private static let probes = 8

  /// A message's number plus one; 0 is an empty slot.
  private var slots = InlineArray<128, UInt8>(repeating: 0)
  private var isEmpty = true

  /// Forgets all messages.
  mutating func removeAll() {
    if isEmpty { return }
    slots = InlineArray(repeating: 0)
    isEmpty = true
  }

  /// The newest message noted for the destination.
  ///
  /// - Parameter matches: Whether the message with this number goes there.
  @inline(__always)
  func find(_ destination: Endpoint, matches: (Int) -> Bool) -> Int? {
    var slot = Self.home(of: destination)
    for _ in 0..<Self.probes {
      let number = Int(slots[slot])
      if number == 0 { return nil }
      if matches(number - 1) { return number - 1 }
      slot = (slot + 1) % Self.slotCount
    }
    return nil
  }

  /// Makes a message the newest one for its destination.
  ///
  /// - Parameter matches: Whether the message with this number goes there, too.
  @inline(__always)
  mutating func note(_ message: Int, for destination: Endpoint, matches: (Int) -> Bool) {
    isEmpty = false
    var slot = Self.home(of: destination)
    for _ in 0..<Self.probes {
      let number = Int(slots[slot])
      if number == 0 || matches(number - 1) {
        slots[slot] = UInt8(truncatingIfNeeded: message + 1)
        return
      }
      slot = (slot + 1) % Self.slotCount
    }
  }

  private static func home(of destination: Endpoint) -> Int {
    let mixed = (destination.low ^ destination.high ^ UInt64(destination.port) << 32) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 57)
  }
}
