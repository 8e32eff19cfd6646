public import NIOCore
public import PilotTransport
public import PilotWSS
public import PilotWire

extension BeaconServer {
  /// Where a beacon listens, and its limits.
  public struct Configuration: Sendable {
    /// The UDP address. Default `[::]:9001`, IPv4 included. Port 0 picks one.
    public var udp = Endpoint.any(port: 9_001)
    /// UDP sockets on that address, each with a thread of its own; at least 1. nil, the default, makes one for each
    /// processor. On other systems than Linux there is one in any case.
    public var udpSockets: Int?
    /// Where WebSocket connections are accepted; nil accepts none. Default nil.
    public var wss: WebSocket?
    /// Where health, metrics and a status page are served over HTTP; nil serves none. Default nil.
    public var http: Endpoint?
    /// A file with the token that page and metrics ask for, read again when it changes; nil shows them to this machine alone
    /// (127.0.0.1 and ::1). Whether it is healthy and ready anybody may ask. Default nil.
    public var httpToken: String?
    /// What nodes dial this beacon as, beside the names of its certificate and the addresses that they write to: a name without a
    /// port stands for every port. A node that proves who it is signs what it has dialled (wire reference, sections 2 and 3), and
    /// isn't believed if that is none of these. Default: none.
    public var names: [HostPort] = []
    /// Names by which the status page may be asked for, beside `localhost` and IP addresses: a request that names another
    /// host is refused, since it may come from a page that has its own name resolved to this machine. Default none.
    public var httpNames: [String] = []
    /// The other beacons of a deployment, each with a port, 32 at most: they and this one tell each other over UDP who is attached where,
    /// and pass frames on. Each has to know this one by the address that its datagrams come from. This very beacon may be among
    /// them. Names are looked up again every minute. Default none.
    public var neighbours: [HostPort] = []
    package typealias NeighbourLookup = @Sendable (HostPort) async throws(TransportError) -> [Endpoint]
    /// Finds where a neighbour's name leads. Default: the system's resolver.
    package var neighbourLookup: NeighbourLookup = NeighbourExchange.resolve
    /// The names, each with a port, that addresses of ``RouterConfiguration/advertised`` were looked up by, by these addresses. They
    /// are looked up again every five minutes, and nodes are told the address that they lead to then; the last one stays while they
    /// can't be. Default none.
    public var advertisedNames: [Endpoint: HostPort] = [:]
    /// Finds where such a name leads. Default: the system's resolver.
    package var advertisedLookup: NeighbourLookup = NeighbourExchange.resolve
    /// How it finds the other beacons of its deployment by itself, and passes frames on to them, authenticated. Default: not at all.
    public var cluster: Cluster?
    /// What carries that; nil for etcd.
    package var presence: (any Presence)?
    /// This beacon's entry in the list of beacons at the registry that its keys come from, by which deployed nodes choose one. Default:
    /// none.
    public var registryEntry: RegistryEntry?
    /// Which addresses may speak over UDP and WebSocket, and which proxies are believed; it may change at any time. The
    /// status page is for all who can connect. Default: everybody may, and no proxy is believed.
    public var addresses = AddressPolicy()
    /// The router's bounds: registrations, their lifetimes, how a node moves.
    public var router = RouterConfiguration()
    /// How a graceful shutdown sends peers away. Default: at once.
    public var drain = Drain()
    /// Sends peers that attach beyond a number to another beacon. Default: none.
    public var redirect: Redirect?
    /// Where WebSocket and status connections are served. Default: SwiftNIO's shared event loops, one for each processor.
    public var eventLoopGroup: (any EventLoopGroup)?
    /// The path of a Unix socket at which a beacon that is started while this one serves takes over from it: sockets, registrations and
    /// all, so that nobody notices (<doc:RestartingABeacon>). Whoever serves there when this one starts is taken over from. In a
    /// directory that no other user may write to. Linux only; not with ``cluster``. Default none.
    public var takeover: String?
    /// Sockets that a supervisor has bound. Those of a beacon that is taken over from come first. Default none.
    package var inherited = InheritedSockets()
    /// Called once, when it begins to serve: a beacon that takes over from another one does so last of all.
    package var whenServing: @Sendable (Addresses) -> Void = { _ in }
    /// What the kernel is asked to buffer on each UDP socket, in bytes, each way. Default 4 MiB.
    public var socketBufferBytes = 4 << 20

    /// The defaults.
    public init() {}

    /// How a graceful shutdown sends peers away (<doc:RestartingABeacon>).
    public struct Drain: Sendable, Equatable {
      /// The longest ``grace`` and ``window``, each.
      public static let limit: Duration = .seconds(120)

      /// How long health is answered with 503 before anybody is sent away, for load balancers to notice; newcomers are admitted
      /// meanwhile. Up to ``limit``. Default none.
      public var grace: Duration = .zero
      /// Over how long peers are sent away after that. Frames are relayed on until everybody is gone, and newcomers are answered 503.
      /// Up to ``limit``. Default zero: connections are closed at once, without a word before.
      public var window: Duration = .zero
      /// When somebody is there for peers where they are sent to, from the shutdown on; up to ten minutes. Default zero: all the
      /// time, as behind a load balancer. A beacon without another one beside it says when it expects to be back itself.
      public var back: Duration = .zero
      /// The beacon that peers of this project are sent to; nil, the default, sends them to where they have dialled.
      public var place: WSSURL?

      /// The defaults.
      public init() {}

      /// - Throws: `.invalidConfiguration`.
      func validate() throws(TransportError) {
        let times: [(String, Duration, Duration)] = [
          ("grace", grace, Self.limit), ("window", window, Self.limit),
          ("back", back, .milliseconds(ReturnSpan.limit)),
        ]
        for (name, time, limit) in times where time < .zero || time > limit {
          throw TransportError(
            code: .invalidConfiguration, message: "drain.\(name) is \(time) and must be 0 to \(limit)")
        }
        guard let place, DrainNotice(comeBack: .atOnce, place: place.description) == nil else { return }
        throw TransportError(
          code: .invalidConfiguration,
          message: "drain.place has more than \(DrainNotice.maximumPlaceLength) bytes: \(place)")
      }
    }

    /// How WebSocket connections are accepted.
    public struct WebSocket: Sendable {
      /// The TCP address. Port 0 picks one.
      public var address: Endpoint
      /// Certificate and key; nil speaks plain `ws`, for a reverse proxy on the same machine.
      public var tls: TLSFiles?
      /// How many, how slow and how silent peers may be.
      public var limits = WSSLimits()

      /// Accepts on this address.
      public init(address: Endpoint) {
        self.address = address
      }
    }

    /// PEM files.
    public struct TLSFiles: Sendable, Equatable {
      /// The certificate and its intermediates, leaf first.
      public var certificate: String
      /// The certificate's private key.
      public var key: String

      /// Names the files.
      public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
      }
    }
  }

  /// Where a beacon can be reached.
  public struct Addresses: Sendable, Equatable {
    /// The bound UDP address.
    public let udp: Endpoint
    /// The bound TCP address of the WebSocket listener, if there is one.
    public let wss: Endpoint?
    /// The bound TCP address of the status page, if there is one.
    public let http: Endpoint?
  }
}
