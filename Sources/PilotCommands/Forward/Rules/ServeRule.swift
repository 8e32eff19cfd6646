import PilotConsole
import PilotWire

/// A port of this node, and the UDP service that peers reach by it.
struct ServeRule: Hashable, Sendable {
  /// The port that peers send to.
  let port: UInt16
  /// The service's host: a name, which is looked up again, or an IP address, IPv6 without brackets.
  let host: String
  /// The service's port.
  let servicePort: UInt16

  /// Reads `PORT=HOST:PORT`.
  ///
  /// - Throws: A failure with status 2 that says what is wrong.
  init(parsing text: String) throws(CommandFailure) {
    guard let mark = text.firstIndex(of: "="), let port = ServedPort(parsing: text[..<mark]),
      let service = try? HostPort(parsing: text[text.index(after: mark)...]), let servicePort = service.port
    else {
      throw .usage(
        "\"\(text.excerpt)\" is no PORT=HOST:PORT",
        hint: "write the port that peers use and the service's address: 53=127.0.0.1:53")
    }
    self.port = port.number
    host = service.host
    self.servicePort = servicePort
  }

  /// The service's address, as it was given.
  var service: String { HostPort(host: host, port: servicePort).description }

  /// The same, with the address that its name has, if it was given by one.
  func service(at address: Endpoint?) -> String {
    guard let address, "\(address)" != service else { return service }
    return "\(service) (\(address))"
  }
}
