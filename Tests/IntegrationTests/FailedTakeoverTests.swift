import Dispatch
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// Takeovers that come to nothing at each of their steps, and tables that can't be understood: by a partner that is the test.
@Suite("A failed takeover", .timeLimit(.minutes(1)))
struct FailedTakeoverTests {
  /// How far the new beacon comes before it is gone.
  enum Step: CaseIterable, Sendable {
    case connected, greeted, accepted, ready, frozen
  }

  /// Runs what blocks where nobody else waits for it.
  private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "test").async { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Reads until a message fits.
  private static func read(_ channel: HandoverChannel, until fits: (TakeoverMessage) -> Bool) throws {
    while let (message, _) = try channel.receive() {
      if fits(try TakeoverMessage(parsing: message.span.raw)) { return }
    }
    Issue.record("the conversation has ended")
  }

  /// A new beacon that is gone after so many steps.
  private static func takeOver(at path: String, until step: Step) throws {
    let channel = try HandoverChannel.connect(to: path)
    if step == .connected { return }
    try channel.send(TakeoverMessage.hello.encoded())
    try read(channel) { if case .offer = $0 { true } else { false } }
    if step == .greeted { return }
    try channel.send(TakeoverMessage.accept([.udp, .table, .peers]).encoded())
    try read(channel) { if case .copied = $0 { true } else { false } }
    if step == .accepted { return }
    try channel.send(TakeoverMessage.ready.encoded())
    if step == .ready { return }
    // From now on nobody reads.
    try read(channel) { if case .yours = $0 { true } else { false } }
  }

  @Test("The old beacon serves on when the new one is gone, wherever that happens", arguments: Step.allCases)
  func newOneGone(_ step: Step) async throws {
    let succession = try Succession()
    let old = try await succession.next()
    let node = try old.beacon.bind(1)
    var answers = try node.transport.makeReceiver()
    try await node.register(&answers)
    let before = old.beacon.server.statistics.takeover.failedAttempts
    let path = succession.path
    try await Self.onThread { try Self.takeOver(at: path, until: step) }
    try await old.beacon.awaitStatistics { $0.takeover.failedAttempts > before }
    try node.relay([1], to: node.id)
    #expect(try await answers.delivery().payload == [1])
    // And somebody else can have it.
    let new = try await succession.next()
    try await old.end.value
    #expect(new.beacon.server.statistics.router.nodes == 1)
    try await new.stop()
  }

  /// What is wrong with the old beacon's table.
  enum Wrong: CaseIterable, Sendable {
    case version, checksum, record
  }

  @Test(
    "A table that is of no use is refused as a whole, and the beacon serves on the same socket without it",
    arguments: Wrong.allCases)
  func refusedTable(_ wrong: Wrong) async throws {
    let (succession, socket) = try Self.oldBeacon()
    let listener = try HandoverListener(at: succession.path) { channel in
      try? Self.handOver(socket, wrong, over: channel)
    }
    let new = try await succession.next { $0.udp = socket.localEndpoint }
    listener.close()
    let statistics = new.beacon.server.statistics
    #expect(statistics.takeover.tablesRefused == 1)
    #expect(statistics.takeover.takenOver == 1)
    #expect(statistics.router.nodes == 0)
    #expect(new.beacon.udp == socket.localEndpoint)
    socket.close()
    let node = try new.beacon.bind(1)
    var answers = try node.transport.makeReceiver()
    try await node.register(&answers)
    try await new.stop()
  }

  @Test(
    "Whoever gives the path up as he is greeted is greeted again, three times in all", arguments: [2, 3])
  func cutOff(_ times: Int) async throws {
    let (succession, socket) = try Self.oldBeacon()
    defer { socket.close() }
    let count = Counter()
    let listener = try HandoverListener(at: succession.path) { channel in
      guard count.value.add(1, ordering: .relaxed).newValue > times else { return }
      try? Self.handOver(socket, nil, over: channel)
    }
    defer { listener.close() }
    if times < 3 {
      let new = try await succession.next { $0.udp = socket.localEndpoint }
      #expect(new.beacon.server.statistics.router.nodes == 2)
      try await new.stop()
    } else {
      let failure = await #expect(throws: TransportError.self) {
        try await succession.next { $0.udp = socket.localEndpoint }
      }
      #expect(failure?.code == .bindFailed)
      #expect(failure?.message.contains("; leave it running") == true, "else the port's program is to be stopped")
      #expect(count.value.load(ordering: .relaxed) == 3)
    }
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  /// What the test needs to be an old beacon: where the new one asks for it, and a socket, which the test closes.
  private static func oldBeacon() throws -> (succession: Succession, socket: UDPTransport) {
    let succession = try Succession {
      $0.wss = nil
      $0.http = nil
    }
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    return (succession, try UDPTransport.bind(configuration))
  }

  /// An old beacon with two nodes, and perhaps something wrong.
  private static func handOver(_ socket: UDPTransport, _ wrong: Wrong?, over channel: HandoverChannel) throws {
    try read(channel) { $0 == .hello }
    var offer = TakeoverOffer(beaconID: 256, udp: socket.localEndpoint, udpSockets: 1)
    if wrong == .version { offer.table &+= 1 }
    try channel.send(TakeoverMessage.offer(offer).encoded())
    try read(channel) { if case .accept = $0 { true } else { false } }
    let copy = try #require(socket.duplicateDescriptor())
    try channel.send(TakeoverMessage.descriptors(.udp).encoded(), descriptors: [copy])
    var tally = TableTally()
    if wrong != .version {
      let now = MonotonicInstant.now().nanoseconds
      for number: UInt32 in [1, 2] {
        let registration = Registration(
          at: Endpoint(ipv4: 127, 0, 0, 1, port: number == 2 && wrong == .record ? 0 : 4_000), local: .any, flags: [],
          since: now, heardAt: now, expiresAt: now + 60_000_000_000, credit: 0)
        let record = RegistrationRecord(node: try RawNode.id(number), registration: registration, hasProven: false)
        let bytes = TablePiece.registered([record]).encoded()
        try channel.send(bytes)
        if wrong != .checksum { tally.count(bytes.span.raw, records: 1) }
      }
    }
    try channel.send(TakeoverMessage.copied(tally).encoded())
    try read(channel) { $0 == .ready }
    try channel.send(TakeoverMessage.yours(tally).encoded())
    try read(channel) { $0 == .reading }
    try channel.send(TakeoverMessage.done.encoded())
  }

  @Test("A beacon that is told, once it reads, that the old one serves on, ends")
  func resumed() async throws {
    let (succession, socket) = try Self.oldBeacon()
    let listener = try HandoverListener(at: succession.path) { channel in
      try? Self.serveOn(socket, over: channel)
    }
    let failure = await #expect(throws: TransportError.self) {
      try await succession.next { $0.udp = socket.localEndpoint }
    }
    #expect(failure?.message.contains("it serves on") == true)
    listener.close()
    socket.close()
  }

  private static func serveOn(_ socket: UDPTransport, over channel: HandoverChannel) throws {
    try read(channel) { $0 == .hello }
    let offer = TakeoverOffer(beaconID: 256, udp: socket.localEndpoint, udpSockets: 1)
    try channel.send(TakeoverMessage.offer(offer).encoded())
    try read(channel) { if case .accept = $0 { true } else { false } }
    try channel.send(
      TakeoverMessage.descriptors(.udp).encoded(), descriptors: [try #require(socket.duplicateDescriptor())])
    try channel.send(TakeoverMessage.copied(TableTally()).encoded())
    try read(channel) { $0 == .ready }
    try channel.send(TakeoverMessage.yours(TableTally()).encoded())
    try read(channel) { $0 == .reading }
    try channel.send(TakeoverMessage.resumed.encoded())
  }
}
