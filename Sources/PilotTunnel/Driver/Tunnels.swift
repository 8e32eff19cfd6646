public import PilotIdentity
public import PilotNode
public import PilotTransport
import PilotUDP
public import PilotWire
import Synchronization

/// Sealed datagrams between the ports of nodes, over a node: end to end, so that neither the network nor a beacon reads or
/// changes them.
///
/// ```swift
/// // `node` has joined a beacon, `identity` is its own, `keys` knows the keys of its peers.
/// let tunnels = try Tunnels(over: node, identity: identity, keys: keys)
/// async let reading: Void = tunnels.run()
/// let port = try tunnels.bind(7)
/// for await datagram in port.datagrams {
///   // One that can't be sent is lost, as on any network.
///   try? port.send(datagram.payload, to: datagram.peer, port: datagram.port)
/// }
/// try await reading
/// ```
///
/// A session with a peer is made when something is first sent to it, or when it sends something; only peers whose keys are
/// known get one. It stays when the node's path changes, and when the peer is reached directly instead of by the relay
/// (<doc:DirectPaths>).
///
/// **Life.** The node is the tunnels' from then on: nobody else reads it. ``run()`` reads it until ``leave()``, or until its task
/// is cancelled; both leave the node. Session keys leave memory with the tunnels.
///
/// **Concurrency.** Everything may be used from any task or thread, ``events`` from one.
public final class Tunnels: Sendable {
  /// The node that carries the frames. For looking at, and for its counters.
  public let node: Node
  /// What else happens, for one reader: the newest 256 that it hasn't read yet.
  public let events: AsyncStream<TunnelEvent>
  /// The longest payload of a datagram in one piece, in bytes: what a relayed frame of ``Configuration/maximumFrameLength`` has room
  /// for, 1,153 by default. Longer ones go where ``Configuration/maximumFragmentedLength`` allows it.
  public let maximumPayloadLength: Int
  let configuration: Configuration
  let keys: any KeyDirectory
  let state: Mutex<PeerTunnels>
  let ports = Mutex(PortTable())
  let peers = Mutex<[NodeID: TunnelPeer]>([:])
  let tally = TunnelTally()
  let alarm = Alarm()
  private let eventSource: AsyncStream<TunnelEvent>.Continuation
  private let lookUps: AsyncStream<NodeID>
  let lookUpSource: AsyncStream<NodeID>.Continuation
  /// What the last event about each peer said.
  let told = Mutex<[NodeID: PeerRoute]>([:])
  private let receiver: Mutex<NodeReceiver?>
  /// How many peers are known to who sends, at most, besides those with a session.
  private static let peerLimit = 8_192

  /// Tunnels over a node.
  ///
  /// - Parameters:
  ///   - node: The node. Nobody else may have its receiver.
  ///   - identity: Its key pair.
  ///   - keys: Whose word about the peers' keys counts.
  ///   - configuration: What can be different.
  /// - Throws: `.invalidConfiguration` that says what is out of its bounds; `.receiverTaken`.
  public init(
    over node: Node, identity: Identity, keys: any KeyDirectory, configuration: Configuration = Configuration()
  ) throws(TransportError) {
    try configuration.validate()
    self.node = node
    self.keys = keys
    self.configuration = configuration
    maximumPayloadLength =
      min(configuration.maximumFrameLength, node.maximumPayloadLength + Relay.headerLength) - Self.overhead
    receiver = Mutex(try node.makeReceiver())
    let now = MonotonicInstant.now()
    let random = SystemRandomNumberGenerator()
    let sessions = TunnelMachine(
      id: node.id, identity: identity, configuration: configuration.sessions, random: random, at: now)
    state = Mutex(
      PeerTunnels(
        sessions, in: Surroundings(hasDatagrams: node.datagrams != nil),
        direct: configuration.usesDirectPaths ? configuration.paths : nil,
        fragmentsUpTo: configuration.maximumFragmentedLength, random: random))
    (events, eventSource) = AsyncStream.makeStream(of: TunnelEvent.self, bufferingPolicy: .bufferingNewest(256))
    (lookUps, lookUpSource) = AsyncStream.makeStream(of: NodeID.self, bufferingPolicy: .bufferingOldest(256))
  }

  deinit { node.leave() }

  /// This node.
  public var id: NodeID { node.id }

  // MARK: Life

