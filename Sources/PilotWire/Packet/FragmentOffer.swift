/// How a node tells a peer that it puts fragments together: an empty packet of ``PacketProtocol/fragment`` between the ports 0 (wire
/// reference, section 5).
///
/// SYN: it wants to know the same of the peer · `window`: the longest datagram:2
public struct FragmentOffer: Hashable, Sendable {
  /// The longest datagram that it takes, in bytes.
  public let longest: Int
  /// Whether it is to be answered by an offer that isn't.
  public let isQuestion: Bool

  /// An offer.
  ///
  /// - Parameters:
  ///   - longest: The longest datagram, in bytes: 65,535 at most.
  ///   - isQuestion: Whether it is to be answered.
  public init(longest: Int, isQuestion: Bool) {
    (self.longest, self.isQuestion) = (min(max(longest, 0), Packet.maximumPayloadLength), isQuestion)
  }

  /// Reads a packet's header; nil if it is no offer.
  public init?(_ header: PacketHeader, payloadLength: Int) {
    guard header.protocol == .fragment, payloadLength == 0, header.source.port == PilotPort.ping,
      header.destination.port == PilotPort.ping
    else { return nil }
    self.init(longest: Int(header.window), isQuestion: header.flags.contains(.syn))
  }

  /// The header of the packet that it is.
  public func header(from source: PilotAddress, to destination: PilotAddress) -> PacketHeader {
    PacketHeader(
      flags: isQuestion ? .syn : [], protocol: .fragment,
      source: PilotSocketAddress(address: source, port: PilotPort.ping),
      destination: PilotSocketAddress(address: destination, port: PilotPort.ping), window: UInt16(longest))
  }
}
