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
    /// Where its frames are captured; who has started that stops it. Default nowhere, which costs nothing.
    public var capture: FrameCapture?

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
    let (host, port) = try configuration.host
    let node = try start(configuration, at: try await HostAddresses.resolve(host, port: port))
    var receiver = try node.makeReceiver()
    try await receiver.waitUntilReady()
    node.receiver.giveBack(receiver)
    return node
  }

  /// Begins to join a beacon, and goes on trying until it is left: the receiver tells when the node is ready.
  ///
  /// That the beacon's name can't be resolved yet is no failure, over UDP no more than over WSS: it is looked up again.
  ///
  /// - Throws: `.invalidConfiguration`; over UDP `.bindFailed`; `.cancelled`.
  public static func start(_ configuration: Configuration) async throws(TransportError) -> Node {
    try configuration.validate()
    if let wss = configuration.connection {
      let transport = try WSSTransport.start(wss)
      return try Node(configuration, on: transport, path: .connection(beacon: wss.beaconEndpoint))
    }
    let (host, port) = try configuration.host
    let addresses: [Endpoint]
    do throws(TransportError) {
      addresses = try await HostAddresses.resolve(host, port: port)
    } catch {
      guard error.code == .resolveFailed else { throw error }
      addresses = []
    }
    return try start(configuration, at: addresses)
  }

  /// As ``start(_:)`` over UDP, when the beacon's name has been looked up.
  ///
  /// - Parameter addresses: What it stands for, the preferred one first; none if that isn't known yet.
  package static func start(_ configuration: Configuration, at addresses: [Endpoint]) throws(TransportError) -> Node {
    let (host, port) = try configuration.host
    let transport = try UDPTransport.bind(configuration.udp)
    let path = BeaconLink.Path.datagrams(
      beacon: addresses.first ?? .any(port: port), others: Array(addresses.dropFirst()))
    // An address stands for itself, unless its zone is a name.
    guard (try? Endpoint(address: host, port: port)) == nil else {
      return try Node(configuration, on: transport, path: path)
    }
    let lookup: NodeDriver.NameLookup = { () async throws(TransportError) -> [Endpoint] in
      try await HostAddresses.resolve(host, port: port)
    }
    return try Node(configuration, on: transport, path: path, nameLookup: lookup)
  }

  private convenience init(
    _ configuration: Configuration, on transport: any Transport, path: BeaconLink.Path,
    nameLookup: NodeDriver.NameLookup? = nil
  ) throws(TransportError) {
    try self.init(
      id: configuration.id, identity: configuration.identity, on: configuration.captured(transport), path: path,
      dialled: configuration.beacon.name, times: configuration.times, offersProof: configuration.offersProof,
      nameLookup: nameLookup)
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

  /// The transport itself, or with its frames captured.
  fileprivate func captured(_ transport: any Transport) -> any Transport {
    guard let capture else { return transport }
    if case .udp = beacon { return capture.capturing(transport, on: .udp) }
    return capture.capturing(transport, on: .wss)
  }

  /// Where the beacon is over UDP.
  fileprivate var host: (name: String, port: UInt16) {
    get throws(TransportError) {
      guard case .udp(let host, let port) = beacon else {
        throw TransportError(code: .invalidConfiguration, message: "a beacon over WSS needs a configuration for it")
      }
      return (host, port)
    }
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
