import ChaosCore
import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// A node's time on one transport, from opening it to its end.
final class Life: Sendable {
  let generation: UInt32
  let node: Node
  /// Answers to Discovers so far.
  let replies = Gate()
  /// How often the node came to be ready.
  let readiness = Gate()
  private let owner: HonestNode
  private let transport: HoldableTransport
  private let executor: (any TaskExecutor)?
  private let spare: Mutex<Int32?>
  /// Whether a Discover of this program's, beside the node's own, may still be answered with a challenge.
  private let mayProve = Atomic<Bool>(false)
  private let reading = Mutex<Task<Void, Never>?>(nil)
  private let isOver = Atomic<Bool>(false)

  /// Opens a socket of its own.
  init(udp owner: HonestNode, beacon: Endpoint, generation: UInt32) throws {
    let (socket, spare) = try NodeSocket.open(at: Population.address(of: owner.id.rawValue))
    self.owner = owner
    self.generation = generation
    self.spare = Mutex(spare)
    executor = socket.executor
    transport = HoldableTransport(socket, of: owner.station)
    node = try Node(
      id: owner.id, identity: owner.identity, on: transport, to: .datagrams(beacon: beacon),
      offersProof: !owner.isPlain)
  }

  /// Takes a WSS transport over.
  init(wss owner: HonestNode, _ connection: WSSTransport, beacon: Endpoint, generation: UInt32) throws {
    self.owner = owner
    self.generation = generation
    spare = Mutex(nil)
    executor = nil
    transport = HoldableTransport(connection, of: owner.station)
    node = try Node(id: owner.id, identity: owner.identity, on: transport, to: .connection(beacon: beacon))
  }

  /// Begins to receive.
  func start() {
    reading.withLock { $0 = Task { await self.receive() } }
  }

  /// Tells the beacon that the node is here, also while the nodes are held, and proves it if that is asked for.
  func reassert() {
    mayProve.store(true, ordering: .releasing)
    sendHeld(owner.announcement)
  }

  /// A Discover whose answer tells that everything before it has gone its way.
  ///
  /// - Returns: Whether the answer came.
  func roundTrip(within limit: Duration) async -> Bool {
    let end = ContinuousClock.now.advanced(by: limit)
    let goal = replies.count + 1
    repeat {
      reassert()
      if await replies.wait(until: goal, for: .milliseconds(500)) { return true }
    } while ContinuousClock.now < end
    return false
  }

  /// Has the node leave, and waits for its reader.
  ///
  /// - Returns: For a UDP socket, who reads what still comes there.
  func end() async throws -> Witness? {
    node.leave()
    if let reading = reading.withLock({ $0.take() }) {
      // It may be asleep.
      reading.cancel()
      await reading.value
    }
    isOver.store(true, ordering: .releasing)
    guard let spare = spare.withLock({ $0.take() }) else { return nil }
    return try Witness(spare: spare, after: transport.counters)
  }

  /// What the node and its transport counted.
  ///
  /// Only the end can leave frames that were handed to the reader and not asked for: while a node lives, each one must be
  /// among its own counts.
  var books: Books {
    let isOver = isOver.load(ordering: .acquiring)
    let counters = node.counters
    let asked = counters.messagesReceived + counters.controlFramesReceived
    let unasked = isOver ? Int(counters.transport.framesReceived) - Int(asked) : 0
    return executor == nil ? Books(wss: counters, unasked: unasked) : Books(udp: counters, unasked: unasked)
  }

  /// Where receiving fails, the program ends: a run whose nodes are deaf would only look like one whose frames are lost.
  private func receive() async {
    await withTaskExecutorPreference(executor) {
      do throws(TransportError) {
        var receiver = try node.makeReceiver()
        try await receiver.forEach { event in
          handle(event)
        } whenDrained: {
          if let pause = owner.takePause() { try? await Task.sleep(for: pause) }
        }
      } catch {
        guard error.code != .cancelled else { return }
        fatalError("nothing can be received: \(error)")
      }
    }
  }

  private func handle(_ event: NodeEvent) {
    switch event {
    case .state(let state): handle(state)
    case .message(let message): owner.received(message.payload, from: message.sender.rawValue)
    case .control(let frame): handleControl(frame.bytes)
    // Nobody but the beacon is believed. Who has gone is back soon.
    case .direct, .gone, .switched: break
    }
  }

  private func handle(_ state: NodeState) {
    switch state {
    case .ready:
      readiness.pass()
      if executor != nil { owner.registered() }
    case .reconnecting(let reason, _, _) where reason.description.contains("key changed"): owner.keyChanged()
    default: break
    }
  }

  private func handleControl(_ frame: RawSpan) {
    if (try? DiscoverReply(parsing: frame)) != nil {
      replies.pass()
    } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == owner.id,
      mayProve.exchange(false, ordering: .acquiring),
      let name = BeaconName(node.beacon), let proof = try? owner.identity.proof(of: challenge, dialling: name)
    {
      sendHeld(proof.encoded())
    }
  }

  /// Sends also while the nodes are held.
  private func sendHeld(_ message: [UInt8]) {
    guard (try? transport.base.send(message, to: node.beacon)) != nil else { return }
    owner.sentControl()
  }
}

extension NodeCounters {
  /// What was no message.
  fileprivate var controlFramesReceived: UInt64 {
    controlReceived + probesReceived + directReceived + directDropped
  }
}

extension Books {
  /// Those of a node on UDP.
  fileprivate init(udp node: NodeCounters, unasked: Int) {
    self.init()
    self[.udpControlSent] = Int(node.controlSent)
    self[.udpControlReceived] = Int(node.controlFramesReceived)
    let counters = node.transport
    self[.udpFramesSent] = Int(counters.framesSent)
    self[.udpRefused] = Int(counters.drops[.refusedByKernel])
    self[.udpFramesReceived] = Int(counters.framesReceived)
    self[.udpKernelFull] = Int(counters.drops[.kernelBufferFull])
    self[.udpTruncated] = Int(counters.drops[.truncated])
    self[.udpUnread] = Int(counters.drops[.closedBeforeReading])
    self[.udpReports] = Int(counters.unreachableReports)
    self[.udpUnasked] = unasked
  }

  /// Those of a node on WSS.
  fileprivate init(wss node: NodeCounters, unasked: Int) {
    self.init()
    self[.wssControlSent] = Int(node.controlSent)
    self[.wssControlReceived] = Int(node.controlFramesReceived)
    let counters = node.transport
    self[.wssFramesSent] = Int(counters.framesSent)
    self[.wssExpired] = Int(counters.drops[.expired])
    self[.wssLost] = Int(counters.drops[.connectionLost])
    self[.wssUnsent] = Int(counters.drops[.closedBeforeSending])
    self[.wssFramesReceived] = Int(counters.framesReceived)
    self[.wssQueueFull] = Int(counters.drops[.receiveQueueFull])
    self[.wssUnread] = Int(counters.drops[.closedBeforeReading])
    self[.wssReconnects] = Int(counters.reconnects)
    self[.wssUnasked] = unasked
  }
}
