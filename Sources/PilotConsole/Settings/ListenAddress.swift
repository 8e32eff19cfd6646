internal import NIOCore
package import PilotWire

/// The address of a listening socket, as an operator writes it.
package enum ListenAddress {
  /// Reads `HOST:PORT`: an IP address, IPv6 in brackets, or a name that has one.
  package static func resolve(_ text: String, option: String) throws(CommandFailure) -> Endpoint {
    if let endpoint = try? Endpoint(parsing: text) { return endpoint }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw .usage("--\(option) must be HOST:PORT", hint: "for example 127.0.0.1:9001 or [::]:9001")
    }
    let host = String(text[..<colon])
    guard !host.isEmpty, !host.contains(":"),
      let address = try? SocketAddress.makeAddressResolvingHost(host, port: Int(port)), let ip = address.ipAddress,
      let endpoint = try? Endpoint(address: ip, port: port)
    else {
      throw .usage("--\(option): the host has no address", hint: "give an IP address, IPv6 in brackets")
    }
    return endpoint
  }
}
