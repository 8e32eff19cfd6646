import PilotConsole
import PilotTransport
import PilotWire

/// One port of this machine, and the port of a node that its datagrams go to.
struct ForwardRule: Hashable, Sendable {
  /// Where clients send to. With port 0 the system chooses one.
  let local: Endpoint
  /// The node that serves.
  let peer: NodeID
  /// The port that it serves at.
  let port: UInt16

  /// Reads the two arguments `LOCAL:PORT` and `NODE:PORT`.
  ///
  /// - Throws: A failure with status 2 that says what is wrong.
  init(local: String, target: String) throws(CommandFailure) {
    self.local = try Self.local(local)
    let parts = target.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let peer = NodeID(parsing: parts[0]), let port = ServedPort(parsing: parts[1]) else {
      throw .usage(
        "\"\(target.excerpt)\" is no NODE:PORT", hint: "write the other node's ID and the port that it serves: 7:53")
    }
    self.peer = peer
    self.port = port.number
  }

  /// Reads `LOCAL:PORT=NODE:PORT`.
  ///
  /// - Throws: A failure with status 2 that says what is wrong.
  init(option text: String) throws(CommandFailure) {
    guard let mark = text.lastIndex(of: "=") else {
      throw .usage("--local must be LOCAL:PORT=NODE:PORT", hint: "for example --local 127.0.0.1:5353=7:53")
    }
    try self.init(local: String(text[..<mark]), target: String(text[text.index(after: mark)...]))
  }

  private static func local(_ text: String) throws(CommandFailure) -> Endpoint {
    do throws(CommandFailure) {
      return try ListenAddress.resolve(text, option: "local")
    } catch {
      throw .usage(
        "\"\(text.excerpt)\" is no LOCAL:PORT on this machine",
        hint: "for example 127.0.0.1:5353, [::1]:5353 or [::]:5353")
    }
  }
}

/// A port of a node that datagrams can be sent to: 1...65535. Port 0 is the tunnel's own.
struct ServedPort {
  let number: UInt16

  /// Reads a number in decimal; nil for anything else.
  init?(parsing text: some StringProtocol) {
    // The same rules as for ports of endpoints: no sign, no leading zeros.
    guard let endpoint = try? Endpoint(parsing: "0.0.0.0:\(text)"), endpoint.port != 0 else { return nil }
    number = endpoint.port
  }
}

extension String {
  /// The start of what somebody has written, fit to be shown in one line.
  var excerpt: String { count > 60 ? String(prefix(60)).onOneLine + "…" : onOneLine }
}
