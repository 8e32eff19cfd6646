import Logging
import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotTunnel
import PilotWire
import ServiceLifecycle
import Synchronization

/// A run of `pilot ping`: sends probes, and prints each answer.
final class PingSession: Sendable {
  private let target: NodeID
  private let interval: Duration
  private var isJSON: Bool { plan.isJSON }
  private let plan: TunnelPlan
  private let logger: Logger
  private let state: Mutex<PingRun>
  /// Rings when all is sent and answered.
  private let news = Alarm()

  /// - Parameters:
  ///   - target: Who is asked.
  ///   - count: How many probes to send; nil for no end.
  ///   - interval: The time between two.
  ///   - plan: The node and its peers.
  ///   - logger: What else there is to say.
  /// - Throws: A failure if nobody knows the node's key.
  init(
    _ target: NodeID, count: Int?, interval: Duration, plan: TunnelPlan, logger: Logger
  ) throws(CommandFailure) {
    guard plan.peers.cachedPublicKey(of: target) != nil else {
      throw CommandFailure(
        "the key of node \(target) isn't in \(plan.peers.path)", hint: "add it there, or with pilot pair accept LINE")
    }
    self.target = target
    self.interval = interval
    (self.plan, self.logger) = (plan, logger)
    state = Mutex(PingRun(session: .random(in: .min ... .max), count: count))
  }

  /// What has come of it so far.
  var statistics: PingStatistics { state.withLock { $0.statistics } }

  /// Starts the node, sends and waits until all is over, or the task is cancelled.
  func run() async throws {
    let tunnelRun = try await TunnelRun(plan, logger: logger)
    let tunnels = tunnelRun.tunnels
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await tunnelRun.run() }
      group.addTask { try await self.follow(tunnels) }
      group.addTask { try await self.send(tunnels) }
      defer {
        tunnels.leave()
        group.cancelAll()
      }
      try await group.next()
    }
  }

  private func send(_ tunnels: Tunnels) async throws {
    while !tunnels.node.state.isReady {
      await news.wait(for: .milliseconds(50))
      try Task.checkCancellation()
    }
    // The session is made first: its round trip is none of the probes'.
    tunnels.connect(to: target)
    let patience = MonotonicInstant.now().advanced(by: SilenceWatch.patience)
    while !tunnels.connectedPeers.contains(target), MonotonicInstant.now() < patience,
      !state.withLock({ $0.isGone })
    {
      await news.wait(for: .milliseconds(50))
      try Task.checkCancellation()
    }
    var next = MonotonicInstant.now()
    while true {
      let now = MonotonicInstant.now()
      if state.withLock({ $0.isDone(at: now) }) { return }
      var deadline = state.withLock { $0.deadline }
      if !state.withLock({ $0.hasSentAll }) {
        if next <= now {
          let payload = state.withLock { $0.send(at: now) }
          // One that can't be sent is one that nothing comes back for.
          try? tunnels.probe(target, payload: payload)
          next = max(next.advanced(by: interval), now)
        }
        deadline = next
      }
      await news.wait(until: deadline)
      try Task.checkCancellation()
    }
  }

  private func follow(_ tunnels: Tunnels) async throws {
    let node = tunnels.node
    var progress = ForwardProgress { node.words(for: $0) }
    var refusals = RefusalPace(named: [target])
    for await event in tunnels.events {
      let now = MonotonicInstant.now()
      if case .echo(let echo) = event {
        if echo.peer == target { try await answered(echo) }
        continue
      }
      if case .gone(target) = event { state.withLock { $0.gone(at: now) } }
      switch progress.told(event, at: now) {
      case .tell(let event): tell(event)
      case .refused(let peer, let reason):
        if let refusal = refusals.refused(peer, reason, at: now) { tell(.refused(refusal.peer, refusal.reason)) }
      case .nothing, .ready: break
      }
      news.ring()
    }
  }

  private func answered(_ echo: TunnelEcho) async throws(OutputError) {
    switch state.withLock({ $0.answer(echo.payload, at: echo.arrival) }) {
    case .nobodys: return
    case .duplicate(let number):
      if !isJSON { try await Console.standard.print("node \(target): seq=\(number) came again") }
    case .reply(let number, let roundTrip):
      let microseconds = (roundTrip.clampedNanoseconds + 500) / 1_000
      if isJSON {
        try await Console.standard.print([
          "event": "reply", "seq": .int(number), "path": .string(echo.route.description), "rtt_us": .int(microseconds),
        ])
      } else {
        let time = PingStatistics.milliseconds(microseconds)
        try await Console.standard.print("node \(target): seq=\(number) path=\(echo.route) time=\(time) ms")
      }
    }
    news.ring()
  }

  /// What stands in the way is said on standard error: answers are the result.
  private func tell(_ event: ForwardEvent) {
    switch event {
    case .path, .reached: break
    default: Console.standard.report("pilot: \(event.words)")
    }
  }
}

/// A run of `pilot ping` that a signal ends.
struct PingService: Service {
  let session: PingSession

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      do {
        try await session.run()
      } catch {
        // A signal ended it: what came back until then is summed up.
        guard Task.isCancelled else { throw error }
      }
    }
  }
}
