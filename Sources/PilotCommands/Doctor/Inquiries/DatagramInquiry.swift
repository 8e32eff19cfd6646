import PilotNode
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// Asks beacons over UDP what address they see, all from one socket: by a Discover with node 0, which registers nothing and
/// every beacon answers (wire reference, section 2). As deployed nodes find out whether UDP works.
final class DatagramInquiry: Sendable {
  /// How often each beacon is asked, and how long it is waited after each time.
  static let tries = 3
  static let patience = Duration.milliseconds(750)

  private struct State {
    var facts: DatagramFacts
    var tries = 0
    var askedAt = MonotonicInstant.now()
  }

  private let transport: UDPTransport
  private let state: Mutex<State>
  /// Rung when all have answered.
  private let alarm = Alarm()

  private init(_ transport: UDPTransport, _ beacons: [DatagramFacts.Beacon]) {
    self.transport = transport
    state = Mutex(State(facts: DatagramFacts(beacons: beacons)))
  }

  /// Asks, and returns when all have answered or the time is over: 2.25 s.
  static func run(_ beacons: [DatagramFacts.Beacon]) async throws(TransportError) -> DatagramFacts {
    // Whoever has no address isn't waited for.
    guard beacons.contains(where: { !$0.endpoints.isEmpty }) else { return DatagramFacts(beacons: beacons) }
    let transport: UDPTransport
    do throws(TransportError) {
      transport = try UDPTransport.bind()
    } catch {
      return DatagramFacts(beacons: beacons, failure: error.message)
    }
    defer { transport.close() }
    let inquiry = DatagramInquiry(transport, beacons)
    return try await inquiry.run()
  }

  private func run() async throws(TransportError) -> DatagramFacts {
    let began = MonotonicInstant.now()
    var receiver = try transport.makeReceiver()
    // Both end with the transport.
    async let asking: Void = ask()
    async let watching: Void = watch()
    try await receiver.forEach { frame throws(TransportError) in heard(frame.bytes, from: frame.source) }
    _ = await (asking, watching)
    if Task.isCancelled { throw .cancelled }
    var facts = state.withLock { $0.facts }
    facts.waited = began.duration(to: .now())
    for beacon in facts.beacons {
      for endpoint in beacon.answer.map({ [$0.source] }) ?? beacon.endpoints {
        guard let local = await SourceAddress.towards(endpoint, port: transport.localEndpoint.port) else { continue }
        if !facts.local.contains(local) { facts.local.append(local) }
      }
    }
    return facts
  }

  /// Asks as often as it takes, then ends the reader's wait.
  private func ask() async {
    let question = Discover(node: nil).encoded()
    for _ in 0..<Self.tries {
      let open = state.withLock { state -> [(Int, Endpoint)] in
        state.tries += 1
        state.askedAt = .now()
        return state.facts.beacons.enumerated().filter { $1.answer == nil }
          .flatMap { place, beacon in beacon.endpoints.map { (place, $0) } }
      }
      for (place, endpoint) in open {
        do throws(TransportError) {
          try transport.send(question, to: endpoint)
        } catch {
          state.withLock { $0.facts.beacons[place].refusals[endpoint] = error }
        }
      }
      await alarm.wait(until: .now().advanced(by: Self.patience))
      if isComplete || Task.isCancelled { break }
    }
    transport.close()
  }

  private func heard(_ frame: RawSpan, from source: Endpoint) {
    guard let reply = try? DiscoverReply(parsing: frame) else { return }
    let now = MonotonicInstant.now()
    state.withLock { state in
      for place in state.facts.beacons.indices
      where state.facts.beacons[place].answer == nil && state.facts.beacons[place].endpoints.contains(source) {
        state.facts.beacons[place].answer = DatagramFacts.Answer(
          source: source, observed: reply.endpoint, roundTrip: state.askedAt.duration(to: now), tries: state.tries)
      }
    }
    if isComplete { alarm.ring() }
  }

  private var isComplete: Bool {
    state.withLock { $0.facts.beacons.allSatisfy { $0.answer != nil || $0.endpoints.isEmpty } }
  }

  /// What the network reports.
  private func watch() async {
    for await event in transport.events {
      guard case .unreachable(let endpoint, let reason, _) = event else { continue }
      state.withLock { state in
        for place in state.facts.beacons.indices where state.facts.beacons[place].endpoints.contains(endpoint) {
          state.facts.beacons[place].report = reason.message
        }
      }
    }
  }
}
