public import PilotWire

extension BeaconServer {
  /// Where a beacon listens, and its limits.
  public struct Configuration: Sendable {
    /// The UDP address. Default `[::]:9001`, IPv4 included. Port 0 picks one.
    public var udp = Endpoint(high: 0, low: 0, port: 9_001)
    /// UDP sockets on that address, each with a thread of its own; at least 1. nil, the default, makes one for each
    /// processor. On other systems than Linux there is one in any case.
    public var udpSockets: Int?
    /// Where WebSocket connections are accepted; nil accepts none. Default nil.
    public var wss: WebSocket?
    /// Where health, metrics and a status page are served over HTTP; nil serves none. Default nil. For trusted networks:
    /// everybody who can connect may read them.
    public var http: Endpoint?
    /// The router's bounds: registrations, their lifetimes, how a node moves.
    public var router = Router.Configuration()
    /// What the kernel is asked to buffer on each UDP socket, in bytes, each way. Default 4 MiB.
    public var socketBufferBytes = 4 << 20

    /// The defaults.
    public init() {}

    /// How WebSocket connections are accepted.
    public struct WebSocket: Sendable {
      /// The TCP address. Port 0 picks one.
      public var address: Endpoint
      /// Certificate and key; nil speaks plain `ws`, for a reverse proxy on the same machine.
      public var tls: TLSFiles?
      /// Connections at most; beyond it the upgrade is answered 503. Default 10,000.
      public var maximumConnections = 10_000
      /// What waits for one peer, in bytes; its oldest frames make room. Default 1 MiB.
      public var outgoingBytes = 1 << 20
      /// How long a frame waits for a peer before it is dropped. Default 1 s.
      public var outgoingAge: Duration = .seconds(1)
      /// How long a peer may be silent. Default 90 s (wire reference, section 3).
      public var idleLimit: Duration = .seconds(90)
      /// How long a peer may take to authenticate. Default 10 s (wire reference, section 3).
      public var authenticationLimit: Duration = .seconds(10)

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