  /// Reads the node, keeps the sessions' times and asks for keys, until the node has left. To be called once.
  ///
  /// - Throws: `.receiverTaken` from the second call on; `.cancelled` when the task is cancelled; `.system` when the node's
  ///   transport can't be read. The node has left by then.
  public func run() async throws(TransportError) {
    guard var receiver = self.receiver.withLock({ $0.take() }) else { throw .receiverTaken }
    defer { end() }
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await self.keepTime() }
        group.addTask { await self.lookKeysUp() }
        group.addTask { await self.followKeys() }
        group.addTask { await self.followNetwork() }
        for transport in node.transports { group.addTask { await self.follow(transport) } }
        defer { group.cancelAll() }
        // On the thread that waits for the socket, so that no other one has to wake for what comes.
        try await withTaskExecutorPreference(node.executor) { try await read(&receiver) }
      }
    } catch {
      throw error as? TransportError ?? .cancelled
    }
  }

  private func read(_ receiver: inout NodeReceiver) async throws(TransportError) {
    var reader = TunnelReader(self)
    try await receiver.forEach(
      { event throws(TransportError) in reader.received(event) }, whenDrained: { reader.drained() })
  }

  /// Leaves the beacon, and ends all sessions: at once, for good, from anywhere, as often as you like.
  public func leave() { node.leave() }

  private func end() {
    node.leave()
    alarm.ring()
    eventSource.finish()
    lookUpSource.finish()
    for sink in ports.withLock({ $0.takeAll() }) { sink.ended() }
  }

  private func keepTime() async {
    while !Task.isCancelled {
      drive { $0.tick(at: .now()) }
      await alarm.wait(until: state.withLock { $0.setAlarm() })
    }
  }

  private func lookKeysUp() async {
    await withDiscardingTaskGroup { group in
      for await node in lookUps { group.addTask { await self.lookUp(node) } }
    }
  }

  private func lookUp(_ node: NodeID) async {
    let answer: KeyAnswer?
    do throws(KeyDirectoryError) {
      answer = try await keys.publicKey(of: node).map { .key($0) } ?? .unknown
    } catch {
      answer = nil
    }
    drive { $0.learned(answer, of: node, at: .now()) }
  }

  /// A key that is taken away ends the session; another one has it made anew.
  private func followKeys() async {
    for await change in keys.changes {
      let nodes =
        switch change {
        case .nodes(let nodes): nodes
        case .anything: Set(state.withLock { $0.peers })
        }
      for node in nodes where isAllowed(node) { await lookUp(node) }
    }
  }

  // MARK: Peers

  func isAllowed(_ peer: NodeID) -> Bool { configuration.allowed?.contains(peer) ?? true }

  func tell(_ event: TunnelEvent) {
    if case .dropped = eventSource.yield(event) { tally.eventsDropped.count() }
  }

  /// A peer, for who sends to it.
  func peer(_ id: NodeID) -> TunnelPeer {
    peers.withLock { peers in
      if let peer = peers[id] { return peer }
      // Who sends to ever more nodes that get no session keeps none of them.
      if peers.count >= Self.peerLimit { peers = peers.filter { $0.value.sealedRoute != nil } }
      let peer = TunnelPeer(id)
      peers[id] = peer
      return peer
    }
  }

  // MARK: The machine

  /// Gives the machine an event, and performs what it wants done.
  @discardableResult
  func drive<Result>(_ event: (inout PeerTunnels) -> Result) -> Result {
    let (result, outputs, isDueSooner) = state.withLock { state in
      let result = event(&state)
      let isDueSooner = state.isDueSooner
      let outputs = state.takeOutputs()
      // Under the lock, so that routes change in the machine's order.
      for output in outputs {
        switch output {
        case .carry(let id, let route): carry(id, route)
        case .fragments(let id, let longest): peer(id).takesFragments(upTo: longest)
        case .send, .requestPunch, .lookUp, .refused: break
        }
      }
      return (result, outputs, isDueSooner)
    }
    for output in outputs { perform(output) }
    if isDueSooner { alarm.ring() }
    return result
  }

  private func perform(_ output: PeerTunnels.Output) {
    switch output {
    case .carry, .fragments: break
    case .send(let frame, let peer, let route): send(frame, to: peer, by: route)
    case .requestPunch(let peer): requestPunch(peer)
    case .lookUp(let node): answerOrLookUp(node)
    case .refused(let peer, let reason): tellRefusal(of: peer, reason)
    }
  }

  private func answerOrLookUp(_ node: NodeID) {
    if !isAllowed(node) { return drive { $0.learned(.unknown, of: node, at: .now()) } }
    if let answer = keys.answerAtHand(for: node) { return drive { $0.learned(answer, of: node, at: .now()) } }
    // One that finds no room is asked for again.
    lookUpSource.yield(node)
  }

  private func tellRefusal(of peer: NodeID, _ reason: RefusalReason) {
    switch reason {
    case .unknown: tell(.refused(peer, isAllowed(peer) ? .unknown : .notAllowed))
    case .notAllowed: tell(.refused(peer, .notAllowed))
    case .wrongKey: tell(.refused(peer, .wrongKey))
    case .unavailable: tell(.refused(peer, .unavailable))
    }
  }
}

extension Tunnels.Configuration {
  fileprivate func validate() throws(TransportError) {
    guard (Self.shortestFrameLength...FrameLimits.maximumOverUDPv4).contains(maximumFrameLength) else {
      throw TransportError(
        code: .invalidConfiguration,
        message:
          "a frame may have \(Self.shortestFrameLength) to \(FrameLimits.maximumOverUDPv4) bytes, not \(maximumFrameLength)"
      )
    }
    guard maximumFragmentedLength.map({ (1...FrameLimits.maximumOverUDPv4).contains($0) }) ?? true else {
      throw TransportError(
        code: .invalidConfiguration,
        message: "a datagram in fragments may have 1 to \(FrameLimits.maximumOverUDPv4) bytes")
    }
  }
}
