import ChaosCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// A node's time on one transport, from opening it to its end.
final class Life: Sendable {
  let generation: UInt32
  let transport: any Transport
  /// Answers to Discovers so far.
  let replies = Gate()
  /// How often a WSS connection came up.
  let connections = Gate()
  /// Where frames for the beacon go.
  let destination: Endpoint
  private let node: Node
  private let registration: Registration?
  private let executor: (any TaskExecutor)?
  private let spare: Mutex<Int32?>
  /// Frames that the receiving loop was lent.
  private let seen = Atomic<Int>(0)
  /// Whether a Discover of its own, beside the registration's, may still be answered with a challenge.
  private let mayProve = Atomic<Bool>(false)
  private let tasks = Mutex<[Task<Void, Never>]>([])

  /// Opens a socket of its own.
  init(udp node: Node, beacon: Endpoint, generation: UInt32) throws {
    let (transport, spare) = try NodeSocket.open(at: Population.address(of: node.id.rawValue))
    self.node = node
    destination = beacon
    self.generation = generation
    self.transport = transport
    self.spare = Mutex(spare)
    executor = transport.executor
    let announcement = node.announcement
    registration = Registration(
      announce: { node.sendControl(announcement, on: transport, to: beacon) }, isHeld: { node.station.isHeld })
  }

  /// Takes a WSS transport over.
  init(wss node: Node, transport: WSSTransport, generation: UInt32) {
    self.node = node
    self.generation = generation
    self.transport = transport
    destination = .wssBeacon
    spare = Mutex(nil)
    executor = nil
    registration = nil
  }

  /// Begins to receive.
  func start() {
    tasks.withLock { tasks in
      tasks.append(Task { await self.receive() })
      tasks.append(Task { await self.watch() })
      if let registration { tasks.append(Task { await registration.run() }) }
    }
  }

  /// Whether the beacon knows it, as far as it can tell.
  var isAttached: Bool { registration?.isRegistered ?? (replies.count > 0) }

  /// Speaks again what had been held back.
  func release() { registration?.look() }

  /// Tells the beacon again that the node is here, and proves it if that is asked for.
  func reassert() {
    mayProve.store(true, ordering: .releasing)
    node.sendControl(node.announcement, on: transport, to: destination)
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

  /// Closes the transport and waits for its tasks.
  ///
  /// - Returns: For a UDP socket, who reads what still comes there.
  func end() async throws -> Witness? {
    transport.close()
    for task in tasks.withLock({ tasks in
      defer { tasks = [] }
      return tasks
    }) {
      task.cancel()
      await task.value
    }
    guard let spare = spare.withLock({ $0.take() }) else { return nil }
    return try Witness(spare: spare, after: transport.counters)
  }

  /// What its transport counted.
  var books: Books {
    let counters = transport.counters
    let unasked = Int(counters.framesReceived) - seen.load(ordering: .acquiring)
    return executor == nil ? Books(wss: counters, unasked: unasked) : Books(udp: counters, unasked: unasked)
  }

  private func receive() async {
    await withTaskExecutorPreference(executor) {
      await transport.receiveAll { frame in
        handle(frame.bytes, from: frame.source)
      } whenDrained: {
        if let pause = node.takePause() { try? await Task.sleep(for: pause) }
      }
    }
  }

  private func handle(_ frame: RawSpan, from source: Endpoint) {
    seen.add(1, ordering: .releasing)
    // Nobody but the beacon is believed.
    guard source == destination else { return node.receivedControl() }
    if let delivery = try? RelayDeliver(parsing: frame) {
      return node.received(delivery.payload, from: delivery.sender.rawValue)
    }
    node.receivedControl()
    if (try? DiscoverReply(parsing: frame)) != nil {
      if registration?.answered() == true { node.registered() }
      replies.pass()
    } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == node.id,
      registration?.challenged() == true || mayProve.exchange(false, ordering: .acquiring),
      let signature = try? node.identity.sign(challenge.signedText)
    {
      node.sendControl(
        DiscoverProof(challenge: challenge, signature: signature).encoded(), on: transport, to: destination)
    }
  }

  private func watch() async {
    for await event in transport.events {
      switch event {
      case .unreachable(let endpoint, _, _) where endpoint == destination: registration?.unreachable()
      case .connected, .reconnected: connections.pass()
      case .reconnecting(let reason, _, _) where reason.description.contains("key changed"): node.keyChanged()
      default: break
      }
    }
  }
}

extension Books {
  /// A UDP transport's counters.
  fileprivate init(udp counters: TransportCounters, unasked: Int) {
    self.init()
    self[.udpFramesSent] = Int(counters.framesSent)
    self[.udpRefused] = Int(counters.drops[.refusedByKernel])
    self[.udpFramesReceived] = Int(counters.framesReceived)
    self[.udpKernelFull] = Int(counters.drops[.kernelBufferFull])
    self[.udpTruncated] = Int(counters.drops[.truncated])
    self[.udpUnread] = Int(counters.drops[.closedBeforeReading])
    self[.udpReports] = Int(counters.unreachableReports)
    self[.udpUnasked] = unasked
  }

  /// A WSS transport's counters.
  fileprivate init(wss counters: TransportCounters, unasked: Int) {
    self.init()
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
