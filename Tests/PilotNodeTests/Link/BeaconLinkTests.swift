import PilotNode
import PilotTransport
import PilotWire
import Testing

/// The whole way to a beacon over UDP, where frames get lost and nodes are believed elsewhere.
@Suite("A node's way to its beacon over UDP")
struct BeaconLinkTests {
  private static let first = Endpoint(high: 0, low: 1, port: 9_001)
  private static let second = Endpoint(ipv4: 127, 0, 0, 1, port: 9_001)
  private static let token = ProbeToken(high: 1, low: 2)
  private static let seen = Endpoint(ipv4: 192, 0, 2, 7, port: 7)

  private static func at(_ seconds: Double) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  private static func link(_ node: NodeID, others: [Endpoint] = []) -> BeaconLink {
    BeaconLink(node: node, to: .datagrams(beacon: first, others: others), token: token, at: .start)
  }

  private static func outputs(_ link: inout BeaconLink) -> [BeaconLink.Output] {
    var outputs: [BeaconLink.Output] = []
    while let output = link.nextOutput() { outputs.append(output) }
    return outputs
  }

  private static func answer(_ link: inout BeaconLink, from source: Endpoint, at seconds: Double) -> [BeaconLink.Output]
  {
    _ = link.received(DiscoverReply(endpoint: seen).encoded().span.raw, from: source, at: at(seconds))
    return outputs(&link)
  }

  private static func returnProbe(_ link: inout BeaconLink, of node: NodeID, at seconds: Double) -> [BeaconLink.Output]
  {
    let payload = token.payload
    let frame = RelayDeliver(sender: node, payload: payload.span.raw).encoded()
    #expect(link.received(frame.span.raw, from: first, at: at(seconds)) == .probe)
    return outputs(&link)
  }

  @Test("a node that was believed elsewhere is ready when its proof was taken, not before")
  func provenElsewhere() throws {
    let node = try #require(NodeID(7))
    var link = Self.link(node)
    #expect(Self.outputs(&link) == [.announce(Self.first), .probe(Self.first)])
    // These probes are dropped: the beacon holds the node to be elsewhere.
    #expect(Self.answer(&link, from: Self.first, at: 0.01) == [.probe(Self.first)])
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(rawValue: 1), token: ChallengeToken(high: 1, low: 1))
    _ = link.received(challenge.encoded().span.raw, from: Self.first, at: Self.at(0.01))
    #expect(Self.outputs(&link) == [.prove(challenge, Self.first), .probe(Self.first)])
    _ = Self.answer(&link, from: Self.first, at: 0.02)
    #expect(!link.state.isReady)
    // A beacon that looks at the proof for longer drops that one, too.
    link.tick(at: Self.at(0.26))
    #expect(Self.outputs(&link).contains(.probe(Self.first)))
    #expect(Self.returnProbe(&link, of: node, at: 0.27) == [.state(.ready(observed: Self.seen))])
  }

  @Test("a lost frame to itself is sent again, and one that comes late is still the link's alone")
  func lostProbe() throws {
    let node = try #require(NodeID(7))
    var link = Self.link(node)
    _ = Self.outputs(&link)
    #expect(Self.answer(&link, from: Self.first, at: 0) == [.probe(Self.first)])
    var probes = 0
    while let deadline = link.deadline, deadline < Self.at(2) {
      link.tick(at: deadline)
      probes += Self.outputs(&link).count { $0 == .probe(Self.first) }
    }
    #expect(probes == 3, "after 0.25 s, 0.75 s and 1.75 s")
    link.tick(at: Self.at(2))
    #expect(Self.outputs(&link) == [.state(.unreachable(.undelivered))])
    #expect(Self.returnProbe(&link, of: node, at: 2.1) == [.state(.ready(observed: Self.seen))])
  }

  @Test("when no address answers, the first is taken, all are asked on, and the one that answers hours later is found")
  func noAddress() throws {
    let node = try #require(NodeID(7))
    var link = Self.link(node, others: [Self.second])
    let questions: [BeaconLink.Output] = [.ask(Self.first), .ask(Self.second)]
    #expect(Self.outputs(&link) == questions)
    var asked = 0
    while let deadline = link.deadline, deadline < Self.at(3_600) {
      link.tick(at: deadline)
      asked += Self.outputs(&link).count { $0 == .ask(Self.second) }
    }
    #expect(link.state == .unreachable(.unanswered))
    #expect(link.beacon == Self.first)
    #expect((60...75).contains(asked), "every minute, in the end: \(asked)")
    #expect(Self.answer(&link, from: Self.second, at: 3_600) == [.announce(Self.second), .probe(Self.second)])
    #expect(link.beacon == Self.second)
  }
}
