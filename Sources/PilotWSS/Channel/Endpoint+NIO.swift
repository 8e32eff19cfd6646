package import NIOCore
package import PilotWire

extension Endpoint {
  /// An IP address and port as SwiftNIO gives it; `nil` for a Unix domain socket.
  package init?(address: SocketAddress) {
    guard let text = address.ipAddress, let port = address.port else { return nil }
    let host = text.prefix { $0 != "%" }
    try? self.init(parsing: address.protocol == .inet6 ? "[\(host)]:\(port)" : "\(host):\(port)")
  }
}

extension SocketAddress {
  /// The same address and port for SwiftNIO.
  package init(endpoint: Endpoint) throws {
    try self.init(ipAddress: endpoint.addressText, port: Int(endpoint.port))
  }
}
