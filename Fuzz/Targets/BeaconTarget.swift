import PilotTransport
import PilotWire

/// A whole beacon, driven by a program: each step is a byte that says what happens, then what it needs.
///
/// What must hold, whatever comes: a delivery names only a sender that the source has announced itself as (UDP) or has
/// proven to be (WebSocket); nobody gets frames before he has proven who he is; what is sent keeps RFC 6455; each frame is
/// accounted for; and the tables keep their bounds.
enum BeaconTarget {
  private enum Step: Int, CaseIterable {
    case datagram, connect, bytes, upgrade, authenticate, message, anyFrame, time, hangUp, unreachable
  }

  private static let peerLimit = 6

  static func run(_ input: [UInt8]) throws(Violation) -> Bool {
    let beacon = FuzzedBeacon()
    var peers: [FuzzedPeer] = []
    defer {
      for peer in peers { peer.hangUp() }
      beacon.shutDown()
    }
    var reader = InputReader(input)
    while !reader.isAtEnd {
      guard let step = Step(rawValue: reader.number(below: Step.allCases.count)) else { continue }
      switch step {
      case .datagram:
        let source = source(&reader)
        try beacon.receive(reader.block(), from: source)
        for peer in peers { try peer.readAll { beacon.hasAnnounced($0, from: source) } }
      case .connect:
        if peers.count < peerLimit { peers.append(try beacon.connect()) }
      case .time:
        beacon.advance(by: .seconds(reader.number(below: 100)))
        for peer in peers { try peer.readAll { _ in false } }
      case .unreachable:
        beacon.reportUnreachable(source(&reader))
        try beacon.checkDeliveries { _ in false }
      case .bytes, .upgrade, .authenticate, .message, .anyFrame, .hangUp:
        guard !peers.isEmpty else { continue }
        let peer = peers[reader.number(below: peers.count)]
        perform(step, on: peer, &reader)
        beacon.settle()
        let speaker = peer.node
        // The answer to its authentication first: from then on it may name itself.
        try peer.readAll { $0 == speaker }
        for other in peers { try other.readAll { $0 == speaker } }
        try beacon.checkDeliveries { $0 == speaker }
      }
      peers.removeAll { !$0.isOpen }
      try beacon.checkBooks()
    }
    return beacon.hasHeard
  }

  private static func perform(_ step: Step, on peer: FuzzedPeer, _ reader: inout InputReader) {
    switch step {
    case .bytes: peer.send(reader.block())
    case .upgrade: peer.upgrade()
    case .authenticate:
      let nodes = FuzzedNode.keys.keys.sorted { $0.rawValue < $1.rawValue }
      peer.authenticate(as: nodes[reader.number(below: nodes.count)])
    case .message: peer.sendFrame(0x82, reader.block())
    case .anyFrame:
      let head = reader.byte()
      peer.sendFrame(head, reader.block())
    case .hangUp: peer.hangUp()
    case .datagram, .connect, .time, .unreachable: break
    }
  }

  private static func source(_ reader: inout InputReader) -> Endpoint {
    let number = reader.number(below: 9)
    // One of them is port 0, which nothing can be sent to.
    return Endpoint(ipv4: 198, 51, 100, UInt8(number), port: number == 8 ? 0 : 4_000)
  }
}
