internal import NIOCore
internal import PilotTransport
package import PilotWire

/// The address of a listening socket, as an operator writes it.
package enum ListenAddress {
  /// Reads `HOST:PORT`: an IP address, IPv6 in brackets, or a name that has one.
  ///
  /// - Throws: A failure with status 2 that says what is wrong with it.
  package static func resolve(_ text: String, option: String) throws(CommandFailure) -> Endpoint {
    let fault: EndpointSyntaxError
    do throws(EndpointSyntaxError) {
      return try Endpoint(parsingWithZone: text)
    } catch {
      fault = error
    }
    guard !text.hasPrefix("["), let colon = text.lastIndex(of: ":") else { throw refusal(option, fault) }
    let host = String(text[..<colon])
    guard !host.isEmpty, !host.contains(":") else { throw refusal(option, fault) }
    guard let port = UInt16(text[text.index(after: colon)...]) else { throw refusal(option, .invalidPort) }
    return try lookUp(host, port, option: option)
  }

  /// The name in what ``resolve(_:option:)`` has read, with its port; nil if that was an address.
  package static func name(in text: String) -> HostPort? {
    guard (try? Endpoint(parsingWithZone: text)) == nil, let colon = text.lastIndex(of: ":") else { return nil }
    return UInt16(text[text.index(after: colon)...]).map { HostPort(host: String(text[..<colon]), port: $0) }
  }

  private static func refusal(_ option: String, _ fault: EndpointSyntaxError) -> CommandFailure {
    .usage("--\(option) must be HOST:PORT (\(fault))", hint: "for example 127.0.0.1:9001 or [::]:9001")
  }

  private static func lookUp(_ host: String, _ port: UInt16, option: String) throws(CommandFailure) -> Endpoint {
    var reason = "it has none"
    do {
      let address = try SocketAddress.makeAddressResolvingHost(host, port: Int(port))
      if let ip = address.ipAddress, let endpoint = try? Endpoint(address: ip, port: port) { return endpoint }
    } catch let error as SocketAddressError.UnknownHost {
      reason = error.errorDescription
    } catch {
      reason = "\(error)"
    }
    throw .usage(
      "--\(option): the address of \(host.onOneLine) was not found (\(reason))",
      hint: "give an IP address, IPv6 in brackets")
  }
}
