import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// Finds out how long a frame may be on the way to a beacon, with fragmentation forbidden: by questions of each length, which
/// the beacon answers with a short frame. Of what comes back in one piece, that says nothing.
final class SizeInquiry: Sendable {
  /// How often each length is tried, and how long it is waited after each time, at least.
  private static let tries = 2

  private let transport: UDPTransport
  private let beacon: Endpoint
  private let patience: Duration
  private let hasAnswered = Mutex(false)
  private let alarm = Alarm()

  private init(_ transport: UDPTransport, _ answer: DatagramFacts.Answer) {
    self.transport = transport
    beacon = answer.source
    patience = max(.milliseconds(300), answer.roundTrip * 3)
  }

  /// Tries lengths by halving, two to five of them.
  static func run(towards answer: DatagramFacts.Answer) async throws(TransportError) -> SizeFacts {
    var configuration = UDPTransport.Configuration()
    configuration.fragmentation = .probing
    let transport = try UDPTransport.bind(configuration)
    defer { transport.close() }
    guard transport.fragmentation == .probing else { return SizeFacts(isSupported: false) }
    return try await SizeInquiry(transport, answer).run()
  }

  private func run() async throws(TransportError) -> SizeFacts {
    let began = MonotonicInstant.now()
    async let reading: Void = read()
    var facts = SizeFacts()
    let lengths = SizeFacts.tried
    // What fits is below `first`, what doesn't from `last` on.
    var (first, last) = (0, lengths.count)
    while first < last {
      let middle = last == lengths.count ? last - 1 : (first + last) / 2
      if try await fits(lengths[middle], &facts) {
        facts.longest = lengths[middle]
        first = middle + 1
      } else {
        facts.shortestLost = lengths[middle]
        last = middle
      }
    }
    facts.elapsed = began.duration(to: .now())
    transport.close()
    await reading
    // All that was told is kept, and ends with the transport.
    for await event in transport.events { facts.hear(event, of: beacon) }
    return facts
  }

  private func fits(_ length: Int, _ facts: inout SizeFacts) async throws(TransportError) -> Bool {
    // What follows the node's ID is ignored, unless it is as long as a key.
    let question =
      Discover(node: nil).encoded() + [UInt8](repeating: 0, count: length - Discover(node: nil).encodedLength)
    for _ in 0..<Self.tries {
      hasAnswered.withLock { $0 = false }
      do throws(TransportError) {
        try transport.send(question, to: beacon)
      } catch {
        // This machine's own interface takes no more.
        guard error.code.frameLimit != nil else { throw error }
        return false
      }
      let deadline = MonotonicInstant.now().advanced(by: patience)
      while !hasAnswered.withLock({ $0 }), MonotonicInstant.now() < deadline { await alarm.wait(until: deadline) }
      if Task.isCancelled { throw .cancelled }
      if hasAnswered.withLock({ $0 }) { return true }
    }
    return false
  }

  /// Until the transport is closed, or the task cancelled.
  private func read() async {
    guard var receiver = try? transport.makeReceiver() else { return }
    try? await receiver.forEach { frame throws(TransportError) in
      guard frame.source == beacon, (try? DiscoverReply(parsing: frame.bytes)) != nil else { return }
      hasAnswered.withLock { $0 = true }
      alarm.ring()
    }
  }
}
