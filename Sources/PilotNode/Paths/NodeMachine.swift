import PilotTransport
import PilotWire

/// What a node decides: the links of its paths, and which of these carry, where there are several. A value without clock, socket
/// or random source.
///
/// Whoever drives it tells it what happens, takes its outputs (``takeOutputs()``), and tells it the time again at its
/// ``deadline``. Over one path it is that path's link, and nothing else.
struct NodeMachine: Sendable {
  /// What a path is made of.
  struct Setup: Sendable {
    let path: PathSelection.Path
    /// Where its beacon is, and what leads there.
    let target: BeaconLink.Target
    /// Whether the beacon's addresses come from a name.
    let isNamed: Bool
    /// What the link's frames to the node itself carry.
    let token: ProbeToken
  }

  /// What the driver is to do.
  enum Output: Sendable {
    /// For the link of a path.
    case link(PathID, BeaconLink.Output)
    /// For what chooses between paths.
    case selection(PathSelection.Output)
    /// Tell whoever uses the node.
    case state(NodeState)
  }

  /// A path, and what has become of it.
  private struct Path: Sendable {
    let setup: Setup
    var target: BeaconLink.Target
    var link: BeaconLink
    /// Whether the link runs. What one that doesn't would send is dropped.
    var isOpen: Bool
    /// Whether its beacon takes frames over UDP from a node that is attached; nil as long as that isn't known.
    var beaconIsOwn: Bool?
  }

  private let node: NodeID
  private let times: BeaconLink.Configuration
  private let echoToken: ProbeToken
  private var paths: [Path]
  /// Nil where there is nothing to choose.
  private var selection: PathSelection?
  /// As it was told last.
  private(set) var state = NodeState.joining
  private var outputs: [Output] = []
  /// When the only path's connection, which is being checked, has to have carried a frame to the node itself.
  private var checkUntil: MonotonicInstant?

  /// How long that may take where nothing is known of the connection's round trip; else three of those, within bounds.
  private static let checkLimit = Duration.seconds(1)
  private static let checkBounds = Duration.milliseconds(500)...Duration.seconds(3)

  /// Begins. The first outputs are there at once.
  ///
  /// - Parameters:
  ///   - node: The node's ID.
  ///   - setups: All paths, one at least.
  ///   - echoToken: What frames to the node itself carry that no link has sent.
  ///   - times: When links do what.
  ///   - choosing: When paths are changed.
  ///   - verdict: What is remembered of the network.
  ///   - begun: When the first path's head start began, if that was before now.
  ///   - now: The time.
  init(
    node: NodeID, _ setups: [Setup], echoToken: ProbeToken, times: BeaconLink.Configuration,
    choosing: PathSelection.Configuration, on verdict: NetworkVerdict?, since begun: MonotonicInstant? = nil,
    at now: MonotonicInstant
  ) {
    self.node = node
    self.times = times
    self.echoToken = echoToken
    let isOnly = setups.count == 1
    selection = isOnly ? nil : PathSelection(setups.map(\.path), choosing, on: verdict, at: begun ?? now)
    paths = setups.map { setup in
      let link = BeaconLink(
        node: node, to: setup.target, isNamed: setup.isNamed, token: setup.token, times, at: now)
      return Path(setup: setup, target: setup.target, link: link, isOpen: isOnly)
    }
    settle(at: now)
  }

  /// Which paths carry.
  var carriage: Carriage { selection?.carriage ?? .one(PathID(0)) }

  /// Where frames for a path's beacon go.
  func beacon(of path: PathID) -> Endpoint { paths[path.index].link.beacon }

  /// Whether a path's link is ready.
  func isReady(_ path: PathID) -> Bool { paths[path.index].link.state.isReady }

  /// How a path's link stands; nil for one that is at rest.
  func state(of path: PathID) -> NodeState? { paths[path.index].isOpen ? paths[path.index].link.state : nil }

