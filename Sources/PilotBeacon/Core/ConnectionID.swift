/// The number of one WSS connection, which no later connection of the same beacon gets again.
///
/// What ties a frame to the connection it came over: a node's newest connection and the one that it replaced differ in
/// this and in nothing else (wire reference, section 3).
package struct ConnectionID: Hashable, Sendable {
  /// The number. Whoever accepts connections counts it up.
  package let rawValue: UInt64

  /// The connection with this number.
  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}

extension ConnectionID: CustomStringConvertible {
  /// The number in decimal.
  package var description: String { String(rawValue) }
}
