/// One end of a Pilot conversation: an address and a port of that node.
public struct PilotSocketAddress: Hashable, Sendable {
  /// Which node of which network.
  public let address: PilotAddress
  /// The port, 0...65535. ``PilotPort`` has those with a meaning.
  public let port: UInt16

  /// An end of these parts.
  public init(address: PilotAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads `N:NNNN.HHHH.LLLL:port`, the port in decimal; nil for any other text.
  public init?(parsing text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":"),
      let address = PilotAddress(parsing: text[..<colon]),
      let port = Decimal.parse(text[text.index(after: colon)...].utf8, as: UInt16.self)
    else { return nil }
    self.init(address: address, port: port)
  }
}

extension PilotSocketAddress: CustomStringConvertible {
  /// `N:NNNN.HHHH.LLLL:port`.
  public var description: String { "\(address):\(port)" }
}
