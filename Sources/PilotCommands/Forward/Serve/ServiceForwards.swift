import Logging
import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire

/// All that this process serves.
struct ServiceForwards: Sendable {
  private let rules: [ServeRule]
  private let sockets: ConnectedSockets
  private let flows: ServiceFlows
  private let answers: ServiceAnswers
  private let health: ServiceHealthBook
  private let logger: Logger

  /// Binds the served ports, and starts the thread that reads what services answer.
  ///
  /// - Parameters:
  ///   - rules: What is served; one at least.
  ///   - allowed: The peers that may use it; nil for all.
  ///   - tunnels: What carries the datagrams.
  ///   - tallies: Where they are counted.
  ///   - output: Is told when a service refuses datagrams, or answers again.
  ///   - refusals: Are told who may not use it, and does.
  ///   - logger: Says where names lead.
  /// - Throws: `.bindFailed`, `.system`.
  init(
    _ rules: [ServeRule], for allowed: Set<NodeID>?, tunnels: Tunnels, tallies: PeerTallies, output: ForwardOutput,
    refusals: RefusalReport, logger: Logger
  ) throws(TransportError) {
    self.rules = rules
    self.logger = logger
    var configuration = UDPTransport.Configuration()
    // There may be thousands, and each is read at once.
    configuration.receiveBufferBytes = 1 << 20
    configuration.sendBufferBytes = 1 << 20
    sockets = try ConnectedSockets(configuration)
    health = ServiceHealthBook(rules, output: output)
    flows = ServiceFlows(rules: rules.count, sockets: sockets)
    answers = ServiceAnswers(rules, tunnels: tunnels, flows: flows, health: health, tallies: tallies)
    let requests = ServiceRequests(
      rules, for: allowed, flows: flows, sockets: sockets, health: health, refusals: refusals, tallies: tallies)
    for rule in rules { _ = try tunnels.bind(rule.port, requests) }
    try sockets.start(answers)
  }

  /// Looks names up, and hears what the network says of the services, until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await follow() }
      for (place, rule) in rules.enumerated() {
        group.addTask { await ServiceAddresses(rule: rule) { found(place, $0) }.run() }
      }
    }
  }

  private func found(_ place: Int, _ answer: Result<[Endpoint], TransportError>) {
    switch answer {
    case .success(let endpoints):
      guard let endpoint = flows.setAddresses(endpoints, of: place), rules[place].service != "\(endpoint)" else {
        return
      }
      logger.info(
        "A service's name was looked up", metadata: ["service": "\(rules[place].service)", "address": "\(endpoint)"])
    case .failure(let error):
      // Where it was before it may still be.
      if !flows.hasAddress(place) {
        health.refuse(place, ServiceFault(address: nil, reason: error.message, next: nil))
      }
    }
  }

  /// ICMP says which address refuses datagrams.
  private func follow() async {
    for await event in sockets.events {
      guard case .unreachable(let endpoint, let reason, _) = event else { continue }
      for (rule, fault) in flows.refused(endpoint, reason.message) { health.refuse(rule, fault) }
    }
  }

  /// Gives up flows that nothing has gone through.
  func expire() { flows.expire() }

  /// Closes the sockets.
  func close() {
    sockets.close()
    logger.debug(
      "Served",
      metadata: [
        "refused": "\(health.refusedCount)", "orphans": "\(answers.orphanCount)", "flows": "\(flows.count)",
      ])
  }
}
