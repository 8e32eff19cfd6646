import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

/// Which connections a change of keys ends.
@Suite(.timeLimit(.minutes(1)))
struct RevokedConnectionTests {
  @Test("A change ends the connections opened with a key that is not their node's any more, and no others")
  func areThoseOfChangedKeys() async throws {
    let connection = try await TestBeacon.endedConnection()
    let engine = RelayEngine(RouterConfiguration(), seed: 1)
    var turn = RelayEngine.Turn()
    engine.attach(connection, &turn)
    let same = StaticKeyDirectory([connection.node: connection.key])
    let another = StaticKeyDirectory([connection.node: Identity().publicKey])
    let none = StaticKeyDirectory([:])
    for change in [KeyChange.nodes([connection.node]), .anything] {
      #expect(engine.revoke(change, by: same).isEmpty)
      for keys in [another, none] { #expect(engine.revoke(change, by: keys).map(\.id) == [connection.id]) }
    }
    #expect(engine.revoke(.nodes([try RawNode.id(2)]), by: none).isEmpty)
  }
}
