package import PilotWire

/// Whom a limit takes for one sender: nothing that is cheap to have many of.
///
/// A datagram's is its address, IPv4 plain and mapped alike; of IPv6 the first 64 bits, which belong to one site (RFC 6177).
/// On the machine itself, which is exactly 127.0.0.1 and ::1, the address says nothing, and ports can't be had from outside:
/// there it is the address with its port. An authenticated node is a source of its own. 16 bytes.
package struct SourceKey: Hashable, Sendable, BitwiseCopyable {
  /// IPv6's first 64 bits, 0 for IPv4, all ones for a node: a source address never begins like that.
  package let high: UInt64
  /// IPv4's mapped form, 0 for a site; the port of a loopback address is on top. Or the node.
  package let low: UInt64

  /// The source of datagrams that come from this endpoint.
  package init(_ endpoint: Endpoint) {
    high = endpoint.high
    low = endpoint.isThisMachine ? endpoint.low | UInt64(endpoint.port) << 48 : endpoint.isIPv4 ? endpoint.low : 0
  }

  /// The source of connections that come from this endpoint, each from a port of its own: this machine's are one source.
  package init(ofConnectionsFrom endpoint: Endpoint) {
    high = endpoint.high
    low = endpoint.isIPv4 ? endpoint.low : 0
  }

  /// An authenticated node.
  package init(_ node: NodeID) {
    high = .max
    low = UInt64(node.rawValue)
  }

  /// A hash for tables of a fixed size, by the library's function, whose key is another one in each process: nobody can
  /// choose sources that fall into one place.
  package var keyedHash: UInt64 { UInt64(bitPattern: Int64(hashValue)) }
}

extension SourceKey: CustomStringConvertible {
  /// `192.0.2.1`, `2001:db8::/64`, `127.0.0.1:4000` or `node 7`.
  package var description: String {
    if high == .max { return "node \(low)" }
    let port = UInt16(truncatingIfNeeded: low >> 48)
    let endpoint = Endpoint(high: high, low: low & 0xFFFF_FFFF_FFFF, port: port)
    if port != 0 { return "\(endpoint)" }
    return endpoint.isIPv4 ? endpoint.addressText : "\(endpoint.addressText)/64"
  }
}

extension Endpoint {
  /// Whether this is exactly 127.0.0.1 or ::1: what no datagram and no connection from outside has as its source, and what a
  /// reverse proxy on this machine has for all whom it speaks for.
  package var isThisMachine: Bool { ipv4Address == 0x7F00_0001 || high == 0 && low == 1 }
}
