import FoundationEssentials
import PilotConsole
import PilotFixtures
import PilotTransport
import PilotWSS
import PilotWire

/// `pilot beacon` as a child process, on loopback.
struct OwnBeacon: Sendable {
  private let child: ChildProcess
  let address: MeasuredBeacon

  /// Its ready line.
  private struct Ready: Decodable {
    let udp: String
    let wss: String
  }

  /// Starts one, and returns when its sockets are bound.
  ///
  /// - Parameters:
  ///   - isSecure: Whether its WebSocket connections use TLS.
  ///   - connections: WebSocket connections at most.
  ///   - limitsRates: Whether it limits what a source relays.
  static func start(
    isSecure: Bool, connections: Int, limitsRates: Bool, _ credentials: BenchCredentials
  ) async throws -> OwnBeacon {
    var arguments = [
      "own-beacon", "--udp", "127.0.0.1:0", "--wss", "127.0.0.1:0", "--nodes", credentials.nodesPath,
      "--name", "127.0.0.1", "--max-connections", String(connections), "--log-level", "warning",
    ]
    if !limitsRates { arguments += ["--relay-rate", "0"] }
    if isSecure {
      arguments += ["--tls-cert", credentials.authority.certificatePath, "--tls-key", credentials.authority.keyPath]
    }
    let child = try ChildProcess.start(arguments)
    guard let line = await child.line(), let ready = try? JSONDecoder().decode(Ready.self, from: Data(line.utf8)) else {
      child.end()
      try Task.checkCancellation()
      throw CommandFailure("the beacon didn't start", hint: "its own line above says why")
    }
    let wss = try Endpoint(parsing: ready.wss)
    let url = WSSURL(isSecure: isSecure, host: "127.0.0.1", port: Int(wss.port))
    var address = MeasuredBeacon(udp: try Endpoint(parsing: ready.udp), process: child.id)
    if isSecure { address.wss = url } else { address.ws = url }
    address.certificateAuthorities = credentials.authority.authorityPath
    return OwnBeacon(child: child, address: address)
  }

  /// Ends it.
  func end() {
    child.end()
  }
}
