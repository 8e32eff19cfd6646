import PilotConsole
import PilotNode
import PilotTransport
import PilotWire

/// What came of asking beacons over UDP what address they see.
struct DatagramFacts: Equatable, Sendable {
  /// One beacon.
  struct Beacon: Equatable, Sendable {
    let url: BeaconURL
    /// Where it was asked; none if its name has no address.
    var endpoints: [Endpoint]
    var answer: Answer?
    /// What the network reported, if anything.
    var report: String?
    /// Why this machine didn't send to it, by where it was to go.
    var refusals: [Endpoint: TransportError] = [:]

    /// Why nothing was sent; nil if something was.
    var refusal: TransportError? {
      guard !endpoints.isEmpty, endpoints.allSatisfy({ refusals[$0] != nil }) else { return nil }
      return refusals[endpoints[0]]
    }
  }

  /// A beacon's answer.
  struct Answer: Equatable, Sendable {
    let source: Endpoint
    /// The address that it sees.
    let observed: Endpoint
    /// From the last question to it.
    let roundTrip: Duration
    /// How often it was asked.
    let tries: Int
  }

  var beacons: [Beacon]
  /// This machine's own addresses and the socket's port, as far as the routes to the beacons tell.
  var local: [Endpoint] = []
  /// Why there is no socket.
  var failure: String?
  /// How long it was waited for answers.
  var waited: Duration = .zero

  var answers: [Answer] { beacons.compactMap(\.answer) }
}

extension Finding {
  static func udp(_ facts: DatagramFacts) -> Finding {
    if let failure = facts.failure {
      return .fail(.udp, "there is no UDP socket: \(failure)", hint: "a sandbox may forbid UDP; use a wss:// beacon")
    }
    guard !facts.beacons.isEmpty else {
      return .skipped(.udp, "no udp:// beacon was given", hint: "add --beacon udp://HOST:PORT")
    }
    let words = facts.beacons.map(\.words).joined(separator: "; ")
    guard let best = facts.answers.min(by: { $0.roundTrip < $1.roundTrip }) else {
      let isAsked = facts.beacons.contains { !$0.endpoints.isEmpty }
      return .fail(.udp, words, in: isAsked ? facts.waited : nil, hint: adviceOnSilence(facts.beacons))
    }
    let silent = facts.beacons.filter { $0.answer == nil }
    return .pass(
      .udp, words, in: best.roundTrip,
      hint: silent.first.map { "\($0.url) gave no answer; check that it runs" })
  }

  private static func adviceOnSilence(_ beacons: [DatagramFacts.Beacon]) -> String {
    let asked = beacons.filter { !$0.endpoints.isEmpty }
    if asked.isEmpty { return "check the name, or give its address (--address HOST=ADDRESS)" }
    if asked.contains(where: { $0.report != nil }) {
      return "check that the beacon runs there, and the firewall's rules for UDP"
    }
    let refusals = asked.compactMap(\.refusal)
    guard refusals.count == asked.count else {
      return "a firewall may drop UDP to that port: have it opened, or use a wss:// beacon"
    }
    return refusals.contains { $0.code == .system }
      ? "look at this machine's own rules (nft list ruleset), or use a wss:// beacon"
      : "check this machine's network and its routes"
  }

  static func nat(_ facts: DatagramFacts) -> Finding {
    guard let first = facts.answers.first else { return .skipped(.nat, "no beacon answered over UDP") }
    let elapsed = first.roundTrip
    if facts.local.contains(first.observed) {
      return .pass(.nat, "none: beacons see this machine's own address, \(first.observed)", in: elapsed)
    }
    // Of each family there is a mapping of its own.
    let others = facts.answers.dropFirst().filter { $0.observed.isIPv4 == first.observed.isIPv4 }
    guard let other = others.first(where: { $0.source != first.source }) else {
      return .pass(
        .nat, "an address translator shows this machine as \(first.observed)", in: elapsed,
        hint: "give a second udp:// beacon to learn whether it shows everybody the same")
    }
    if others.allSatisfy({ $0.observed == first.observed }) {
      return .pass(
        .nat, "an address translator shows everybody the same address, \(first.observed): peers can come through",
        in: elapsed)
    }
    return .pass(
      .nat,
      "an address translator shows each peer another address (\(first.observed), \(other.observed)): a symmetric NAT",
      in: elapsed, hint: "direct ways to peers may fail; the relay carries what they don't")
  }
}

extension DatagramFacts.Beacon {
  fileprivate var words: String {
    if endpoints.isEmpty { return "\(url) was not asked: its name has no address" }
    guard let answer else {
      if let refusal { return "\(url) was not asked: \(CommandFailure(refusal).what)" }
      return "\(url) gave no answer\(report.map { " (\($0))" } ?? "")"
    }
    let again = answer.tries > 1 ? " at the \(answer.tries). try" : ""
    return "\(url) answered\(again) and sees \(answer.observed)"
  }
}
