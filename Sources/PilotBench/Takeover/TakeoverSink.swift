import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// Where the frames arrive: one socket, at which all nodes are registered. Counts, and notes the longest gap.
final class TakeoverSink: Sendable {
  /// Between two reads that brought frames.
  private struct Gap {
    var last: MonotonicInstant?
    var longest: Duration = .zero
  }

  let ids: ClosedRange<UInt32>
  private let transport: UDPTransport
  private let frames = Atomic<Int>(0)
  private let answers = Atomic<Int>(0)
  private let gap = Mutex(Gap())

  /// So many are announced before their answers are awaited.
  private static let stretch = 512

  /// - Parameter nodes: How many are registered there.
  init(nodes: Int, at beacon: Endpoint) throws {
    ids = 2...UInt32(nodes + 1)
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    transport = try UDPTransport.bind(configuration)
  }

  var received: Int { frames.load(ordering: .relaxed) }

  /// Frames that the kernel had no room for.
  var kernelDrops: UInt64 { transport.counters.drops[.kernelBufferFull] }

  /// The longest gap since the last call.
  func takeGap() -> Duration {
    gap.withLock { gap in
      defer { gap.longest = .zero }
      return gap.longest
    }
  }

  /// Receives until ``close()``.
  func serve() async throws {
    try await withTaskExecutorPreference(transport.executor) {
      var receiver = try transport.makeReceiver()
      var (deliveries, replies) = (0, 0)
      try await receiver.forEach { frame in
        switch BeaconMessageType(rawValue: frame.bytes.byte(at: 0)) {
        case .relayDeliver: deliveries += 1
        case .discoverReply: replies += 1
        default: break
        }
      } whenDrained: {
        answers.add(replies, ordering: .relaxed)
        if deliveries > 0 {
          frames.add(deliveries, ordering: .relaxed)
          let now = MonotonicInstant.now()
          gap.withLock { gap in
            if let last = gap.last { gap.longest = max(gap.longest, last.duration(to: now)) }
            gap.last = now
          }
        }
        (deliveries, replies) = (0, 0)
      }
    }
  }

  /// Makes all nodes known.
  func register(at beacon: Endpoint, _ report: (Int) -> Void) async throws {
    var next = ids.lowerBound
    while next <= ids.upperBound {
      let last = min(next + UInt32(Self.stretch) - 1, ids.upperBound)
      try await announce(next...last, at: beacon)
      next = last + 1
      report(Int(next - ids.lowerBound))
    }
  }

  private func announce(_ nodes: ClosedRange<UInt32>, at beacon: Endpoint) async throws {
    for _ in 0..<20 {
      let goal = answers.load(ordering: .relaxed) + nodes.count
      for number in nodes {
        guard let node = NodeID(number) else { continue }
        try? transport.send(Discover(node: node).encoded().span.raw, to: beacon)
      }
      let end = MonotonicInstant.now().advanced(by: .milliseconds(500))
      while answers.load(ordering: .relaxed) < goal, MonotonicInstant.now() < end {
        try await Task.sleep(for: .microseconds(200))
      }
      if answers.load(ordering: .relaxed) >= goal { return }
    }
    throw CommandFailure("the beacon doesn't answer all nodes that register", hint: "take fewer")
  }

  /// Waits until nothing more comes.
  func awaitQuiet() async {
    _ = await Silence(limit: .milliseconds(500)).end(of: { received }, expected: .max)
  }

  func close() { transport.close() }
}
