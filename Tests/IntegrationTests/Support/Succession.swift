import Foundation
import Logging
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization
import Testing

/// Beacons in this process that follow each other at one path, on the same addresses.
final class Succession: Sendable {
  /// A beacon that runs.
  struct Running: Sendable {
    let beacon: TestBeacon
    /// Its end.
    let end: Task<Void, any Error>

    func stop() async throws {
      beacon.server.stop()
      try await end.value
    }
  }

  let path: String
  private let folder: URL
  private let configuration: Mutex<BeaconServer.Configuration>
  private let keys: StaticKeyDirectory

  init(_ adjust: (inout BeaconServer.Configuration) -> Void = { _ in }) throws {
    // A socket's path is short.
    folder = URL(filePath: "/tmp").appending(path: "takeover-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    path = folder.appending(path: "s").path
    let loopback = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    var configuration = BeaconServer.Configuration()
    configuration.udp = loopback
    configuration.wss = BeaconServer.Configuration.WebSocket(address: loopback)
    configuration.http = loopback
    configuration.takeover = path
    configuration.names = [HostPort(host: "127.0.0.1")]
    adjust(&configuration)
    self.configuration = Mutex(configuration)
    keys = StaticKeyDirectory(
      Dictionary(uniqueKeysWithValues: (1...99).compactMap { NodeID($0) }.map { ($0, TestBeacon.identity.publicKey) }))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private struct NeverServed: Error {}

  /// Starts the next beacon, on the addresses of the first one, and waits until it serves and can be taken over from.
  ///
  /// - Throws: Why it doesn't.
  func next(
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ adjust: (inout BeaconServer.Configuration) -> Void = { _ in }
  ) async throws -> Running {
    var configuration = configuration.withLock { $0 }
    adjust(&configuration)
    let (serving, isServing) = AsyncStream.makeStream(of: Void.self)
    configuration.whenServing = { _ in isServing.yield() }
    let server = try await BeaconServer.start(configuration, keys: keys, logger: logger)
    self.configuration.withLock { configuration in
      let addresses = server.addresses
      configuration.udp = addresses.udp
      if let wss = addresses.wss { configuration.wss?.address = wss }
      configuration.http = addresses.http
    }
    let end = Task {
      defer { isServing.finish() }
      try await server.run()
    }
    for await _ in serving { return Running(beacon: TestBeacon(server: server), end: end) }
    try await end.value
    throw NeverServed()
  }
}
