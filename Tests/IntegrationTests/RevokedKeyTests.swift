import Foundation
import Logging
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

/// A key that is taken out of the nodes file, or replaced there, ends what it has opened.
@Suite("Revoked keys")
struct RevokedKeyTests {
  @Test(
    "A removed or replaced key ends its connection and its proof, and no plain Discover brings the proof back",
    .timeLimit(.minutes(1)), arguments: [false, true])
  func revoked(isReplaced: Bool) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "revoked-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appending(path: "nodes.json")
    func write(_ keys: [UInt32: PublicKey]) throws {
      let members = keys.map { "\"\($0)\":\"\($1.base64)\"" }.joined(separator: ",")
      try Data("{\(members)}".utf8).write(to: file, options: .atomic)
    }
    let key = TestBeacon.identity.publicKey
    try write([1: key, 2: key, 3: key])
    let keys = try NodesFileDirectory(path: file.path)
    try await TestBeacon.run(keys: keys) { beacon in
      let (stays, goes, proves) = (try await beacon.connect(1), try await beacon.connect(2), try beacon.bind(3))
      var atProver = try proves.transport.makeReceiver()
      try await proves.prove(&atProver)
      #expect(beacon.server.statistics.router.proofs[.accepted] == 1)
      let events = goes.transport.events

      try write(isReplaced ? [1: key, 2: Identity().publicKey, 3: Identity().publicKey] : [1: key])
      guard case .reloaded = keys.reloadIfChanged() else { throw Missing("the new file") }
      let reason = try await events.first { event -> TransportError? in
        if case .reconnecting(let reason, _, _) = event { reason } else { nil }
      }
      #expect(reason?.description.contains("key changed") == true, "\(String(describing: reason))")
      while beacon.server.statistics.router.revocations < 1 {
        try Task.checkCancellation()
        await Task.yield()
      }
      #expect(beacon.server.statistics.router.nodes == 0)

      // The node may register as any stranger may; what it had proven is gone.
      try await proves.register(&atProver)
      try proves.transport.send(
        Discover(node: proves.id, publicKey: key).encoded(), to: beacon.udp)
      _ = try await atProver.reply()
      try stays.relay([1], to: proves.id)
      #expect(try await atProver.delivery().payload == [1])
      #expect(beacon.server.statistics.router.proofs[.accepted] == 1)
      goes.transport.close()
    }
  }

  private struct Missing: Error {
    let what: String

    init(_ what: String) { self.what = what }
  }
}
