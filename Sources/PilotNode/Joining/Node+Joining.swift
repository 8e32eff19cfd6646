public import PilotIdentity
public import PilotTransport
public import PilotUDP
public import PilotWSS
public import PilotWire

extension Node {
  /// Who a node is, and where its beacons are.
  public struct Configuration: Sendable {
    /// The node's ID.
    public var id: NodeID
    /// Its key pair, the one that the beacons know for it.
    public var identity: Identity
    /// The beacons, in the order of preference, unless ``choosing`` has another one. The first URL for UDP and the first one for WSS are two
    /// ways to the first beacon,
    /// the second ones lead to the second, and so on: whoever wants none of UDP, or none of WSS, names no such URL.
    public let beacons: [BeaconURL]
    /// Beacons that a path is kept ready to, to take over in no time: paired as those are, and behind all of them in the order of
    /// preference.
    public let standbys: [BeaconURL]
    /// The socket, for beacons over UDP.
    public var udp = UDPTransport.Configuration()
    /// The connections, for beacons over WSS, and only for them: without any it has to be nil. Beacon, node,
    /// identity and fallback addresses are those of this configuration.
    public var wss: WSSTransport.Configuration?
    /// Addresses of the beacons' hosts for when the name server fails, over UDP and over WSS. Default none.
    public var fallbackAddresses = StaticAddresses()
    /// When the node does what.
    public var times = BeaconLink.Configuration()
    /// When it goes another way, where it has several.
    public var choosing = PathSelection.Configuration()
    /// Whether it offers the beacons to prove who it is. Default yes. Deployed nodes don't.
    public var offersProof = true
    /// Whether it checks its paths when this machine's network changes, and when the machine has slept. Default yes. It takes a
    /// descriptor, and a look at the clocks each second: whoever runs nodes by the hundred can do without.
    public var watchesNetwork = true
    /// Where its frames are captured; who has started that stops it. Default nowhere, which costs nothing.
    public var capture: FrameCapture?

    /// Everything else has a default.
    public init(id: NodeID, identity: Identity, beacons: [BeaconURL], standbys: [BeaconURL] = []) {
      self.id = id
      self.identity = identity
      self.beacons = beacons
      self.standbys = standbys
      choosing.keepsStandby = !standbys.isEmpty
      for case .wss(let url) in beacons + standbys where wss == nil {
        wss = WSSTransport.Configuration(beacon: url, node: id, identity: identity)
      }
    }

    /// With one beacon, and one way to it.
    public init(id: NodeID, identity: Identity, beacon: BeaconURL) {
      self.init(id: id, identity: identity, beacons: [beacon])
    }

    /// Takes the beacons' URLs as text: `udp://HOST:PORT`, `wss://HOST[:PORT]` or `ws://…`.
    ///
    /// - Throws: `.invalidConfiguration` that says what is wrong with one.
    public init(id: NodeID, identity: Identity, beacon: String, _ others: String...) throws(TransportError) {
      var urls = [try BeaconURL(parsing: beacon)]
      for other in others { urls.append(try BeaconURL(parsing: other)) }
      self.init(id: id, identity: identity, beacons: urls)
    }
  }

  /// Joins a beacon, and returns when the node is ready: what is sent to it arrives.
  ///
  /// Over several paths that is when the first of them carries; others may follow, and take over where they are better.
  ///
  /// - Throws: `.invalidConfiguration`; over UDP `.resolveFailed`, `.bindFailed`, and `.timedOut` when the beacon doesn't
  ///   answer or delivers nothing within ``BeaconLink/Configuration/patience``; over WSS why the first attempt failed, as
  ///   `WSSTransport.connect`; over several paths why the last of them can't be had. `.cancelled` when the task is cancelled.
  ///   Nothing goes on after that.
  public static func join(_ configuration: Configuration) async throws(TransportError) -> Node {
    let plan = try PathPlan(configuration)
    if let wss = plan.onlyConnection {
      let transport = try await WSSTransport.connect(wss)
      let node = try Node(configuration, over: [PathSetup(transport, wss, capture: configuration.capture)])
      node.driver.hasConnected()
      return node
    }
    let begun = MonotonicInstant.now()
    let addresses = try await plan.addresses(on: KnownNetworks.ofProcess.verdict)
    let node = try start(configuration, plan, at: addresses, since: begun)
    var receiver = try node.makeReceiver()
    try await receiver.waitUntilReady()
    node.receiver.giveBack(receiver)
    return node
  }

  /// Begins to join a beacon, and goes on trying until it is left: the receiver tells when the node is ready.
  ///
  /// That a beacon's name can't be resolved yet is no failure, over UDP no more than over WSS: it is looked up again.
  ///
  /// - Throws: `.invalidConfiguration`; over UDP `.bindFailed`, where there is no other way; `.cancelled`.
  public static func start(_ configuration: Configuration) async throws(TransportError) -> Node {
    let plan = try PathPlan(configuration)
    let begun = MonotonicInstant.now()
    let addresses: [[Endpoint]]
    do throws(TransportError) {
      addresses = try await plan.addresses(on: KnownNetworks.ofProcess.verdict)
    } catch {
      guard error.code == .resolveFailed else { throw error }
      addresses = []
    }
    return try start(configuration, plan, at: addresses, since: begun)
  }

  /// As ``start(_:)``, when the names of beacons over UDP have been looked up.
  ///
  /// - Parameters:
  ///   - addresses: What each stands for, the preferred one first; none if that isn't known yet.
  ///   - begun: When the first look-up began: UDP's head start is over as soon after it as without names.
  private static func start(
    _ configuration: Configuration, _ plan: PathPlan, at addresses: [[Endpoint]], since begun: MonotonicInstant
  ) throws(TransportError) -> Node {
    try Node(configuration, over: try plan.setups(udp: configuration.udp, at: addresses), since: begun)
  }

  private convenience init(
    _ configuration: Configuration, over setups: [PathSetup], since begun: MonotonicInstant = .now()
  ) throws(TransportError) {
    try self.init(
      id: configuration.id, identity: configuration.identity, over: setups, times: configuration.times,
      choosing: configuration.choosing, offersProof: configuration.offersProof,
      watching: configuration.watchesNetwork ? .system : nil, since: begun)
  }
}
