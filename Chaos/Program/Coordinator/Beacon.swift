import ChaosCore
import FoundationEssentials
import NIOPosix
import PilotConsole
import PilotFixtures
import PilotTransport
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The beacon under test, as a child process that can be replaced by another one at the same addresses.
struct Beacon: Sendable {
  private struct Ready: Decodable {
    let udp: String
    let wss: String
    let http: String
  }

  let child: ChildProcess
  let log: BeaconLog
  let udp: String
  let wss: String
  let http: String

  /// How often a new one is started at the old addresses, should another process have one of them for the moment.
  private static let attempts = 40

  /// Starts one.
  ///
  /// - Parameter place: Where the last one was; nil for ports that the system chooses.
  static func start(
    _ pilot: String, _ credentials: Credentials, in place: Beacon?, waiters: NIOThreadPool
  ) async throws -> Beacon {
    for _ in 1...attempts {
      let (log, errors) = try await BeaconLog.open()
      defer { _ = close(errors) }
      let child = try ChildProcess.start(
        [
          "beacon", "--udp", place?.udp ?? "127.0.0.1:0", "--wss", place?.wss ?? "127.0.0.1:0",
          "--http", place?.http ?? "127.0.0.1:0", "--nodes", credentials.nodesPath,
          // Whoever serves there is taken over from; nobody does but in that weather.
          "--takeover", credentials.takeoverPath,
          // Who is connected is told, and sent away within this time.
          "--drain-window", String(BeaconBounds.drainWindow / 1_000),
          "--relay-rate", String(BeaconBounds.relayRate), "--max-nodes", String(credentials.maximumNodes),
          "--tls-cert", credentials.authority.certificatePath, "--tls-key", credentials.authority.keyPath,
          // All that it has to say, for a log that fills up.
          "--log-level", "debug", "--log-format", "json",
        ], program: pilot, errors: errors, waiters: waiters)
      if let line = await child.line(), let ready = try? JSONDecoder().decode(Ready.self, from: Data(line.utf8)) {
        return Beacon(child: child, log: log, udp: ready.udp, wss: ready.wss, http: ready.http)
      }
      child.end()
      try await Task.sleep(for: .milliseconds(100))
    }
    throw ChaosFailure("the beacon doesn't start")
  }

  /// Where nodes find it.
  func site(_ credentials: Credentials) throws -> Site {
    Site(
      udp: udp, wss: Int(try Endpoint(parsing: wss).port), authority: credentials.authority.authorityPath)
  }

  /// Its counters.
  func counts() async throws -> BeaconCounts {
    let text = try await BeaconPage.get("/metrics", at: Endpoint(parsing: http))
    return BeaconCounts(exposition: text)
  }

  var vitals: Vitals? { ProcessFiles.vitals(of: child.id) }
}
