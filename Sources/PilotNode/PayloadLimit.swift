public import PilotTransport
public import PilotWire

/// The longest payload that gets from this node to another one by the way it takes now, as far as is known, and what sets the
/// limit.
///
/// Nobody promises it: of the way from the beacon to the peer a node learns nothing but what the peer tells. Longer payloads
/// are sent all the same, up to ``Node/maximumPayloadLength``; over UDP they travel in fragments, which many networks drop.
public struct PayloadLimit: Sendable, Hashable {
  /// What sets a limit.
  @nonexhaustive
  public enum Reason: Sendable, Hashable {
    /// The transport takes no longer frames.
    case transport
    /// The path to the beacon takes packets of so many bytes in one piece.
    case pathMTU(PathMTU)
    /// The peer has said how long frames get to it.
    case peer
    /// The peer may be one of the deployed ones, whose connection ends at a message above 32,768 bytes.
    case deployedPeer
    /// Nothing is known of the way from the beacon to the peer, which may be UDP: 1,232 bytes are what a packet holds that
    /// each network with IPv6 carries (RFC 8200, section 5), and nearly each with IPv4.
    case unknownPath
  }

  /// What a node knows of a peer, and of the way from the beacon to it.
  @nonexhaustive
  public enum Knowledge: Sendable, Hashable {
    /// Nothing.
    case none
    /// It is attached over WSS, and may be a deployed one.
    case overWSS
    /// It has said that frames of so many bytes get to it.
    case frames(Int)
  }

  /// The longest payload, in bytes; at least 0.
  public let bytes: Int
  /// What sets it: of several that are equal, the one that comes first in ``Reason``.
  public let reason: Reason

  /// Reckons the limit, from what a node sees of its own path and what it knows of its peer.
  ///
  /// A payload leaves with 9 bytes in front of it and arrives with 5 (Relay and RelayDeliver, wire reference, section 2): each limit
  /// is that of its own side.
  ///
  /// - Parameters:
  ///   - maximumFrameLength: The transport's, in bytes.
  ///   - path: Over UDP, where the beacon is and how long packets to there may be, if that is known.
  ///   - peer: What is known of the peer.
  public init(maximumFrameLength: Int, path: (beacon: Endpoint, mtu: PathMTU)? = nil, peer: Knowledge = .none) {
    var limits = [(maximumFrameLength - Relay.headerLength, Reason.transport)]
    if let path {
      limits.append((path.mtu.maximumFrameLength(to: path.beacon) - Relay.headerLength, .pathMTU(path.mtu)))
    }
    switch peer {
    case .none: limits.append((Self.safeFrameLength - RelayDeliver.headerLength, .unknownPath))
    case .overWSS: limits.append((FrameLimits.maximumOfDeployedClients - RelayDeliver.headerLength, .deployedPeer))
    case .frames(let length): limits.append((length - RelayDeliver.headerLength, .peer))
    }
    // The first of the smallest.
    let least = limits.dropFirst().reduce(limits[0]) { $1.0 < $0.0 ? $1 : $0 }
    bytes = max(least.0, 0)
    reason = least.1
  }

  /// 1,232 bytes: what a UDP datagram holds in a packet of 1,280 bytes of IPv6.
  public static let safeFrameLength = PathMTU.minimumOverIPv6.maximumFrameLength(to: Endpoint(high: 0, low: 1, port: 0))
}

extension PayloadLimit: CustomStringConvertible {
  /// One clause without a full stop, for people: `1223 bytes: the path takes packets of 1280 bytes`.
  public var description: String { "\(bytes) bytes: \(reason)" }
}

extension PayloadLimit.Reason: CustomStringConvertible {
  /// One clause without a full stop, for people.
  public var description: String {
    switch self {
    case .transport: "the transport takes no more"
    case .pathMTU(let mtu): "the path to the beacon takes packets of \(mtu.bytes) bytes in one piece"
    case .peer: "the peer has said that no more gets to it"
    case .deployedPeer: "the peer may be one whose connection ends at longer messages"
    case .unknownPath: "nothing is known of the way to the peer, and this much gets through nearly everywhere"
    }
  }
}