  /// When to call ``tick(at:random:)`` next; nil if only an event makes something due.
  var deadline: MonotonicInstant? {
    paths.reduce(selection?.deadline ?? checkUntil) { earliest, path in
      guard path.isOpen, let deadline = path.link.deadline else { return earliest }
      return earliest.map { min($0, deadline) } ?? deadline
    }
  }

  /// What is to be done, in this order.
  mutating func takeOutputs() -> [Output] {
    defer { outputs = [] }
    return outputs
  }

  // MARK: What happens

  /// Time has passed.
  mutating func tick(at now: MonotonicInstant, random: Double) {
    for index in paths.indices where paths[index].isOpen { paths[index].link.tick(at: now) }
    selection?.tick(at: now, random: random)
    if let until = checkUntil, now >= until {
      checkUntil = nil
      outputs.append(.selection(.redial(PathID(0))))
    }
    settle(at: now)
  }

  /// Whether the node is read, and what its users have sent and got over each path. Before a tick.
  mutating func counted(_ traffic: [PathTraffic], isReading: Bool, at now: MonotonicInstant) {
    selection?.reading(isReading, at: now)
    for (index, traffic) in traffic.enumerated() { selection?.counted(PathID(index), traffic, at: now) }
  }

  /// Whether a path's beacon takes frames over UDP from a node that is attached; nil while there is no connection. Told before each
  /// event. A frame can show a connection before this is known: it isn't up until then, since UDP would have to be given up for it
  /// at a beacon that takes one way at a time.
  mutating func note(_ path: PathID, beaconIsOwn: Bool?, at now: @autoclosure () -> MonotonicInstant) {
    guard paths[path.index].beaconIsOwn != beaconIsOwn else { return }
    paths[path.index].beaconIsOwn = beaconIsOwn
    guard let beaconIsOwn, paths[path.index].isOpen, paths[path.index].link.state.isReady else { return }
    selection?.up(path, allowsBoth: beaconIsOwn, at: now())
  }

  /// A frame has come.
  mutating func received(
    _ frame: RawSpan, from source: Endpoint, at now: MonotonicInstant
  ) -> BeaconLink.Reception {
    let reception = look(at: frame, from: source, at: now)
    settle(at: now)
    // From a path that nobody has asked anything of yet.
    if selection != nil, reception == .message, !state.isReady { return .direct }
    return reception
  }

  private mutating func look(
    at frame: RawSpan, from source: Endpoint, at now: MonotonicInstant
  ) -> BeaconLink.Reception {
    if selection == nil, checkUntil == nil { return paths[0].link.received(frame, from: source, at: now) }
    if let index = paths.firstIndex(where: { $0.link.beacon == source }) {
      if isOwnFrame(frame, over: index, at: now) {
        _ = paths[index].link.received(frame, from: source, at: now)
        return .probe
      }
      if isAnswerToProbe(frame, over: index, at: now) { return .probe }
    }
    for index in paths.indices {
      let reception = paths[index].link.received(frame, from: source, at: now)
      if reception == .control { heard(frame, over: index, at: now) }
      if reception != .direct { return reception }
    }
    return .direct
  }

  /// Over UDP nobody has signed what says that a beacon is about to end.
  private mutating func heard(_ frame: RawSpan, over index: Int, at now: MonotonicInstant) {
    guard paths[index].setup.path.kind == .datagrams, let drain = try? Drain(parsing: frame), drain.node == node else {
      return
    }
    selection?.warned(PathID(index), until: now.advanced(by: .milliseconds(drain.comeBack.until)), at: now)
  }

  /// Whether this is a frame of the node to itself. One that a link has sent may come by another path: the beacon delivers over
  /// the connection while there is one.
  private mutating func isOwnFrame(_ frame: RawSpan, over index: Int, at now: MonotonicInstant) -> Bool {
    guard let delivery = Delivery(frame, for: node), delivery.sender == node else { return false }
    if echoToken.isCarried(by: delivery.payload) {
      checkUntil = nil
      if let number = echoToken.number(in: delivery.payload) { selection?.echoed(number, over: PathID(index), at: now) }
      return true
    }
    let payload = delivery.payload
    for asking in paths.indices where paths[asking].setup.token.isCarried(by: payload) {
      if asking != index, paths[asking].isOpen { paths[asking].link.relayed(at: now) }
      return true
    }
    return false
  }

