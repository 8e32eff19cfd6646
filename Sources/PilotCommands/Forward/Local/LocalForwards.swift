import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire

/// All forwarded ports of this machine, which share their flows: a source port is one client's, whichever port that writes to.
struct LocalForwards: Sendable {
  let forwards: [LocalForward]
  private let flows: SharedFlows
  private let answers: LocalAnswers
  private let tunnels: Tunnels

  /// - Parameters:
  ///   - rules: What is forwarded.
  ///   - sockets: Where each is, as ``bind(_:)`` has made them.
  ///   - served: Ports of this node that are something else's.
  ///   - tunnels: What carries the datagrams.
  ///   - tallies: Where they are counted.
  init(
    _ rules: [ForwardRule], sockets: [UDPTransport], besides served: Set<UInt16>, tunnels: Tunnels,
    tallies: PeerTallies
  ) {
    let flows = SharedFlows(LocalFlows(besides: served, first: .random(in: .min ... .max)))
    let answers = LocalAnswers(rules, sockets: sockets, flows: flows, tallies: tallies)
    (self.flows, self.answers, self.tunnels) = (flows, answers, tunnels)
    forwards = rules.indices.map { place in
      LocalForward(
        place: place, rule: rules[place], socket: sockets[place], flows: flows, answers: answers, tunnels: tunnels,
        tally: tallies.of(rules[place].peer))
    }
  }

  /// Binds a rule's port.
  ///
  /// - Throws: `.bindFailed` with the reason.
  static func bind(_ rule: ForwardRule) throws(TransportError) -> UDPTransport {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = rule.local
    return try UDPTransport.bind(configuration)
  }

  /// Gives up flows that nothing has gone through.
  func expire() { flows.expire(tunnels, answers) }

  /// Closes the ports.
  func close() {
    for forward in forwards { forward.socket.close() }
  }
}
