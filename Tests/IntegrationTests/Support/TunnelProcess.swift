import Foundation
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotWire
import Testing

@testable import PilotCommands

/// `pilot forward` or `pilot ping` as a process of its own, with lines of JSON.
final class TunnelProcess {
  /// A line of its output. Only what the tests look at.
  struct Event: Decodable, Sendable {
    var event: String
    var reason: String?
    var local: String?
    var port: UInt16?
    var peer: UInt32?
    var path: String?
    var state: String?
    var sent: UInt64?
    var received: UInt64?
    var sent_bytes: UInt64?
    var received_bytes: UInt64?
    var rtt_us: UInt64?
    var dropped: [String: UInt64]?
    var seq: Int?
    var min_us: UInt64?
    var p99_us: UInt64?
  }

  let child: ChildProcess

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: The command, and what it is to do.
  ///   - side: Which node it is.
  ///   - way: How it reaches its beacon.
  init(_ arguments: [String], as side: TunnelSide, by way: [String]) throws {
    child = try ChildProcess.start(
      arguments + [
        "--json", "--log-level", "error", "--node", "\(side.node)", "--identity", side.identityFile, "--peers",
        side.peersFile,
      ] + way,
      program: CommandLineProgram.url().path, withheld: ["HOME", "XDG_CONFIG_HOME"])
  }

  deinit { child.end() }

  /// The next event; nil at the end.
  func event() async throws -> Event? {
    guard let line = await child.line() else { return nil }
    return try JSONDecoder().decode(Event.self, from: Data(line.utf8))
  }

  /// The next event that this holds of. Others are passed over.
  @discardableResult
  func event(_ name: String, where holds: (Event) -> Bool = { _ in true }) async throws -> Event {
    while let event = try await event() {
      if event.event == name, holds(event) { return event }
    }
    throw CommandFailure("it ended before it said \(name)")
  }
}

/// One of two nodes that know each other: its files.
struct TunnelSide: Sendable {
  let node: UInt32
  let identity: Identity
  let folder: URL

  var identityFile: String { folder.appending(path: "id\(node).json").path }
  var peersFile: String { folder.appending(path: "peers\(node).json").path }

  fileprivate init(_ node: UInt32, in folder: URL) throws {
    self.node = node
    self.folder = folder
    identity = Identity()
    try identity.save(to: identityFile)
  }

  /// Writes down whom this side knows.
  func know(_ peers: [UInt32: PublicKey]) throws {
    let keys = Dictionary(uniqueKeysWithValues: peers.map { ("\($0.key)", $0.value.base64) })
    try JSONEncoder().encode(keys).write(to: URL(filePath: peersFile), options: .atomic)
  }
}

/// Two nodes, 7 and 9, that know each other, and a beacon that knows both, for the time of a test.
func withTwoSides(
  _ body: (_ serving: TunnelSide, _ using: TunnelSide, _ beacon: TestBeacon) async throws -> Void
) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: folder) }
  let (seven, nine) = (try TunnelSide(7, in: folder), try TunnelSide(9, in: folder))
  try seven.know([9: nine.identity.publicKey])
  try nine.know([7: seven.identity.publicKey])
  let keys = StaticKeyDirectory([
    try RawNode.id(7): seven.identity.publicKey, try RawNode.id(9): nine.identity.publicKey,
  ])
  try await TestBeacon.run(keys: keys, TestBeacon.speakingV2) { beacon in
    try await body(seven, nine, beacon)
  }
}
