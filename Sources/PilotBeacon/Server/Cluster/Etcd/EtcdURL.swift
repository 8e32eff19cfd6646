package import PilotTransport
import PilotWire

/// Where a member of an etcd cluster serves its clients: `http://HOST[:PORT]` or `https://HOST[:PORT]`.
package struct EtcdURL: Hashable, Sendable {
  /// The port without one in the URL.
  static let usualPort: UInt16 = 2_379

  /// A name or an IP address, IPv6 without brackets.
  package let host: String
  /// 1 to 65,535.
  package let port: UInt16
  /// Whether TLS is spoken there.
  package let isSecure: Bool

  /// Reads a URL.
  ///
  /// - Throws: `.invalidConfiguration`. No error repeats a password.
  package init(parsing text: some StringProtocol) throws(TransportError) {
    let text = Substring(text)
    var rest: Substring
    if text.hasPrefix("http://") {
      (rest, isSecure) = (text.dropFirst(7), false)
    } else if text.hasPrefix("https://") {
      (rest, isSecure) = (text.dropFirst(8), true)
    } else {
      throw Self.invalid("must begin with http:// or https://")
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("@") else {
      throw Self.invalid("has a user in it, which isn't supported: use TLS or a private network")
    }
    guard let name = try? HostPort(parsing: rest) else { throw Self.invalid("has no host, or a path behind it") }
    (host, port) = (name.host, name.port ?? Self.usualPort)
  }

  private static func invalid(_ what: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: "a URL of etcd \(what)")
  }
}

extension EtcdURL: CustomStringConvertible {
  /// As it is parsed, with its port.
  package var description: String { "\(isSecure ? "https" : "http")://\(HostPort(host: host, port: port))" }
}
