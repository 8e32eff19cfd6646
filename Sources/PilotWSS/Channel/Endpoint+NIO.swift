package import NIOCore
package import PilotWire

extension Endpoint {
  /// An IP address and port as SwiftNIO gives it, without a zone; `nil` for a Unix domain socket.
  ///
  /// From the numbers: each new connection asks for it, and the way through text takes some microseconds.
  package init?(address: SocketAddress) {
    let isIPv6: Bool
    switch address {
    case .v4: isIPv6 = false
    case .v6: isIPv6 = true
    case .unixDomainSocket: return nil
    }
    // SAFETY: `sockaddr_in` and `sockaddr_in6` begin with two bytes for the family and two for the port. The first has 4 bytes
    // of address next, the second 4 bytes for the flow and 16 of address: all in network order, on each system. The members
    // of `sockaddr` can't be named under MemberImportVisibility: which C module they belong to depends on the order in
    // which modules are loaded.
    self = unsafe address.withSockAddr { pointer, _ in
      let bytes = unsafe UnsafeRawPointer(pointer)
      let port = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
      guard isIPv6 else {
        let ip = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return Endpoint(ipv4Address: ip, port: port)
      }
      return unsafe Endpoint(
        high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)), port: port)
    }
  }
}

extension SocketAddress {
  /// The same address and port for SwiftNIO.
  package init(endpoint: Endpoint) throws {
    try self.init(ipAddress: endpoint.addressText, port: Int(endpoint.port))
  }
}
