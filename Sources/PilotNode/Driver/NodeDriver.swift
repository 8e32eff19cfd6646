import PilotIdentity
import PilotTransport
import PilotWire
import Synchronization

/// Runs a ``BeaconLink`` over a transport: performs its outputs, and tells it the time, the transport's events and the
/// frames that are no messages. Decides nothing.
///
/// Tasks of its own keep the time, watch the transport's events and look the beacon's name up, from ``start()`` to
/// ``close()``. Frames are read by whoever has the receiver. From any thread.
final class NodeDriver: Sendable, LendGate {
  let id: NodeID
  let outlet: Outlet
  let states = StateLog()
  let tally = NodeTally()
  private let identity: Identity
  private let dialled: BeaconName?
  private let link: Mutex<BeaconLink>
  /// The beacon's addresses, the first one first, and that one again: as a rule it is the only one, and needs no look into a list.
  private let addresses: [Endpoint]
  let firstAddress: Endpoint
  /// Which of them is the link's beacon. Every send and every frame looks it up, so there is no lock in the way.
  private let route = Atomic<Int>(0)
  /// What ``route`` says when it is none of them, but ``laterAddress``.
  private static let elsewhere = -1
  /// The beacon's address if that was found by looking its name up again. Only then there is a lock in the way.
  private let laterAddress: Mutex<Endpoint>
  private let nameLookup: NameLookup?
  /// Rung when the beacon's name is to be looked up.
  private let nameAlarm = Alarm()
  private let ready: Atomic<Bool>
  private let alarm = Alarm()
  private let tasks = Mutex<[Task<Void, Never>]>([])
  private let closed = Atomic<Bool>(false)
  /// Wakes the reader when there are states.
  private let wakeReader = Mutex<(@Sendable () -> Void)?>(nil)

  private let question: [UInt8]
  private let announcement: [UInt8]
  private let probe: [UInt8]

  /// Tells which addresses the beacon's name stands for now.
  typealias NameLookup = @Sendable () async throws(TransportError) -> [Endpoint]

  init(
    id: NodeID, identity: Identity, offersProof: Bool, transport: any Transport, path: BeaconLink.Path,
    dialled: BeaconName?, times: BeaconLink.Configuration, nameLookup: NameLookup? = nil
  ) {
    self.id = id
    self.identity = identity
    self.dialled = dialled
    outlet = Outlet(transport)
    var random = SystemRandomNumberGenerator()
    let token = ProbeToken(using: &random)
    let payload = token.payload
    question = Discover(node: nil).encoded()
    announcement = Discover(node: id, publicKey: offersProof ? identity.publicKey : nil).encoded()
    probe = Relay(sender: id, destination: id, payload: payload.span.raw).encoded()
    addresses = path.addresses
    firstAddress = addresses[0]
    ready = Atomic(false)
    laterAddress = Mutex(addresses[0])
    self.nameLookup = nameLookup
    link = Mutex(
      BeaconLink(node: id, path: path, isNamed: nameLookup != nil, token: token, times, at: .now()))
  }

  // MARK: Life

  /// Called once, before anybody else has the driver.
  func start() {
    drive { _ in }
    tasks.withLock { tasks in
      tasks = [Task { await self.keepTime() }, Task { await self.watch() }]
      if let nameLookup { tasks.append(Task { await self.keepName(nameLookup) }) }
    }
  }

  var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// From any thread, as often as one likes.
  ///
  /// The last state is there before the transport is closed: the reader, whom that wakes, finds it.
  func close() {
    guard states.finish() else { return }
    closed.store(true, ordering: .releasing)
    transport.close()
    for task in tasks.withLock({ $0 }) { task.cancel() }
    alarm.ring()
    tellReader()
  }

  private func keepTime() async {
    while !isClosed, !Task.isCancelled {
      drive { $0.tick(at: .now()) }
      // Asked for when the outputs have been performed: what the transport refuses is due sooner.
      await alarm.wait(until: link.withLock { $0.deadline })
    }
  }

  /// Looks the beacon's name up as often as the link wants it, one look-up at a time.
  private func keepName(_ lookUp: NameLookup) async {
    while true {
      await nameAlarm.wait(until: nil)
      if isClosed || Task.isCancelled { return }
      tally.nameLookups.count()
      do throws(TransportError) {
        let addresses = try await lookUp()
        drive { $0.resolved(addresses, at: .now()) }
        alarm.ring()
      } catch {
        // The link asks for it again.
        tally.nameLookupsFailed.count()
      }
    }
  }

  private func watch() async {
    for await event in transport.events { on(event) }
    close()
  }

  // MARK: The link

