public import PilotIdentity
public import PilotTransport
public import PilotUDP
public import PilotWSS
public import PilotWire

extension Node {
  /// Who a node is, and where its beacon.
  public struct Configuration: Sendable {
    /// The node's ID.
    public var id: NodeID
    /// Its key pair, the one that the beacon knows for it.
    public var identity: Identity
    /// The beacon.
    public let beacon: BeaconURL
    /// The socket, for a beacon over UDP.
    public var udp = UDPTransport.Configuration()
    /// The connection, for a beacon over WSS, and only for one: for a beacon over UDP it has to be nil. Its beacon, node and
    /// identity are those above.
    public var wss: WSSTransport.Configuration?
    /// When the node does what.
    public var times = BeaconLink.Configuration()
    /// Whether it offers the beacon to prove who it is. Default yes. Deployed nodes don't.
    public var offersProof = true

    /// Everything else has a default.
    public init(id: NodeID, identity: Identity, beacon: BeaconURL) {
      self.id = id
      self.identity = identity
      self.beacon = beacon
      if case .wss(let url) = beacon { wss = WSSTransport.Configuration(beacon: url, node: id, identity: identity) }
    }

    /// Takes the beacon's URL as text: `udp://HOST:PORT`, `wss://HOST[:PORT]` or `ws://…`.
    ///
    /// - Throws: `.invalidConfiguration` that says what is wrong with it.
    public init(id: NodeID, identity: Identity, beacon: String) throws(TransportError) {
      self.init(id: id, identity: identity, beacon: try BeaconURL(parsing: beacon))
    }
  }

  /// Joins a beacon, and returns when the node is ready: what is sent to it arrives.
  ///
  /// - Throws: `.invalidConfiguration`; over UDP `.resolveFailed`, `.bindFailed`, and `.timedOut` when the beacon doesn't
  ///   answer or delivers nothing within ``BeaconLink/Configuration/patience``; over WSS why the first attempt failed, as
  ///   `WSSTransport.connect`. `.cancelled` when the task is cancelled. Nothing goes on after that.
  public static func join(_ configuration: Configuration) async throws(TransportError) -> Node {
    try configuration.validate()
    if let wss = configuration.connection {
      let transport = try await WSSTransport.connect(wss)
      let node = try Node(configuration, on: transport, path: .connection(beacon: wss.beaconEndpoint))
      node.driver.hasConnected()
      return node
    }
    let node = try await start(configuration)
    var receiver = try node.makeReceiver()
    try await receiver.waitUntilReady()
    node.receiver.giveBack(receiver)
    return node
  }

  /// Begins to join a beacon, and goes on trying until it is left: the receiver tells when the node is ready.
  ///
  /// - Throws: `.invalidConfiguration`; over UDP `.resolveFailed` and `.bindFailed`; `.cancelled`.
  public static func start(_ configuration: Configuration) async throws(TransportError) -> Node {
    try configuration.validate()
    if let wss = configuration.connection {
      let transport = try WSSTransport.start(wss)
      return try Node(configuration, on: transport, path: .connection(beacon: wss.beaconEndpoint))
    }
    guard case .udp(let host, let port) = configuration.beacon else {
      throw TransportError(code: .invalidConfiguration, message: "a beacon over WSS needs a configuration for it")
    }
    let addresses = try await HostAddresses.resolve(host, port: port)
    let transport = try UDPTransport.bind(configuration.udp)
    return try Node(
      configuration, on: transport, path: .datagrams(beacon: addresses[0], others: Array(addresses.dropFirst())))
  }

  private convenience init(
    _ configuration: Configuration, on transport: any Transport, path: BeaconLink.Path
  ) throws(TransportError) {
    try self.init(
      id: configuration.id, identity: configuration.identity, on: transport, path: path,
      dialled: configuration.beacon.name, times: configuration.times, offersProof: configuration.offersProof)
  }
}

extension Node.Configuration {
  /// Before anything is resolved, bound or dialed.
  fileprivate func validate() throws(TransportError) {
    try times.validate()
    guard case .udp = beacon, wss != nil else { return }
    throw TransportError(
      code: .invalidConfiguration,
      message: "\(beacon) is reached over UDP, and a configuration for WSS is set; leave it nil")
  }

  /// The WSS transport's configuration, as this node.
  fileprivate var connection: WSSTransport.Configuration? {
    guard case .wss(let url) = beacon, var wss else { return nil }
    wss.beacon = url
    wss.node = id
    wss.identity = identity
    return wss
  }
}
