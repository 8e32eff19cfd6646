import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Two nodes at a listener that gives each one's frames to the other.
struct WSSFixture: TransportFixture {
  private static let incoming = FrameQueue.Limits(bytes: 1 << 20, frames: 256)
  var tls: TestFiles?

  var promises: TransportPromises {
    var promises = TransportPromises(maximumFrameLength: FrameLimits.maximumOverWSS)
    promises.burst = 200
    promises.receiveQueue = Self.incoming
    return promises
  }

  func connect() async throws -> TransportLink {
    let tls = try tls.map { try ServerTLS(certificate: $0.path("server"), key: $0.path("server-key")) }
    // Frames don't grow old here, however busy the machine is.
    let listener = try await TestListener.start(.relay, tls: tls) {
      $0.limits.outgoingBytes = 16 << 20
    }
    let files = self.tls
    func connect(_ node: UInt8) async throws -> WSSTransport {
      try await WSSTransport.connect(
        TestClient.configuration(listener.url(secure: files != nil, host: "localhost"), node: node) {
          $0.outgoing.age = .seconds(600)
          $0.incoming = Self.incoming
          $0.beaconEndpoint = .wssBeacon(UInt16(node))
          if let files { $0.trust = .file(files.path("ca")) }
        })
    }
    let (transport, peer) = (try await connect(1), try await connect(2))
    // A connection can be used by the node before the listener has written it down.
    for node in [1, 2] as [UInt32] { _ = try await listener.connection(of: node) }
    return TransportLink(
      transport, peer: RelayedPeer(peer: try TransportPeer(peer, destination: .wssBeacon(2)), listener: listener),
      destination: .wssBeacon(1), source: .wssBeacon(1))
  }
}

private struct RelayedPeer: ConformancePeer {
  let peer: TransportPeer
  let listener: TestListener

  func send(_ frame: [UInt8]) async throws { try await peer.send(frame) }

  func next() async throws -> [UInt8] { try await peer.next() }

  func close() async {
    await peer.close()
    await listener.shutDown()
  }
}

@Suite(.timeLimit(.minutes(2)))
struct ConformanceTests {
  @Test(arguments: TransportConformance.checks, [false, true])
  func `keeps the contract`(check: TransportConformance.Check, secure: Bool) async throws {
    let outcome = try await check.run(against: WSSFixture(tls: secure ? TestFiles() : nil), within: .seconds(60))
    // All that a WSS transport can't have is a destination that is unreachable: it has only one.
    #expect(outcome == .passed || check.name == TransportConformance.Check.survivesDeadDestinations.name)
  }
}