  /// Whether this answers a probe, and nothing that the link has asked.
  private mutating func isAnswerToProbe(_ frame: RawSpan, over index: Int, at now: MonotonicInstant) -> Bool {
    guard paths[index].setup.path.kind == .datagrams, let reply = try? DiscoverReply(parsing: frame),
      selection?.answered(PathID(index), at: now) == true, !paths[index].link.awaitsAnswer
    else { return false }
    paths[index].link.sees(reply.endpoint, at: now)
    return true
  }

  /// The transport of these paths has told something.
  mutating func on(_ event: TransportEvent, of ids: [PathID], at now: MonotonicInstant) {
    for id in ids {
      paths[id.index].link.on(event, at: now)
      switch event {
      case .resting where paths[id.index].isOpen:
        // Asked for before the path was opened again: what was told of the connection until here is over.
        selection?.down(id, .down, at: now)
      case .draining(let comeBack):
        selection?.draining(id, until: now.advanced(by: .milliseconds(comeBack.until)), at: now)
      case .moved: selection?.moved(id, at: now)
      case .unreachable(let endpoint, _, let quoted)
      where endpoint == paths[id.index].link.beacon && isOwn(quoted.bytes):
        selection?.reported(id, at: now)
      default: break
      }
    }
    settle(at: now)
  }

  /// Whether a report quotes a frame as this node sends them to a beacon. Whoever forges one has to know its port, and nothing else
  /// where he quotes a probe: three of them cost the node its path until that answers again, and no more.
  private func isOwn(_ quoted: RawSpan) -> Bool {
    guard quoted.byteCount >= 5 else { return false }
    let id: UInt32 = quoted.bigEndian(at: 1)
    switch quoted.byte(at: 0) {
    case BeaconMessageType.relay.rawValue: return id == node.rawValue
    case BeaconMessageType.discover.rawValue: return id == node.rawValue || id == 0
    default: return false
    }
  }

  /// A beacon's name stands for these addresses.
  mutating func resolved(_ addresses: [Endpoint], of path: PathID, at now: MonotonicInstant) {
    if let first = addresses.first {
      paths[path.index].target = .datagrams(beacon: first, others: Array(addresses.dropFirst()))
    }
    paths[path.index].link.resolved(addresses, at: now)
    settle(at: now)
  }

  /// The transport did not take what a link had it send.
  mutating func refused(
    _ output: BeaconLink.Output, of path: PathID, _ error: TransportError.Code, at now: MonotonicInstant
  ) {
    paths[path.index].link.refused(output, error, at: now)
    selection?.refused(path, error, at: now)
    settle(at: now)
  }

  /// The transport did not take what somebody else had it send.
  mutating func refused(_ path: PathID, _ error: TransportError.Code, at now: MonotonicInstant) {
    selection?.refused(path, error, at: now)
    settle(at: now)
  }

  /// The machine is on another network, of which this is remembered.
  ///
  /// - Parameter roundTrip: What is known of the only connection's.
  mutating func networkChanged(to verdict: NetworkVerdict?, roundTrip: Duration? = nil, at now: MonotonicInstant) {
    guard selection != nil else { return checkOnly(roundTrip, at: now) }
    selection?.networkChanged(to: verdict, at: now)
    settle(at: now)
  }

  /// The machine has slept.
  ///
  /// - Parameter roundTrip: As for ``networkChanged(to:roundTrip:at:)``.
  mutating func resumed(roundTrip: Duration? = nil, at now: MonotonicInstant) {
    guard selection != nil else { return checkOnly(roundTrip, at: now) }
    selection?.resumed(at: now)
    settle(at: now)
  }

