import FoundationEssentials
import PilotConsole
import PilotFixtures
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// The other end of a measured connection, in a process of its own.
struct WSSSink: Sendable {
  let url: WSSURL
  private let child: ChildProcess

  private struct Ready: Decodable {
    let address: String
  }

  /// Starts it for one node.
  ///
  /// - Parameter authority: Whose certificate it has; without one the connection is in the clear.
  static func start(for node: NodeID, _ identity: Identity, authority: ThrowawayAuthority?) async throws -> WSSSink {
    var arguments = ["wss-sink", "--node", String(node.rawValue), "--key", identity.publicKey.base64]
    if let authority { arguments += ["--tls-cert", authority.certificatePath, "--tls-key", authority.keyPath] }
    let child = try ChildProcess.start(arguments)
    guard let line = await child.line(), let ready = try? JSONDecoder().decode(Ready.self, from: Data(line.utf8)),
      let address = try? Endpoint(parsing: ready.address)
    else {
      child.end()
      try Task.checkCancellation()
      throw CommandFailure("the other end of the connection didn't start", hint: "its own line above says why")
    }
    let url = WSSURL(isSecure: authority != nil, host: "127.0.0.1", port: Int(address.port))
    return WSSSink(url: url, child: child)
  }

  /// Ends it.
  func end() {
    child.end()
  }
}
