package import PilotWire

/// What counts as one source of datagrams and connections where each has its share: an IPv4 address, plain or mapped, or the
/// first 64 bits of an IPv6 address, which belong to one site (RFC 6177).
package struct SourceAddress: Hashable, Sendable, BitwiseCopyable {
  private let prefix: UInt64
  private let isIPv4: Bool

  package init(_ endpoint: Endpoint) {
    isIPv4 = endpoint.isIPv4
    prefix = isIPv4 ? endpoint.low : endpoint.high
  }

  /// A hash for tables of a fixed size, by the library's function, whose key is another one in each process: nobody can
  /// choose sources that fall into one place.
  package var keyedHash: UInt64 { UInt64(bitPattern: Int64(hashValue)) }
}

extension Endpoint {
  /// Whether this is exactly 127.0.0.1 or ::1: what no datagram and no connection from outside has as its source, and what a
  /// reverse proxy on this machine has for all whom it speaks for.
  package var isThisMachine: Bool { ipv4Address == 0x7F00_0001 || high == 0 && low == 1 }
}
