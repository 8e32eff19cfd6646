/// Where a datagram goes to or comes from: an IP address and a port, as a plain value.
///
/// An IPv4 address is kept in its IPv4-mapped form (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2), and every mapped address
/// *is* the IPv4 one: a dual-stack socket shows the same peer in both forms, and they must be equal. There is no heap
/// storage and no reference counting: 24 bytes, hashed as three words.
@frozen
public struct Endpoint: Hashable, Sendable {
  /// The first 8 bytes of the 16-byte address, as a number in host order.
  public let high: UInt64
  /// The last 8 bytes of the 16-byte address, as a number in host order.
  public let low: UInt64
  /// The zone of a link-local IPv6 address, as an interface index (RFC 4007). 0 means none, and is all that IPv4 has.
  public let scope: UInt32
  /// The UDP or TCP port, 0...65535, in host order.
  public let port: UInt16

  /// The endpoint of a 16-byte address given as two numbers.
  ///
  /// - Parameters:
  ///   - high: the first 8 bytes, big-endian.
  ///   - low: the last 8 bytes, big-endian. IPv4-mapped addresses make an IPv4 endpoint.
  ///   - scope: the interface index; ignored for IPv4.
  ///   - port: 0...65535.
  @inlinable
  public init(high: UInt64, low: UInt64, scope: UInt32 = 0, port: UInt16) {
    self.high = high
    self.low = low
    self.scope = high == 0 && low >> 32 == 0xFFFF ? 0 : scope
    self.port = port
  }

  /// The endpoint of an IPv4 address given as a number: `0x7F00_0001` is 127.0.0.1.
  @inlinable
  public init(ipv4Address: UInt32, port: UInt16) {
    high = 0
    low = 0xFFFF_0000_0000 | UInt64(ipv4Address)
    scope = 0
    self.port = port
  }

  /// The endpoint of the IPv4 address `a.b.c.d`.
  @inlinable
  public init(ipv4 a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, port: UInt16) {
    self.init(
      ipv4Address: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d),
      port: port)
  }

  /// Whether the address is IPv4, plain or mapped.
  @inlinable
  public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// The IPv4 address as a number, or nil for IPv6.
  @inlinable
  public var ipv4Address: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }

  /// Equal address, scope and port.
  @inlinable
  public static func == (left: Endpoint, right: Endpoint) -> Bool {
    left.low == right.low && left.high == right.high && left.port == right.port && left.scope == right.scope
  }

  /// Feeds the endpoint to `hasher` as three words.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(low)
    hasher.combine(high)
    hasher.combine(UInt64(scope) << 16 | UInt64(port))
  }
}

extension Endpoint {
  /// What a WSS transport calls itself: 192.0.2.1:0, from the range reserved for documentation (RFC 5737), which no
  /// datagram ever comes from (PilotTransport, "The contract").
  public static let wssLocal = Endpoint(ipv4: 192, 0, 2, 1, port: 0)

  /// What a WSS transport calls its beacon, unless it is told otherwise: 192.0.2.2:0 (PilotTransport, "The contract").
  public static let wssBeacon = wssBeacon(0)

  /// What a WSS transport can call one of several beacons: 192.0.2.2, with the beacon's number in the port. The number is
  /// the program's own, and stands on no wire.
  public static func wssBeacon(_ number: UInt16) -> Endpoint {
    Endpoint(ipv4: 192, 0, 2, 2, port: number)
  }

  /// Whether this stands for the beacon of a WSS transport.
  public var isWSSBeacon: Bool { ipv4Address == Endpoint.wssBeacon.ipv4Address }

  /// All of a machine's addresses, IPv6 and IPv4, for a socket to be bound to: [::]:port.
  public static func any(port: UInt16) -> Endpoint { Endpoint(high: 0, low: 0, port: port) }

  /// The machine itself, by IPv4: 127.0.0.1:port.
  public static func loopback(port: UInt16) -> Endpoint { Endpoint(ipv4: 127, 0, 0, 1, port: port) }
}
