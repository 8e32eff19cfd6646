import Logging
import PilotConsole
import PilotNode
import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire

/// A run of `pilot forward`.
struct ForwardSession: Sendable {
  private let rules: ForwardRules
  private let output: ForwardOutput
  private let tellsStatistics: Bool
  private let isJSON: Bool
  private let tunnelRun: TunnelRun
  private let locals: LocalForwards
  private let services: ServiceForwards?
  private let book: PeerBook
  private let refusals: RefusalReport

  /// Binds what there is to bind, and starts the node.
  ///
  /// - Parameters:
  ///   - rules: What is forwarded.
  ///   - plan: The node and its peers.
  ///   - stats: Whether to tell once a second what has gone through.
  ///   - output: Where lines go.
  ///   - logger: What else there is to say.
  /// - Throws: What stands in the way.
  init(_ rules: ForwardRules, _ plan: TunnelPlan, stats: Bool, output: ForwardOutput, logger: Logger) async throws {
    self.rules = rules
    self.output = output
    tellsStatistics = stats
    isJSON = plan.isJSON
    // Before the node: what can't be bound ends it.
    let sockets = try rules.local.map { rule throws(TransportError) in try LocalForwards.bind(rule) }
    let tunnelRun = try await TunnelRun(plan, allowed: rules.connectable, logger: logger)
    let (tunnels, tallies) = (tunnelRun.tunnels, PeerTallies())
    let refusals = RefusalReport(named: rules.named, output: output)
    self.tunnelRun = tunnelRun
    self.refusals = refusals
    locals = LocalForwards(
      rules.local, sockets: sockets, besides: Set(rules.served.map(\.port)), tunnels: tunnels, tallies: tallies)
    services =
      rules.served.isEmpty
      ? nil
      : try ServiceForwards(
        rules.served, for: rules.allowed, tunnels: tunnels, tallies: tallies, output: output, refusals: refusals,
        logger: logger)
    book = PeerBook(tunnels, tallies: tallies, fragments: plan.fragments)
  }

  /// Forwards until the task is cancelled, or the output's reader goes away.
  func run() async throws {
    let tunnels = tunnelRun.tunnels
    output.reader.whenGone { tunnels.leave() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for forward in locals.forwards { group.addTask { try await forward.run() } }
      if let services { group.addTask { await services.run() } }
      group.addTask { await follow() }
      group.addTask { await keepTime() }
      group.addTask { try await tunnelRun.run() }
      defer {
        tunnels.leave()
        locals.close()
        services?.close()
        group.cancelAll()
      }
      // Whichever ends first: none does before it is over.
      try await group.next()
    }
    try output.reader.check()
  }

  // MARK: What happens

  private func follow() async {
    let node = tunnelRun.tunnels.node
    var progress = ForwardProgress { node.words(for: $0) }
    for await event in tunnelRun.tunnels.events {
      let now = MonotonicInstant.now()
      if case .echo(let echo) = event { book.echoed(echo) }
      if case .gone(let peer) = event { book.explain(peer, at: now) }
      switch progress.told(event, at: now) {
      case .nothing: break
      case .tell(let event): output.write(event)
      case .refused(let peer, let reason): refusals.refused(peer, reason, at: now)
      case .ready: announce()
      }
    }
  }

  /// Says where each forward is, and makes sessions with those who are going to be sent to: then the first datagram needn't wait.
  private func announce() {
    for forward in locals.forwards { output.write(.ready(forward.rule, local: forward.socket.localEndpoint)) }
    for rule in rules.served { output.write(.serving(rule)) }
    for peer in rules.peers { tunnelRun.tunnels.connect(to: peer) }
  }

  private func keepTime() async {
    let progress = Progress()
    var status = ForwardStatus()
    let showsStatus = !isJSON && progress.isShown
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let now = MonotonicInstant.now()
      locals.expire()
      services?.expire()
      for peer in book.silent(of: rules.peers, at: now) { output.write(.silent(peer)) }
      refusals.tick(at: now)
      for (peer, length) in book.tooLarge(at: now) {
        output.write(.tooLarge(peer, length: length, limit: tunnelRun.tunnels.maximumPayloadLength))
      }
      book.probe(rules.peers, measuringAll: tellsStatistics || showsStatus, at: now)
      guard tellsStatistics || showsStatus else { continue }
      let peers = book.peers
      if tellsStatistics { for peer in peers { output.write(.stats(peer.id, peer.statistics)) } }
      if showsStatus {
        let line = status.line(peers, at: now)
        progress.show(line)
      }
    }
    progress.finish()
  }
}
