import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization

/// Runs a ``NodeMachine`` over the transports of a node's paths: performs its outputs, and tells it the time, the transports'
/// events and the frames that are no messages. Decides nothing.
///
/// Tasks of its own keep the time, watch the transports' events and the network, and look names up, from ``start()`` to
/// ``close()``. Frames are read by whoever has the receiver. From any thread.
final class NodeDriver: Sendable, LendGate {
  let id: NodeID
  /// The first path's, at hand for every send.
  let outlet: Outlet
  /// Where the first path's beacon is at first, as a rule for good.
  let firstAddress: Endpoint
  let ports: [PathPort]
  /// The first of them.
  let firstPort: PathPort
  /// The transports, each once.
  let transports: [any Transport]
  let states = StateLog()
  let tally = NodeTally()
  let identity: Identity
  let machine: Mutex<NodeMachine>
  /// What senders look at: a ``CarriageWord``.
  private let carriage = Atomic<Int>(0)
  private let ready = Atomic<Bool>(false)
  /// Whether the first path's messages, from its beacon's first address, may be lent without asking anybody.
  private let firstLends = Atomic<Bool>(false)
  let alarm = Alarm()
  private let tasks = Mutex<[Task<Void, Never>]>([])
  private let closed = Atomic<Bool>(false)
  /// Wakes the reader when there are states.
  private let wakeReader = Mutex<(@Sendable () -> Void)?>(nil)
  let reading = ReadingMark()
  let network: KnownNetworks
  private let watching: Watching?

  let question: [UInt8]
  let announcement: [UInt8]
  let echoToken: ProbeToken

  /// - Parameters:
  ///   - setups: The paths, one at least and 64 at most; all over UDP share a transport.
  ///   - network: What is remembered of networks.
  ///   - watching: How changes of this machine's network, and its sleep, are noticed; nil if they aren't.
  ///   - begun: When the first path's head start began.
  init(
    id: NodeID, identity: Identity, offersProof: Bool, _ setups: [Node.PathSetup], times: BeaconLink.Configuration,
    choosing: PathSelection.Configuration, network: KnownNetworks, watching: Watching?,
    since begun: MonotonicInstant
  ) {
    self.id = id
    self.watching = watching
    self.identity = identity
    self.network = network
    var random = SystemRandomNumberGenerator()
    let machineSetups = setups.map { setup in
      NodeMachine.Setup(
        path: setup.path, target: setup.target, isNamed: setup.nameLookup != nil, token: ProbeToken(using: &random))
    }
    ports = zip(setups, machineSetups).enumerated().map { index, setup in
      let payload = setup.1.token.payload
      return PathPort(
        id: PathID(index), setup.0, probe: Relay(sender: id, destination: id, payload: payload.span.raw).encoded())
    }
    firstPort = ports[0]
    outlet = Outlet(setups[0].transport)
    firstAddress = firstPort.firstAddress
    transports = setups.reduce(into: []) { all, setup in
      if !all.contains(where: { $0 === setup.transport }) { all.append(setup.transport) }
    }
    question = Discover(node: nil).encoded()
    announcement = Discover(node: id, publicKey: offersProof ? identity.publicKey : nil).encoded()
    echoToken = ProbeToken(using: &random)
    machine = Mutex(
      NodeMachine(
        node: id, machineSetups, echoToken: echoToken, times: times, choosing: choosing, on: network.verdict,
        since: begun, at: .now()))
  }

  // MARK: Life

  /// Called once, before anybody else has the driver.
  func start() {
    drive { _ in }
    tasks.withLock { tasks in
      tasks = [Task { await self.keepTime() }]
      for transport in transports { tasks.append(Task { await self.watch(transport) }) }
      for port in ports {
        guard let lookUp = port.nameLookup else { continue }
        tasks.append(Task { await self.keepName(of: port, lookUp) })
      }
      if let watching {
        tasks.append(Task { await self.watchNetwork(by: watching) })
        tasks.append(Task { await self.watchSleep(by: watching) })
      }
    }
  }

  var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// From any thread, as often as one likes.
  ///
  /// The last state is there before the transports are closed: the reader, whom that wakes, finds it.
  func close() {
    guard states.finish() else { return }
    closed.store(true, ordering: .releasing)
    for transport in transports { transport.close() }
    for task in tasks.withLock({ $0 }) { task.cancel() }
    alarm.ring()
    tellReader()
  }

  // MARK: Paths

  /// Whether there is more than one path.
  var hasChoice: Bool { ports.count > 1 }

  /// Which paths carry what is sent.
  @inline(__always)
  var carriageWord: CarriageWord { CarriageWord(word: carriage.load(ordering: .acquiring)) }

  /// The active path; the first one as long as there is none.
  var activePort: PathPort { ports[carriageWord.first ?? 0] }

  /// Where frames for the beacon go: the active path's, or the first one's.
  var beacon: Endpoint { activePort.beacon }

  /// Whether a message may be lent at all.
  var isNodeReady: Bool { ready.load(ordering: .acquiring) }

  /// Whether one of the first path's, from its first address, may be lent without asking the machine.
  var isReady: Bool { firstLends.load(ordering: .acquiring) }

  var hasStatesToTell: Bool { !states.isEmpty }

