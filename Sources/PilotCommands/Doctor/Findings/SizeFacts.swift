import PilotTransport
import PilotWire

/// How long a datagram may be on the way to a beacon, with fragmentation forbidden. The way back isn't measured: what a beacon
/// answers is short.
struct SizeFacts: Equatable, Sendable {
  /// The longest frame that came through, in bytes; nil if not even the shortest one that was tried.
  var longest: Int?
  /// The shortest one that didn't, if any.
  var shortestLost: Int?
  /// What the kernel or a router on the way said fits, if either did.
  var told: Int?
  /// Whether the system can forbid fragmentation.
  var isSupported = true
  var elapsed: Duration = .zero

  /// What a relayed datagram has by default: it fits a path of IPv6's least MTU, with room for a tunnel's header.
  static let usual = 1_232
  /// The shortest and the longest that are tried: what IPv4 promises everywhere, and an Ethernet's.
  static let tried = [548, 1_024, 1_172, 1_232, 1_252, 1_352, 1_372, 1_392, 1_412, 1_432, 1_444, 1_452, 1_464, 1_472]
}

extension SizeFacts {
  /// The transport has told something. The least length counts: whoever said that knows of the narrowest link.
  mutating func hear(_ event: TransportEvent, of beacon: Endpoint) {
    guard case .pathMTU(let endpoint, let mtu, _) = event,
      (endpoint.high, endpoint.low) == (beacon.high, beacon.low)
    else { return }
    let limit = mtu.maximumFrameLength(to: beacon)
    told = min(told ?? limit, limit)
  }
}

extension Finding {
  static func mtu(_ facts: SizeFacts?) -> Finding {
    guard let facts else { return .skipped(.mtu, "no beacon answered over UDP") }
    guard facts.isSupported else { return .skipped(.mtu, "this system can't be told not to fragment") }
    guard let longest = facts.longest else {
      return .fail(
        .mtu,
        "on the way out no frame of \(SizeFacts.tried[0]) bytes comes through in one piece, though a short one does",
        in: facts.elapsed,
        hint: "use a wss:// beacon: this path loses what has more than a few hundred bytes")
    }
    let said = facts.told.map { ", and \($0) are said to fit (ICMP, or this machine's interface)" } ?? ""
    let words = "on the way out frames of \(longest) bytes come through in one piece\(said)"
    guard let lost = facts.shortestLost else { return .pass(.mtu, words, in: facts.elapsed) }
    return .pass(
      .mtu, "\(words); of \(lost) bytes they don't", in: facts.elapsed,
      hint: longest >= SizeFacts.usual
        ? nil : "keep payloads within \(longest - Relay.headerLength) bytes, or use a wss:// beacon")
  }
}
