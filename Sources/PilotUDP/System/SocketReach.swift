internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Which destinations a socket can send to, and how much at a time.
struct SocketReach: Sendable, Equatable {
  /// 65,535 of the IPv4 total length, less 20 of its header and 8 of UDP's (RFC 791, RFC 768).
  static let longestIPv4Frame = FrameLimits.maximumOverUDPv4
  /// 65,535 of the IPv6 payload length, less 8 of UDP's header (RFC 8200).
  static let longestIPv6Frame = FrameLimits.maximumOverUDPv6

  /// The family of the socket's addresses, a `cpilot_udp_family` constant.
  let family: CInt
  /// Whether it reaches IPv4 destinations: plain, or mapped on an IPv6 socket.
  let ipv4: Bool
  /// Whether it reaches IPv6 destinations.
  let ipv6: Bool

  /// What a bound socket reaches.
  ///
  /// - Parameters:
  ///   - local: Its address. One that is bound to an IPv6 address other than `::` can't be the source of IPv4 packets.
  ///   - ipv6Only: Its IPV6_V6ONLY option.
  init(family: CInt, local: Endpoint, ipv6Only: Bool) {
    self.family = family
    let isIPv6Socket = family == CInt(cpilot_udp_family_ipv6)
    ipv4 = !isIPv6Socket || local.isIPv4 || (local.isUnspecified && !ipv6Only)
    ipv6 = isIPv6Socket && !local.isIPv4
  }

  /// The longest frame to any destination, in bytes.
  var longestFrame: Int { ipv6 ? Self.longestIPv6Frame : Self.longestIPv4Frame }

  /// The longest frame to this destination, in bytes.
  func longestFrame(to destination: Endpoint) -> Int {
    destination.isIPv4 ? Self.longestIPv4Frame : Self.longestIPv6Frame
  }

  /// Whether a frame of this length can go there at all.
  func admits(_ destination: Endpoint, length: Int) -> Bool {
    destination.port != 0 && !destination.isUnspecified && (destination.isIPv4 ? ipv4 : ipv6)
      && length <= longestFrame(to: destination)
  }

  /// Why ``admits(_:length:)`` said no.
  func refusal(_ destination: Endpoint, length: Int) -> TransportError {
    if destination.port == 0 || destination.isUnspecified {
      return TransportError(
        code: .invalidDestination, message: "\(destination) is no address to send to: it needs an address and a port")
    }
    if !(destination.isIPv4 ? ipv4 : ipv6) {
      let (wanted, bound) = destination.isIPv4 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
      return TransportError(
        code: .invalidDestination,
        message: "\(destination) is an \(wanted) address and this socket is bound for \(bound) only: "
          + "bind to [::] for both")
    }
    return .frameTooLarge(length, limit: longestFrame(to: destination))
  }
}