  /// The only path may lead elsewhere, or nowhere: over UDP the beacon is asked at once. A connection has to carry a frame to the
  /// node itself in time, or is dialled again at once, instead of when its keepalive notices.
  private mutating func checkOnly(_ roundTrip: Duration?, at now: MonotonicInstant) {
    switch paths[0].setup.path.kind {
    case .datagrams: paths[0].link.announce(at: now)
    case .connection where paths[0].link.state.isReady && checkUntil == nil:
      let limit = roundTrip.map { min(max($0 * 3, Self.checkBounds.lowerBound), Self.checkBounds.upperBound) }
      checkUntil = now.advanced(by: limit ?? Self.checkLimit)
      outputs.append(.selection(.echo(PathID(0), number: 0, length: Self.checkLength)))
    case .connection: outputs.append(.selection(.redial(PathID(0))))
    }
    settle(at: now)
  }

  /// The header, the token and the number.
  private static let checkLength = Relay.headerLength + 20

  // MARK: What follows

  /// Takes what links and selection want done, until they want nothing more.
  private mutating func settle(at now: MonotonicInstant) {
    var isSettled = false
    while !isSettled {
      isSettled = true
      for index in paths.indices {
        while let output = paths[index].link.nextOutput() {
          isSettled = false
          take(output, of: index, at: now)
        }
      }
      while let output = selection?.nextOutput() {
        isSettled = false
        take(output, at: now)
      }
    }
    tellState()
  }

  private mutating func take(_ output: BeaconLink.Output, of index: Int, at now: MonotonicInstant) {
    guard paths[index].isOpen else { return }
    let id = PathID(index)
    guard case .state(let state) = output else {
      outputs.append(.link(id, output))
      if case .announce = output, paths[index].setup.path.kind == .connection { selection?.announced(id, at: now) }
      return
    }
    switch state {
    case _ where selection == nil: tell(state)
    case .ready:
      let isKnown = paths[index].setup.path.kind == .datagrams || paths[index].beaconIsOwn != nil
      if isKnown { selection?.up(id, allowsBoth: paths[index].beaconIsOwn ?? false, at: now) }
    case .unreachable(.unsendable(let code)): selection?.down(id, .unsendable(code), at: now)
    case .unreachable(.undelivered), .reconnecting: selection?.down(id, .down, at: now)
    case .unreachable: selection?.down(id, .unanswered, at: now)
    case .joining, .closed: break
    }
  }

  private mutating func take(_ output: PathSelection.Output, at now: MonotonicInstant) {
    switch output {
    case .open(let id): open(id.index, at: now)
    case .rest(let id): paths[id.index].isOpen = false
    case .announce(let id):
      paths[id.index].link.announce(at: now)
      return
    case .redial, .probe, .echo, .carry, .switched, .remember: break
    }
    outputs.append(.selection(output))
  }

  private mutating func open(_ index: Int, at now: MonotonicInstant) {
    guard !paths[index].isOpen else { return }
    paths[index].isOpen = true
    guard case .datagrams(let beacon, let others) = paths[index].target else { return }
    let setup = paths[index].setup
    // Where the beacon was last comes first.
    let last = paths[index].link.beacon
    let target =
      last == .any(port: last.port) ? paths[index].target : .datagrams(beacon: last, others: [beacon] + others)
    paths[index].link = BeaconLink(
      node: node, to: target, isNamed: setup.isNamed, token: setup.token, times, at: now)
  }

  // MARK: The node's state

  private mutating func tell(_ state: NodeState) {
    self.state = state
    outputs.append(.state(state))
  }

  private mutating func tellState() {
    guard selection != nil else { return }
    let state = present
    if state != self.state, state != .joining { tell(state) }
  }

  /// Over several paths: what the active one's link says, unless another that carries does better. Before the first is up, what
  /// stands in the way, as soon as there is no open path of which nothing is known yet.
  private var present: NodeState {
    let states = { (id: PathID) in paths[id.index].link.state }
    switch carriage {
    case .one(let id): return states(id)
    case .both(let first, let second): return states(first).isReady ? states(first) : states(second)
    case .none:
      let open = paths.filter(\.isOpen).map(\.link.state)
      if open.contains(.joining) { return .joining }
      return open.last ?? .joining
    }
  }
}
