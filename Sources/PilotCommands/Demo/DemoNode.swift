import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// How a demo node reaches the beacon.
enum DemoCarrier: String, CaseIterable {
  case udp = "UDP"
  case wss = "WSS"
}

/// A node of the demo: an identity on a transport, known to the beacon.
struct DemoNode: Sendable {
  let id: NodeID
  let transport: any Transport
  /// Where frames for the beacon go.
  let beacon: Endpoint

  /// How long a frame may wait for a connection. Longer than the default, since the demo shows that everything arrives, also
  /// on a machine that is busy for seconds.
  static let patience: Duration = .seconds(30)

  /// Connects a node and makes sure that the beacon can deliver to it.
  static func open(
    _ carrier: DemoCarrier, id: NodeID, identity: Identity, beacon: Endpoint, url: WSSURL, authority: String
  ) async throws -> DemoNode {
    switch carrier {
    case .udp:
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      return DemoNode(id: id, transport: try UDPTransport.bind(configuration), beacon: beacon)
    case .wss:
      var configuration = WSSTransport.Configuration(beacon: url, node: id, identity: identity)
      configuration.trust = .file(authority)
      configuration.outgoing.age = patience
      return DemoNode(id: id, transport: try await WSSTransport.connect(configuration), beacon: .wssBeacon)
    }
  }

  /// Registers with the beacon and waits for its answer.
  func register(_ receiver: inout Receiver) async throws {
    try transport.send(Discover(node: id, publicKey: nil).encoded(), to: beacon)
    while true {
      let frame = try await receiver.next()
      if frame.source == beacon, (try? DiscoverReply(parsing: frame.bytes)) != nil { return }
    }
  }

  /// Relays a packet to another node, inside a plain tunnel frame.
  func relayed(_ payload: RawSpan, sequence: UInt32, acknowledgement: UInt32, to peer: NodeID) throws(WireError)
    -> [UInt8]
  {
    let header = PacketHeader(
      protocol: .datagram, source: PilotSocketAddress(node: id), destination: PilotSocketAddress(node: peer),
      sequence: sequence, acknowledgement: acknowledgement)
    let packet = try Packet(header: header, payload: payload)
    let length = Relay.headerLength + PlainFrame.headerLength + packet.encodedLength
    return [UInt8](rawCapacity: length) { output in
      output.append(contentsOf: Relay(sender: id, destination: peer, payload: RawSpan()).encoded().span.raw)
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

/// A packet that the beacon delivered, lent.
struct DemoDelivery: ~Escapable {
  let sender: NodeID
  let header: PacketHeader
  let payload: RawSpan

  /// Takes a delivery apart; `nil` for anything else.
  @_lifetime(copy frame)
  init(_ frame: RawSpan) throws(WireError) {
    let delivery = try RelayDeliver(parsing: frame)
    let packet = try Packet(parsing: PlainFrame(parsing: delivery.payload).packet)
    sender = delivery.sender
    header = packet.header
    payload = packet.payload
  }
}
