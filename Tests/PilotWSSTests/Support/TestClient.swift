import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// A transport with its reader and its events.
final class TestClient: @unchecked Sendable {  // receiver and events are used by one task of a test at a time
  let transport: WSSTransport
  private var receiver: Receiver
  private var events: TransportEvents.Iterator

  init(_ transport: WSSTransport) throws {
    self.transport = transport
    receiver = try transport.makeReceiver()
    events = transport.events.makeAsyncIterator()
  }

  static func configuration(
    _ beacon: WSSURL, node: UInt8 = 7, key: UInt8? = nil,
    _ adjust: (inout WSSTransport.Configuration) -> Void = { _ in }
  ) throws -> WSSTransport.Configuration {
    var configuration = WSSTransport.Configuration(
      beacon: beacon, node: try TestIdentities.node(UInt32(node)), identity: try TestIdentities.identity(key ?? node))
    // Attempts follow each other quickly; how the delays grow is the policy's test.
    configuration.backoff.initial = .milliseconds(1)
    configuration.backoff.maximum = .milliseconds(20)
    // Frames don't grow old and dials don't take too long, however busy the machine is, unless that is the test.
    configuration.outgoing.age = .seconds(600)
    configuration.dialLimit = .seconds(600)
    // The beacons here survive an empty message.
    configuration.takesBeaconForOwn = true
    adjust(&configuration)
    return configuration
  }

  static func connect(
    _ beacon: WSSURL, node: UInt8 = 7, key: UInt8? = nil,
    _ adjust: (inout WSSTransport.Configuration) -> Void = { _ in }
  ) async throws -> TestClient {
    try TestClient(try await WSSTransport.connect(configuration(beacon, node: node, key: key, adjust)))
  }

  static func start(
    _ beacon: WSSURL, node: UInt8 = 7, key: UInt8? = nil,
    _ adjust: (inout WSSTransport.Configuration) -> Void = { _ in }
  ) throws -> TestClient {
    try TestClient(try WSSTransport.start(configuration(beacon, node: node, key: key, adjust)))
  }

  func next() async throws -> [UInt8] { try await Self.next(of: &receiver) }

  private static func next(of receiver: inout Receiver) async throws -> [UInt8] {
    let frame = try await receiver.next()
    #expect(frame.source == .wssBeacon)
    return frame.copiedBytes
  }

  func next(_ count: Int) async throws -> [[UInt8]] {
    var frames: [[UInt8]] = []
    while frames.count < count { frames.append(try await next()) }
    return frames
  }

  func event() async -> TransportEvent? { await events.next() }

  /// The reason of the next event, which has to announce a new attempt.
  func reasonToReconnect(at location: SourceLocation = #_sourceLocation) async throws -> TransportError {
    let event = await event()
    guard case .reconnecting(let reason, _, _)? = event else {
      Issue.record("expected .reconnecting, got \(String(describing: event))", sourceLocation: location)
      throw Unexpected(event as Any)
    }
    return reason
  }

  func expectConnected(again: Bool = false, at location: SourceLocation = #_sourceLocation) async {
    let event = await event()
    switch event {
    case .connected? where !again, .reconnected? where again: break
    default: Issue.record("unexpected \(String(describing: event))", sourceLocation: location)
    }
  }

  /// Skips attempts that fail until the connection is back.
  func waitUntilReconnected() async throws {
    while let event = await event() {
      if case .reconnected = event { return }
    }
    throw Unexpected("the end of all events")
  }

  func send(_ frame: [UInt8]) throws(TransportError) { try transport.send(frame, to: .wssBeacon) }

  func close() { transport.close() }
}

/// The error that a call throws.
func failure(_ body: () async throws -> Void) async -> TransportError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? TransportError
  }
}