  /// What carries the frames.
  var transport: any Transport { outlet.transport }

  /// Where frames for the beacon go.
  var beacon: Endpoint {
    let place = route.load(ordering: .acquiring)
    if place == 0 { return firstAddress }
    return place == Self.elsewhere ? laterAddress.withLock(\.self) : addresses[place]
  }

  private func follow(_ beacon: Endpoint) {
    if let place = addresses.firstIndex(of: beacon) { return route.store(place, ordering: .releasing) }
    laterAddress.withLock { $0 = beacon }
    route.store(Self.elsewhere, ordering: .releasing)
  }

  @inline(__always)
  func isBeacon(_ source: Endpoint) -> Bool { isAtFirstAddress ? source == firstAddress : source == beacon }

  /// Whether that is ``firstAddress``, for who wants to pay nothing for the others.
  @inline(__always)
  var isAtFirstAddress: Bool { route.load(ordering: .acquiring) == 0 }

  /// Whether a message may be lent without asking the link.
  var isReady: Bool { ready.load(ordering: .acquiring) }

  var hasStatesToTell: Bool { !states.isEmpty }

  var state: NodeState { isClosed ? .closed : link.withLock { $0.state } }

  func on(_ event: TransportEvent) {
    drive { $0.on(event, at: .now()) }
    alarm.ring()
  }

  /// The maker of a transport knows that it is connected, as the transport's events tell a moment later. Or told before,
  /// together with what has come since: then there is nothing to add.
  func hasConnected() {
    drive { link in
      if link.state == .joining { link.on(.connected, at: .now()) }
    }
    alarm.ring()
  }

  /// Has the link look at a frame. What it then has to tell is in ``states`` when this returns.
  func received(_ frame: RawSpan, from source: Endpoint) -> BeaconLink.Reception {
    let (reception, isDueElse) = drive { link in
      let before = link.deadline
      return (link.received(frame, from: source, at: .now()), link.deadline != before)
    }
    if isDueElse { alarm.ring() }
    return reception
  }

  /// Gives the link an event, and performs what it wants done.
  @discardableResult
  private func drive<Result>(_ event: (inout BeaconLink) -> Result) -> Result {
    let (result, outputs) = link.withLock { link in
      let result = event(&link)
      var outputs: [BeaconLink.Output] = []
      while let output = link.nextOutput() {
        // States are told under the lock, so that they are told in their order.
        if case .state(let state) = output { states.append(state) } else { outputs.append(output) }
      }
      // A message may be lent by this alone: not before the beacon is known, and its state told.
      follow(link.beacon)
      ready.store(link.state.isReady, ordering: .releasing)
      return (result, outputs)
    }
    for output in outputs { perform(output) }
    if !states.isEmpty { tellReader() }
    return result
  }

  private func perform(_ output: BeaconLink.Output) {
    do throws(TransportError) {
      switch output {
      case .ask(let beacon): try transport.send(question, to: beacon)
      case .announce(let beacon): try transport.send(announcement, to: beacon)
      case .probe(let beacon): try transport.send(probe, to: beacon)
      case .prove(let challenge, let beacon): try prove(challenge, to: beacon)
      case .punch(let endpoint): return try punch(endpoint)
      case .punchHeldBack: return tally.punchesHeldBack.count()
      case .resolve: return nameAlarm.ring()
      case .state: return
      }
      tally.controlSent.count()
    } catch {
      tally.controlRefused.count()
      drive { $0.refused(output, error.code, at: .now()) }
    }
  }

  /// Three times, as deployed nodes do: what is lost isn't asked for again by a peer.
  private func punch(_ endpoint: Endpoint) throws(TransportError) {
    let frame = Punch().encoded()
    for _ in 0..<3 {
      try transport.send(frame, to: endpoint)
      tally.controlSent.count()
      tally.punchesSent.count()
    }
  }

  private func prove(_ challenge: DiscoverChallenge, to beacon: Endpoint) throws(TransportError) {
    // Nobody is asked for proof at port 0, where nothing comes from.
    guard let name = dialled ?? BeaconName(beacon) else { return }
    let proof: DiscoverProof
    do {
      proof = try identity.proof(of: challenge, dialling: name)
    } catch {
      throw TransportError(code: .system, message: "the proof of who this node is can't be signed", cause: error)
    }
    try transport.send(proof.encoded(), to: beacon)
    tally.proofsSent.count()
  }

  // MARK: The reader

  /// Who is told that there are states.
  func setReader(_ wake: @escaping @Sendable () -> Void) {
    wakeReader.withLock { $0 = wake }
    if !states.isEmpty { wake() }
  }

  private func tellReader() { wakeReader.withLock { $0 }?() }
}
