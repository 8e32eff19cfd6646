extension ConnectionID {
  /// The first of the numbers for connections that the beacon before still has: no beacon comes that far by counting.
  static let firstAtPredecessor: UInt64 = 1 << 63

  /// A connection of the beacon before, by its number there.
  init(atPredecessor number: UInt64) { self.init(rawValue: number | Self.firstAtPredecessor) }

  /// Its number at the beacon before; nil for one of this beacon's own.
  var numberAtPredecessor: UInt64? {
    rawValue >= Self.firstAtPredecessor ? rawValue & ~Self.firstAtPredecessor : nil
  }
}
