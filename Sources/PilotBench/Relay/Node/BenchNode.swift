import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// A node of a measurement, and what its reader has seen.
struct BenchNode: Sendable {
  let node: Node
  /// The thread that a UDP socket is read on; tasks that send on a socket or read from one run there. WebSocket
  /// connections have theirs to themselves.
  let executor: (any TaskExecutor)?
  /// Counts how often the node came to be ready.
  private let readiness = DeliveryGate()
  /// Counts the beacon's answers to Discovers.
  let answers = DeliveryGate()

  /// How often a waiting task looks at the clock.
  private static let pulse: Duration = .milliseconds(200)
  /// How long the beacon may take to let the node in.
  private static let patience: Duration = .seconds(5)

  var id: NodeID { node.id }

  /// A node on a socket of its own, which proves nothing. It is ready some time after another task serves it.
  init(udp beacon: Endpoint, id: NodeID, identity: Identity) throws(TransportError) {
    var configuration = UDPTransport.Configuration()
    if let address = beacon.ipv4Address {
      configuration.bindTo = Endpoint(ipv4Address: address >> 24 == 127 ? 0x7F00_0001 : 0, port: 0)
    }
    let transport = try UDPTransport.bind(configuration)
    executor = transport.executor
    node = try Node(id: id, identity: identity, on: transport, to: .datagrams(beacon: beacon), offersProof: false)
  }

  private init(_ node: Node) {
    self.node = node
    executor = nil
  }

  /// A node on a WebSocket connection, which the beacon knows from then on.
  static func connect(_ wss: WSSTransport.Configuration) async throws(TransportError) -> BenchNode {
    var configuration = Node.Configuration(id: wss.node, identity: wss.identity, beacon: .wss(wss.beacon))
    configuration.wss = wss
    configuration.watchesNetwork = false
    return BenchNode(try await Node.join(configuration))
  }

  /// Sends a payload to another node. As `Node.send(_:to:)`.
  func send(_ payload: BenchPayload, to peer: NodeID) throws(TransportError) { try node.send(payload.bytes, to: peer) }

  /// Leaves the beacon.
  func leave() { node.leave() }

  /// Receives until the node has left, or the task is cancelled. Once only.
  ///
  /// - Returns: The handler as it is then.
  func serve<Handler: DeliveryHandler>(_ handler: Handler) async throws -> Handler {
    try await withTaskExecutorPreference(executor) {
      var handler = handler
      var receiver = try node.makeReceiver()
      do throws(TransportError) {
        try await receiver.forEach { event in
          switch event {
          case .message(let message):
            guard let delivery = try? BenchDelivery(message.payload, from: message.sender) else { return }
            handler.received(delivery)
          case .control(let frame):
            if (try? DiscoverReply(parsing: frame.bytes)) != nil { answers.add(1, at: 0) }
          case .state(let state):
            if state.isReady { readiness.add(1, at: 0) }
          case .gone, .direct, .switched: break
          }
        } whenDrained: {
          handler.readCompleted()
        }
      } catch {
        guard error.code == .cancelled else { throw error }
      }
      return handler
    }
  }

  /// Waits until what is sent to the node arrives, while another task serves it.
  ///
  /// - Throws: A failure if the beacon doesn't let it in.
  func awaitReady() async throws {
    try await readiness.whileOpening(every: Self.pulse) {
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      while !node.state.isReady {
        try Task.checkCancellation()
        guard MonotonicInstant.now() < end else {
          throw CommandFailure("the beacon at \(node.beacon) doesn't answer over UDP", hint: "check that it runs there")
        }
        await readiness.wait(until: readiness.delivered + 1)
      }
    }
  }
}
