import PilotConsole
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// A node of a measurement: a number on a transport.
struct BenchNode: Sendable {
  let id: NodeID
  let transport: any Transport
  /// Where frames for the beacon go.
  let beacon: Endpoint
  /// The thread that a UDP socket is read on; tasks that send on a socket or read from one run there. WebSocket
  /// connections have theirs to themselves.
  let executor: (any TaskExecutor)?

  /// How often a node makes itself known until the beacon answers.
  private static let announcementInterval: Duration = .milliseconds(200)
  /// How long the beacon may take to answer.
  private static let patience: Duration = .seconds(5)

  /// A node on a socket of its own. It is unknown to the beacon until it registers.
  init(udp beacon: Endpoint, id: NodeID) throws(TransportError) {
    var configuration = UDPTransport.Configuration()
    if let address = beacon.ipv4Address {
      configuration.bindTo = Endpoint(ipv4Address: address >> 24 == 127 ? 0x7F00_0001 : 0, port: 0)
    }
    let transport = try UDPTransport.bind(configuration)
    self.init(id: id, transport: transport, beacon: beacon, executor: transport.executor)
  }

  private init(id: NodeID, transport: any Transport, beacon: Endpoint, executor: (any TaskExecutor)?) {
    self.id = id
    self.transport = transport
    self.beacon = beacon
    self.executor = executor
  }

  /// A node on a WebSocket connection, which the beacon knows from then on.
  static func connect(_ configuration: WSSTransport.Configuration) async throws(TransportError) -> BenchNode {
    BenchNode(
      id: configuration.node, transport: try await WSSTransport.connect(configuration), beacon: .wssBeacon,
      executor: nil)
  }

  /// Receives until the transport is closed, or the task cancelled.
  ///
  /// - Parameter registrations: Counts the answers to a Discover.
  /// - Returns: The handler as it is then.
  func serve<Handler: DeliveryHandler>(_ handler: Handler, registrations: DeliveryGate) async throws -> Handler {
    try await withTaskExecutorPreference(executor) {
      var handler = handler
      var receiver = try transport.makeReceiver()
      do throws(TransportError) {
        try await receiver.forEach { frame in
          guard frame.source == beacon else { return }
          if let delivery = try? BenchDelivery(frame.bytes) {
            handler.received(delivery)
          } else if (try? DiscoverReply(parsing: frame.bytes)) != nil {
            registrations.add(1, at: 0)
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

  /// Makes the node known to the beacon, while another task serves it. WebSocket nodes are known already.
  func register(_ registrations: DeliveryGate) async throws {
    guard executor != nil else { return }
    let announcement = Discover(node: id).encoded()
    try await registrations.whileOpening(every: Self.announcementInterval) {
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      repeat {
        try Task.checkCancellation()
        guard MonotonicInstant.now() < end else {
          throw CommandFailure("the beacon at \(beacon) doesn't answer over UDP", hint: "check that it runs there")
        }
        try transport.send(announcement, to: beacon)
        await registrations.wait(until: 1)
      } while registrations.delivered == 0
    }
  }
}
