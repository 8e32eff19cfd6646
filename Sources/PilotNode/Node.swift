public import PilotIdentity
public import PilotTransport
import PilotUDP
public import PilotWire
import Synchronization

/// A node: an identity that is joined to a beacon, and addresses others by their IDs.
///
/// ```swift
/// // `id` and `peer` are node IDs, `identity` is what `Identity.load(from:)` gives.
/// let node = try await Node.join(Node.Configuration(id: id, identity: identity, beacon: "wss://beacon.example"))
/// try node.send(Array("hello".utf8), to: peer)
/// var receiver = try node.makeReceiver()
/// try await receiver.forEachMessage { message in print(message.sender, message.payload.byteCount) }
/// ```
///
/// Over UDP it registers with its beacon, proves who it is, renews that every minute and after a restart of the beacon;
/// over WSS it keeps its connection up and announces itself. Programs are the same on both, and on a node with several paths,
/// which sends over the best one that works (<doc:JoiningABeacon>).
///
/// **Life.** It is joined from ``join(_:)`` or ``start(_:)`` until ``leave()``, or until nobody holds it or its receiver any
/// more. Nothing else ends it: what goes wrong shows in its states while it goes on trying.
///
/// **Concurrency.** Everything but the receiver may be used from any task or thread. There is one receiver, and somebody
/// has to read it: a beacon's questions are answered as they are read. Its answers may wait for a minute; a node that
/// nobody reads for longer may lose its place at the beacon.
public final class Node: Sendable {
  private let hold: NodeHold
  /// The hold's, at hand for every send.
  let driver: NodeDriver
  /// What ``join(_:)`` has read from, until somebody asks for it.
  let receiver: ReceiverBox

  /// A node on a transport that is there already, of any kind.
  ///
  /// The transport is the node's from then on: nobody else reads it, and ``leave()`` closes it.
  ///
  /// - Parameters:
  ///   - id: The node's ID.
  ///   - identity: Its key pair. The transport may know it, too, as WSS does.
  ///   - transport: What carries its frames.
  ///   - target: Where the beacon is, and how the transport leads there.
  ///   - dialled: What the beacon was dialled as, which the node signs when the beacon asks who it is. Default: the beacon's
  ///     address, for who has dialled that.
  ///   - times: When it does what.
  ///   - offersProof: Whether it offers the beacon to prove who it is. Deployed nodes don't.
  /// - Throws: `.invalidConfiguration` that says which of the times can't be; `.receiverTaken` if somebody reads the
  ///   transport; `.closed`.
  public convenience init(
    id: NodeID, identity: Identity, on transport: any Transport, to target: BeaconLink.Target,
    dialled: BeaconName? = nil, times: BeaconLink.Configuration = BeaconLink.Configuration(), offersProof: Bool = true
  ) throws(TransportError) {
    try self.init(
      id: id, identity: identity, over: [PathSetup(transport, target, dialled: dialled)], times: times,
      offersProof: offersProof)
  }

  /// A node over several paths, on transports that are there already.
  ///
  /// - Parameters:
  ///   - setups: The paths, one at least and 64 at most, in the order of their numbers. Frames are told apart by the beacon's
  ///     address. A connection that is to be dialled only when it is needed has to be at rest.
  ///   - choosing: When paths are changed.
  /// - Throws: As the public one.
  package convenience init(
    id: NodeID, identity: Identity, over setups: [PathSetup],
    times: BeaconLink.Configuration = BeaconLink.Configuration(),
    choosing: PathSelection.Configuration = PathSelection.Configuration(), offersProof: Bool = true
  ) throws(TransportError) {
    try self.init(
      id: id, identity: identity, over: setups, times: times, choosing: choosing, offersProof: offersProof,
      watching: nil, since: .now())
  }

  /// - Parameters:
  ///   - watching: How it learns of changes of this machine's network, and of its sleep; nil if it doesn't.
  ///   - begun: When the first path's head start began.
  init(
    id: NodeID, identity: Identity, over setups: [PathSetup], times: BeaconLink.Configuration,
    choosing: PathSelection.Configuration, offersProof: Bool, watching: Watching?, since begun: MonotonicInstant
  ) throws(TransportError) {
    try times.validate()
    try choosing.validate()
    try PathSetup.validate(setups)
    driver = NodeDriver(
      id: id, identity: identity, offersProof: offersProof, setups, times: times, choosing: choosing,
      network: watching?.networks ?? .ofProcess, watching: watching, since: begun)
    hold = NodeHold(driver)
    receiver = ReceiverBox(NodeReceiver(try Self.receiver(of: driver.transports), of: hold))
    driver.start()
  }

