import PilotTesting
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// A malicious beacon passes another one's challenge on to a node that has dialled it, and the answer back.
@Suite(.timeLimit(.minutes(1)))
struct PassedOnChallengeTests {
  /// What the honest beacon makes of the answer.
  ///
  /// - Parameters:
  ///   - host: Where the node looks for the malicious beacon.
  ///   - name: What the honest beacon is told that it is called, as the node's URL has it, or otherwise.
  private func attack(
    _ name: (RawServer) throws -> HostPort, _ attacker: PilotSubprotocol = .v2
  ) async throws -> (close: WebSocketCloseFrame?, refusals: [WSSRefusal]) {
    let malicious = try await RawServer.start()
    let own = try name(malicious)
    let honest = try await TestListener.start { $0.names = BeaconNames([own]) }
    let node = try TestClient.start(malicious.url)
    let beacon = try await malicious.nextBeacon()
    if attacker == .v2 { try await beacon.upgradeToV2() } else { try await beacon.upgrade() }
    let impostor = try await HandshakingNode.challenged(by: honest, offering: attacker == .v2 ? "pilot.v2" : "pilot.v1")
    try await beacon.challenge(impostor.challenge)
    try await impostor.send(.text(try await beacon.takeReply().json))
    let answer = try await impostor.connection.takeFrame()
    node.close()
    await malicious.stop()
    if case .text(Array(AuthOK().json.utf8)) = answer {
      impostor.connection.close()
      await honest.shutDown()
      return (nil, [])
    }
    guard case .close(let close) = answer else { throw Unexpected(answer) }
    try? await impostor.send(.close(1_008))
    let refusals = try await honest.log.first { $0.refusals.isEmpty ? nil : $0.refusals }
    await honest.shutDown()
    return (close, refusals)
  }

  @Test func `is refused, as any other node is`() async throws {
    let (close, refusals) = try await attack { _ in HostPort(host: "beacon.example") }
    #expect(close?.code == .policyViolation)
    #expect(close?.reason == "auth failed")
    #expect(refusals.map(\.reason) == [.wrongBeacon])
    #expect(refusals.first?.node == (try TestIdentities.node(7)))
    #expect(refusals.first?.beacon?.host == "127.0.0.1")
  }

  @Test func `would be let in by a beacon that is called as the node has dialled`() async throws {
    let (close, _) = try await attack { HostPort(host: "127.0.0.1", port: $0.address.port) }
    #expect(close == nil)
  }

  /// What remains: a node that takes pilot.v1 from a beacon that it doesn't know signs what is good anywhere.
  @Test func `goes on where the node takes pilot.v1`() async throws {
    let (close, _) = try await attack({ _ in HostPort(host: "beacon.example") }, .v1)
    #expect(close == nil)
  }
}