  /// Whether a message from there may be lent without asking the machine: it is from a path's beacon, and that path's link has
  /// been shown that frames come through. The same order of looks as ``LendGate``'s.
  func lends(from source: Endpoint) -> Bool {
    guard isNodeReady, states.isEmpty else { return false }
    for index in ports.indices where ports[index].isReady && ports[index].beacon == source { return true }
    return false
  }

  /// Whether a frame is a peer's, sent directly, so that the machine needn't look at it: it isn't from where any path's beacon is,
  /// and it is a tunnel frame, which no beacon's message looks like. Wherever else a beacon may be found, it is by its messages.
  func isPeers(_ frame: RawSpan, from source: Endpoint) -> Bool {
    guard frame.byteCount >= TunnelMagic.byteCount,
      TunnelMagic(rawValue: frame.bigEndian(at: 0, as: UInt32.self)) != nil
    else { return false }
    for index in ports.indices where ports[index].beacon == source { return false }
    return true
  }

  /// A message has come from there.
  func countReceived(_ byteCount: Int, from source: Endpoint) {
    let port = ports.first { $0.beacon == source } ?? firstPort
    port.tally.countReceived(1, bytes: UInt64(byteCount))
  }

  var state: NodeState { isClosed ? .closed : machine.withLock { $0.state } }

  /// What users have sent and got over each path. A transport's frames are those of the one path that sends over it: where
  /// several share it, the active one, or the first.
  func traffic() -> [PathTraffic] {
    let active = carriageWord.first
    return ports.map { port in
      var traffic = PathTraffic()
      traffic.framesReceived = port.tally.messages
      traffic.bytesReceived = port.tally.messageBytesReceived.load(ordering: .relaxed)
      let sharing = ports.filter { $0.transport === port.transport }
      guard (sharing.first { $0.id.index == active } ?? sharing[0]) === port else { return traffic }
      (traffic.framesSent, traffic.bytesSent) = sent(over: port.transport)
      return traffic
    }
  }

  /// A transport didn't take what a user sent: what lasts is a reason to go another way. Never inlined: nobody pays for it who
  /// doesn't need it.
  ///
  /// - Returns: Whether there is another way by now.
  @inline(never)
  func refused(_ path: PathID, _ code: TransportError.Code) -> Bool {
    guard hasChoice, code == .unreachable || code == .system else { return false }
    let before = carriageWord
    drive { $0.refused(path, code, at: .now()) }
    alarm.ring()
    return carriageWord != before
  }

  // MARK: The machine

  /// The maker of a node's only transport knows that it is connected, as the transport's events tell a moment later. Or told
  /// before, together with what has come since: then there is nothing to add.
  func hasConnected() {
    drive { machine in
      if machine.state == .joining { machine.on(.connected, of: [PathID(0)], at: .now()) }
    }
    alarm.ring()
  }

  /// Has the machine look at a frame. What it then has to tell is in ``states`` when this returns.
  func received(_ frame: RawSpan, from source: Endpoint) -> BeaconLink.Reception {
    let (reception, isDueElse) = drive { machine in
      let before = machine.deadline
      return (machine.received(frame, from: source, at: .now()), machine.deadline != before)
    }
    if isDueElse { alarm.ring() }
    if hasChoice { noteAnswer(frame, from: source) }
    return reception
  }

  /// Gives the machine an event, and performs what it wants done.
  @discardableResult
  func drive<Result>(_ event: (inout NodeMachine) -> Result) -> Result {
    let (result, outputs) = machine.withLock { machine in
      if hasChoice { noteBeacons(&machine) }
      let result = event(&machine)
      // Under the lock, so that states are told, and connections dialled and put to rest, in the machine's order.
      let all = machine.takeOutputs()
      let outputs = all.filter { !performInOrder($0) }
      // A message may be lent by this alone: not before the beacon is known, and the state told.
      for port in ports { port.follow(machine.beacon(of: port.id), isReady: machine.isReady(port.id)) }
      let isPlain = ports[0].isAtFirstAddress
      carriage.store(CarriageWord(machine.carriage, isPlain: isPlain).word, ordering: .releasing)
      // Of the path that is left no more is counted as sent over it from here on.
      for case .selection(.switched(let change)) in all { countUnconfirmed(change) }
      ready.store(machine.state.isReady, ordering: .releasing)
      firstLends.store(machine.state.isReady && machine.isReady(PathID(0)) && isPlain, ordering: .releasing)
      return (result, outputs)
    }
    for output in outputs { perform(output) }
    if !states.isEmpty { tellReader() }
    return result
  }

  private func noteBeacons(_ machine: inout NodeMachine) {
    for port in ports {
      if let transport = port.connection { machine.note(port.id, beaconIsOwn: transport.beaconIsOwn, at: .now()) }
    }
  }

  // MARK: The reader

  /// The reader begins to wait for frames: what is asked now can be answered.
  func beginReading() {
    guard hasChoice else { return }
    if reading.begin() { alarm.ring() }
  }

  /// It waits no longer.
  func endReading() {
    if hasChoice { reading.end() }
  }

  /// Who is told that there are states.
  func setReader(_ wake: @escaping @Sendable () -> Void) {
    wakeReader.withLock { $0 = wake }
    if !states.isEmpty { wake() }
  }

  private func tellReader() { wakeReader.withLock { $0 }?() }
}