  private static func receiver(of transports: [any Transport]) throws(TransportError) -> Receiver {
    var merged = try transports[0].makeReceiver()
    for transport in transports.dropFirst() { merged = .merging(merged, try transport.makeReceiver()) }
    return merged
  }

  /// The node's ID.
  public var id: NodeID { driver.id }

  /// How it stands now. The receiver tells every change.
  public var state: NodeState { driver.state }

  /// What carries its frames, each transport once, in the order of the paths. For looking at; sending over one goes around the
  /// node's counters.
  public var transports: [any Transport] { driver.transports }

  /// Its paths, by their numbers.
  public var paths: [PathSelection.Path] { driver.ports.map(\.path) }

  /// The path that its frames go over now; nil as long as there is none. The receiver tells every change
  /// (``NodeEvent/switched(_:)``).
  public var path: PathID? { driver.carriageWord.first.map(PathID.init) }

  /// How a path stands by itself, and what its beacon was dialled as; nil for one that is at rest. ``state`` is what follows from
  /// all of them: as long as one may still come up, it doesn't say what holds up the others.
  package func standing(of path: PathID) -> (beacon: BeaconName?, state: NodeState)? {
    guard driver.ports.indices.contains(path.index), let state = driver.machine.withLock({ $0.state(of: path) }) else {
      return nil
    }
    return (driver.ports[path.index].dialled, state)
  }

  /// Where frames for the beacon go: to that of the active path, or of the first one as long as there is none.
  public var beacon: Endpoint { driver.beacon }

  /// Where its UDP socket is bound, and where the beacon is that it is used for; nil without a path over UDP.
  package var datagrams: (local: Endpoint, beacon: Endpoint)? {
    guard let port = driver.ports.first(where: { $0.path.kind == .datagrams }) else { return nil }
    return (port.transport.localEndpoint, port.beacon)
  }

  /// The thread that waits for its UDP socket, for the task that reads it; nil without a path over UDP. What comes over WSS wakes it, as
  /// it would wake any other.
  package var executor: (any TaskExecutor)? {
    driver.transports.lazy.compactMap { $0 as? UDPTransport }.first?.executor
  }

  /// The longest payload that ``send(_:to:)-(RawSpan,NodeID)`` takes, whichever path carries it, in bytes: 9 less than a frame
  /// of the transports'.
  public var maximumPayloadLength: Int {
    (driver.transports.map(\.maximumFrameLength).min() ?? 0) - Relay.headerLength
  }

  /// The longest payload that gets to another node by the path that is active now, as far as is known, and what sets the limit.
  ///
  /// Costs a few system calls. Asked again after a switch, it may say something else.
  ///
  /// - Parameter peer: What is known of the other node.
  public func payloadLimit(to peer: PayloadLimit.Knowledge = .none) -> PayloadLimit {
    let (transport, beacon) = (driver.activePort.transport, driver.activePort.beacon)
    let mtu = transport.pathMTU(to: beacon)
    return PayloadLimit(
      maximumFrameLength: transport.maximumFrameLength, path: mtu.map { (beacon: beacon, mtu: $0) }, peer: peer)
  }

  /// What went through so far.
  public var counters: NodeCounters {
    var counters = driver.tally.counters
    counters.statesDropped = driver.states.dropped
    for port in driver.ports { counters.messagesReceived += port.tally.messages }
    for transport in driver.transports { counters.transport += transport.counters }
    return counters
  }

  /// Hands out the one receiver.
  ///
  /// - Throws: `.receiverTaken` from the second call on.
  public func makeReceiver() throws(TransportError) -> NodeReceiver { try receiver.take() }

  /// Leaves the beacon: at once, for good, from anywhere, as often as you like. The transports are closed, and the last state
  /// is ``NodeState/closed``. The beacon forgets a node on UDP after ten minutes: the wire has no farewell.
  public func leave() { driver.close() }
}
