/// The transports that a relayed frame came and left on.
public struct RelayCell: Hashable, Sendable {
  /// What carries a frame on one of its two legs.
  public enum Carrier: Int, CaseIterable, Sendable {
    /// Datagrams.
    case udp
    /// A WebSocket connection.
    case wss
  }

  /// What it came over.
  public let from: Carrier
  /// What it left over.
  public let to: Carrier

  /// One of four.
  public init(from: Carrier, to: Carrier) {
    (self.from, self.to) = (from, to)
  }
}

extension RelayCell: CaseIterable, RawRepresentable {
  /// All pairs of carriers, in the order of their numbers.
  public static var allCases: [RelayCell] {
    Carrier.allCases.flatMap { from in Carrier.allCases.map { to in RelayCell(from: from, to: to) } }
  }

  /// From 0 on.
  public var rawValue: Int { from.rawValue * 2 + to.rawValue }

  /// The cell with this number, if there is one.
  public init?(rawValue: Int) {
    guard rawValue >= 0, let from = Carrier(rawValue: rawValue / 2), let to = Carrier(rawValue: rawValue % 2)
    else { return nil }
    self.init(from: from, to: to)
  }
}

extension RelayCell: CustomStringConvertible {
  /// The cell's name in snake case, fit for metrics.
  public var description: String { "\(from)_to_\(to)" }
}
