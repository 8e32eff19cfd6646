import PilotWire

/// What the demo's nodes send each other: a packet inside a plain tunnel frame, lent.
struct DemoPacket: ~Escapable {
  let header: PacketHeader
  let payload: RawSpan

  /// Takes a message apart; throws for anything else.
  @_lifetime(copy message)
  init(parsing message: RawSpan) throws(WireError) {
    let packet = try Packet(parsing: PlainFrame(parsing: message).packet)
    header = packet.header
    payload = packet.payload
  }

  /// The bytes of one, to be sent to another node.
  static func encoded(
    _ payload: RawSpan, from node: NodeID, to peer: NodeID, sequence: UInt32, acknowledgement: UInt32
  ) throws(WireError) -> [UInt8] {
    let header = PacketHeader(
      protocol: .datagram, source: PilotSocketAddress(node: node), destination: PilotSocketAddress(node: peer),
      sequence: sequence, acknowledgement: acknowledgement)
    let packet = try Packet(header: header, payload: payload)
    return [UInt8](rawCapacity: PlainFrame.headerLength + packet.encodedLength) { output in
      output.append(contentsOf: PlainFrame(packet: RawSpan()).encoded().span.raw)
      packet.append(to: &output)
    }
  }
}

extension PilotSocketAddress {
  /// A node's demo port.
  fileprivate init(node: NodeID) {
    self.init(address: PilotAddress(network: 0, node: node.rawValue), port: 1_001)
  }
}
