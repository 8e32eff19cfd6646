import Foundation
import PilotConsole
import PilotIdentity
import PilotWire
import Testing

@testable import PilotCommands

/// `pilot attach` as a process of its own.
final class AttachProcess {
  /// A line of its output. Only what the tests look at.
  struct Event: Decodable {
    var event: String
    var transport: String?
    var local: String?
    var from: String?
    var hex: String?
    var sender: UInt32?
    var node: UInt32?
    var payload: String?
    var code: String?
    var message: String?
    var sent: UInt64?
    var received: UInt64?
    var dropped: [String: UInt64]?
    var count: Int?
  }

  let child: ChildProcess

  /// Starts a node with the key that test beacons know.
  init(_ node: UInt32, _ options: String..., identity: URL) throws {
    child = try ChildProcess.start(
      ["attach", "--node", "\(node)", "--identity", identity.path, "--log-level", "error"] + options,
      program: CommandLineProgram.url().path)
  }

  deinit { child.end() }

  /// The next event; nil at the end.
  func event() async throws -> Event? {
    guard let line = await child.line() else { return nil }
    return try JSONDecoder().decode(Event.self, from: Data(line.utf8))
  }

  /// The next event of this kind. Others are passed over.
  func event(_ name: String) async throws -> Event {
    while let event = try await event() {
      if event.event == name { return event }
    }
    throw CommandFailure("pilot attach ended before it said \(name)")
  }

  /// Writes a line to its input.
  func write(_ line: String) {
    #expect(child.write(line))
  }
}

/// A file with an identity, for the time of a test.
func withIdentityFile(_ identity: Identity = TestBeacon.identity, _ body: (URL) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  let file = directory.appending(path: "id.json")
  try identity.save(to: file.path, overwrite: false)
  try await body(file)
}
