import Foundation
import PilotIdentity
import PilotWSS
import PilotWire
import Testing

/// `pilot beacon` as a process of its own, which can be killed.
///
/// Unchecked Sendable because one task at a time has it.
final class BeaconProcess: @unchecked Sendable {
  private let process = Process()
  private let output = Pipe()
  /// Where it can be reached.
  let udp: Endpoint
  let wss: Endpoint
  /// The status port, if there is one.
  let http: Endpoint?

  /// Starts a beacon, and returns when it says that its sockets are bound.
  ///
  /// - Parameter arguments: More of them. Default: it ends without draining.
  init(
    udp: String = "127.0.0.1:0", wss: String = "127.0.0.1:0", nodes: URL,
    _ arguments: [String] = ["--drain-window", "0"]
  ) throws {
    process.executableURL = try Self.executable()
    process.arguments = ["beacon", "--udp", udp, "--wss", wss, "--nodes", nodes.path, "--log-level", "warning"]
    process.arguments? += arguments
    process.standardOutput = output
    try process.run()
    let line = output.fileHandleForReading.availableData
    let ready = try JSONDecoder().decode(Ready.self, from: line)
    #expect(ready.event == "ready")
    self.udp = try Endpoint(parsing: ready.udp)
    self.wss = try Endpoint(parsing: ready.wss)
    http = try ready.http.map { try Endpoint(parsing: $0) }
  }

  /// As the initializer, on a thread that may block: the test may have others in this process wait for each other meanwhile.
  static func start(
    udp: String = "127.0.0.1:0", wss: String = "127.0.0.1:0", nodes: URL, _ arguments: [String]
  ) async throws -> BeaconProcess {
    try await onThread { try BeaconProcess(udp: udp, wss: wss, nodes: nodes, arguments) }
  }

  private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "test").async { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Its number.
  var id: Int32 { process.processIdentifier }

  var url: WSSURL { WSSURL(isSecure: false, host: "127.0.0.1", port: Int(wss.port)) }

  /// Ends it as a crash would, unless it has ended.
  func kill() {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// As ``terminate(_:)``, on a thread that may block.
  func end() async throws -> Int32 { try await Self.onThread { self.terminate() } }

  /// Its exit status; nil while it runs.
  var status: Int32? { process.isRunning ? nil : process.terminationStatus }

  /// Asks it to end, and tells how it did.
  func terminate(_ signal: Int32 = SIGTERM) -> Int32 {
    Foundation.kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  private struct Ready: Decodable {
    let event: String
    let udp: String
    let wss: String
    let http: String?
  }

  /// The program stands beside the tests.
  private static func executable() throws -> URL {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let program = tests.deletingLastPathComponent().appendingPathComponent("pilot")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path) is not built")
    return program
  }
}

/// A file of nodes and their keys, for the time of a test.
func withNodesFile(_ nodes: ClosedRange<UInt32>, of identity: Identity, _ body: (URL) async throws -> Void) async throws
{
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  let file = directory.appendingPathComponent("nodes.json")
  let keys = Dictionary(uniqueKeysWithValues: nodes.map { (String($0), identity.publicKey.base64) })
  try JSONEncoder().encode(keys).write(to: file)
  try await body(file)
}
