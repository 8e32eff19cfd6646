import PilotTransport
import PilotWire

/// A whole beacon, driven by a program: a byte that chooses how it is set up, and steps, each of which is a byte that says what
/// happens, then what it needs.
///
/// What must hold, whatever comes: a delivery names only a sender that the source has announced itself as (UDP) or has
/// proven to be (WebSocket); nobody gets frames before he has proven who he is; what is sent keeps RFC 6455; each frame is
/// accounted for; the tables keep their bounds; no source gets more than its share of anything (``FuzzedLimits``); and no
/// registration moves, or goes, that may not (``FuzzedWhereabouts``).
enum BeaconTarget {
  enum Step: Int, CaseIterable {
    case datagram, made, again, proof, connect, proxyHeader, bytes, upgrade, authenticate, message, madeMessage
    case anyFrame, time, moment, hangUp, unreachable, key
  }

  private static let peerLimit = 6
  /// How many frames a program may have come in all: its length bounds it otherwise.
  private static let frameLimit = 3_000

  static func run(_ input: [UInt8]) throws(Violation) -> Bool {
    var reader = InputReader(input)
    let beacon = FuzzedBeacon(FuzzedWorld(reader.byte()))
    var play = Play(beacon: beacon)
    defer {
      for peer in play.peers { peer.hangUp() }
      beacon.shutDown()
    }
    while !reader.isAtEnd, play.frames < frameLimit {
      guard let step = Step(rawValue: reader.number(below: Step.allCases.count)) else { continue }
      try play.perform(step, &reader)
      for peer in play.peers where !peer.isOpen { beacon.ended(peer) }
      play.peers.removeAll { !$0.isOpen }
      try beacon.checkBooks()
    }
    return beacon.hasHeard
  }

  /// A program under way.
  private struct Play {
    let beacon: FuzzedBeacon
    var peers: [FuzzedPeer] = []
    var frames = 0
    private var last: (datagram: [UInt8], source: Endpoint)?

    init(beacon: FuzzedBeacon) {
      self.beacon = beacon
    }

    mutating func perform(_ step: Step, _ reader: inout InputReader) throws(Violation) {
      switch step {
      case .datagram, .made:
        let source = source(&reader)
        try receive(step == .made ? FrameMaker.frame(&reader) : reader.block(), from: source)
      case .again:
        guard let last else { return }
        try receive(last.datagram, times: reader.number(below: 256) + 1, from: last.source)
      case .proof:
        try prove(&reader)
      case .connect:
        let isFromProxy = reader.number(below: 2) == 1
        if peers.count < peerLimit { peers.append(try beacon.connect(isFromProxy: isFromProxy)) }
      case .time:
        try advance(seconds: reader.number(below: 100))
      case .moment:
        try beacon.advance(by: .milliseconds(4 * reader.number(below: 256)))
        try readAll { _ in false }
      case .unreachable:
        try beacon.reportUnreachable(source(&reader))
      case .key:
        try beacon.exchangeKey(of: FuzzedNode.listed[reader.number(below: FuzzedNode.listed.count)])
        try readAll { _ in false }
      case .proxyHeader, .bytes, .upgrade, .authenticate, .message, .madeMessage, .anyFrame, .hangUp:
        guard !peers.isEmpty else { return }
        try perform(step, on: peers[reader.number(below: peers.count)], &reader)
      }
    }

    private mutating func receive(_ datagram: [UInt8], times: Int = 1, from source: Endpoint) throws(Violation) {
      last = (datagram, source)
      frames += times
      try beacon.receive(datagram, times: times, from: source)
      try readAll { beacon.hasAnnounced($0, from: source) }
    }

    /// In steps in which the beacon asks as often as it does, as far as anything can still be due.
    private func advance(seconds: Int) throws(Violation) {
      for _ in 0..<min(seconds, 5) { try beacon.advance(by: .seconds(1)) }
      if seconds > 5 { try beacon.advance(by: .seconds(seconds - 5)) }
      try readAll { _ in false }
    }

    /// A challenge is answered: as it should be, or from elsewhere, to another beacon, or with another key.
    private func prove(_ reader: inout InputReader) throws(Violation) {
      let (challenged, choice) = (source(&reader), reader.byte())
      let origin = choice & 3 == 1 ? source(&reader) : challenged
      let signer = choice & 12 == 4 ? FuzzedNode.listed[Int(choice >> 6) % FuzzedNode.listed.count] : nil
      let name = choice & 48 == 16 ? FuzzedNode.otherBeacon : FuzzedNode.beacon
      try beacon.prove(challenged, from: origin, naming: name, by: signer)
      try readAll { _ in false }
    }

    private func perform(_ step: Step, on peer: FuzzedPeer, _ reader: inout InputReader) throws(Violation) {
      try beacon.receive(on: peer) {
        switch step {
        case .proxyHeader: peer.sendProxyHeader(naming: source(&reader), isBinary: reader.number(below: 2) == 1)
        case .bytes: peer.send(reader.block())
        case .upgrade: peer.upgrade(for: reader.number(below: 2) == 1 ? source(&reader) : nil)
        case .authenticate:
          let node = FuzzedNode.listed[reader.number(below: FuzzedNode.listed.count)]
          let isElsewhere = reader.number(below: 4) == 1
          peer.authenticate(as: node, dialling: isElsewhere ? FuzzedNode.otherBeacon : FuzzedNode.beacon)
        case .message: peer.sendFrame(0x82, reader.block())
        case .madeMessage: peer.sendFrame(0x82, FrameMaker.frame(&reader))
        case .anyFrame:
          let head = reader.byte()
          peer.sendFrame(head, reader.block())
        case .hangUp: peer.hangUp()
        default: break
        }
      }
      let speaker = peer.node
      // The answer to its authentication first: from then on it may name itself.
      try peer.readAll { $0 == speaker }
      for other in peers { try other.readAll { $0 == speaker } }
      try beacon.checkPeer(peer)
    }

    private func readAll(_ mayName: (NodeID) -> Bool) throws(Violation) {
      for peer in peers { try peer.readAll(mayName) }
    }

    private func source(_ reader: inout InputReader) -> Endpoint {
      FuzzedWorld.sources[reader.number(below: FuzzedWorld.sources.count)]
    }
  }
}
