public import NIOCore
public import PilotIdentity
public import PilotTransport
public import PilotWire

extension WSSTransport {
  /// How to reach a beacon, as whom, and with which limits.
  public struct Configuration: Sendable {
    /// The beacon.
    public var beacon: WSSURL
    /// What the beacon is called: where its frames come from, and frames to it go. Default 192.0.2.2:0. Whoever has several
    /// WSS transports gives each beacon a number (``/PilotWire/Endpoint/wssBeacon(_:)``).
    public var beaconEndpoint = Endpoint.wssBeacon
    /// This node.
    public var node: NodeID
    /// The key that the beacon knows for this node.
    public var identity: Identity
    /// The certificate authorities that may vouch for the beacon, the keys that it may show, or both. Default: the authorities
    /// that the environment names, or else the system's, and any key.
    public var trust = Trust.system
    /// Allows `ws://` to another host than this one. Default false: credentials aren't sent, but frames are readable.
    public var allowsPlaintext = false
    /// Whether to stay away from a beacon that doesn't have its name signed, as deployed ones don't (`pilot.v1`). Default false.
    /// What is signed without a name lets a malicious beacon pose as this node at another one. A beacon that has once spoken
    /// `pilot.v2` to this process isn't spoken to without a name again in any case.
    public var requiresBeaconName = false
    /// Addresses of the beacon's host for when the name server fails. Default none.
    public var fallbackAddresses = StaticAddresses()
    /// The proxy on the way. Default: as the environment says (``ProxyEnvironment``). None is used for this machine itself.
    public var proxy = ProxySelection.environment
    /// Gives new credentials for the proxy, after it has refused those that there were or answered in a way that can't be read.
    /// Asked once in an attempt at most, and cancelled with it. Default none.
    public var renewProxyCredentials: (@Sendable () async throws -> ProxyCredentials)?
    /// The authorities that may vouch for a proxy over TLS.
    var proxyTrust = Trust.system
    /// Who is asked what the name stands for.
    var resolver: any HostResolver = SystemResolver.ofProcess
    /// Those that have.
    var knownBeacons = KnownBeacons.ofProcess
    /// From the name's resolution to `auth_ok`. Default 20 s (wire reference, section 3).
    public var dialLimit: Duration = .seconds(20)
    /// The part of it that the name's resolution and TCP may take. Default all of it.
    package var connectLimit: Duration?
    /// Pings and when their answer is overdue. Default every 30 s, 10 s.
    public var keepalive = Keepalive.Configuration()
    /// Delays between attempts. Default 250 ms, doubling to 30 s, with jitter.
    public var backoff = Backoff.Configuration()
    /// What waits to be sent.
    public var outgoing = Outgoing()
    /// What waits to be read. Default 4 MiB, 16,384 frames; the oldest go.
    public var incoming = FrameQueue.Limits()
    /// The event loops to use. Default: the process-wide ones.
    public var eventLoopGroup: (any EventLoopGroup)?

    /// The outgoing queue's limits.
    public struct Outgoing: Sendable, Equatable {
      /// Waiting bytes at most, frame headers included. Beyond it send throws `.backpressure`. Default 4 MiB.
      public var bytes = 4 << 20
      /// How long a frame may wait before it is dropped and counted instead of arriving late. Default 1 s.
      public var age: Duration = .seconds(1)

      /// The defaults.
      public init() {}
    }

    /// Everything else has a default.
    public init(beacon: WSSURL, node: NodeID, identity: Identity) {
      self.beacon = beacon
      self.node = node
      self.identity = identity
    }

    func validate() throws(TransportError) {
      try beacon.validate()
      if !beacon.isSecure, !allowsPlaintext, !beacon.isLoopback {
        throw TransportError(
          code: .invalidConfiguration,
          message: """
            \(beacon) is not encrypted and not on this machine; use wss://, or allow it with allowsPlaintext, which is \
            --insecure-plaintext on the command line
            """)
      }
      guard beaconEndpoint.isWSSBeacon else {
        throw TransportError(
          code: .invalidConfiguration,
          message: "the beacon's endpoint is \(beaconEndpoint) and must be 192.0.2.2 with a number as its port")
      }
      if dialLimit <= .zero || keepalive.interval <= .zero || keepalive.timeout <= .zero {
        throw TransportError(
          code: .invalidConfiguration, message: "the dial limit and the keepalive times must be positive")
      }
      if backoff.initial <= .zero || backoff.maximum < backoff.initial {
        throw TransportError(
          code: .invalidConfiguration, message: "the backoff must begin above zero and not exceed its maximum")
      }
      if outgoing.bytes < 131_072 || outgoing.age <= .zero || incoming.bytes < 65_536 || incoming.frames < 1 {
        throw TransportError(
          code: .invalidConfiguration,
          message: "queues must hold a frame of 65,535 bytes: 128 KiB or more outgoing, 64 KiB or more incoming")
      }
    }
  }
}
