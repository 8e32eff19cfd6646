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
    // SAFETY: SwiftNIO's address is as long as its case says, and lives for the call.
    let endpoint = unsafe address.withSockAddr { pointer, _ in
      unsafe Endpoint(socketAddress: UnsafeRawPointer(pointer), isIPv6: isIPv6)
    }
    self.init(high: endpoint.high, low: endpoint.low, port: endpoint.port)
  }

  /// Reads a `sockaddr_in`, or a `sockaddr_in6` with its zone.
  ///
  /// Both begin with two bytes for the family and two for the port. The first has 4 bytes of address next, the second 4 for
  /// the flow, 16 of address and 4 for the zone: all but the zone in network order, on each system. The members of `sockaddr`
  /// can't be named under MemberImportVisibility: which C module they belong to depends on the order in which modules are
  /// loaded.
  ///
  /// - Parameter bytes: As many as the structure has.
  @unsafe
  init(socketAddress bytes: UnsafeRawPointer, isIPv6: Bool) {
    let port = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    if isIPv6 {
      unsafe self.init(
        high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
        scope: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self), port: port)
    } else {
      let ip = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      self.init(ipv4Address: ip, port: port)
    }
  }
}

extension SocketAddress {
  /// The same address and port for SwiftNIO.
  package init(endpoint: Endpoint) throws {
    try self.init(ipAddress: endpoint.addressText, port: Int(endpoint.port))
  }
}
