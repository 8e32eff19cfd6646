import PilotTransport
import PilotWire

/// What the resolver says of a host, for each family.
struct NameFacts: Equatable, Sendable {
  /// What it says for one family.
  struct Answer: Equatable, Sendable {
    /// None if there are none, or if it could not be had.
    var addresses: [Endpoint] = []
    /// The system's reason for having none.
    var reason: String?
    var elapsed: Duration = .zero
  }

  let host: String
  var ipv4 = Answer()
  var ipv6 = Answer()
  /// What `--address` says, which counts where the resolver has nothing.
  var given: [Endpoint] = []
  /// Whether it is an address, which nobody has to be asked for.
  var isLiteral = false

  /// Where a node looks for it.
  var addresses: [Endpoint] { isResolved ? ipv6.addresses + ipv4.addresses : given }

  /// Whether the resolver has an address.
  var isResolved: Bool { !ipv4.addresses.isEmpty || !ipv6.addresses.isEmpty }
}

extension Finding {
  /// - Parameters:
  ///   - names: What is known of each beacon's host.
  ///   - proxied: Hosts that a proxy resolves; that they can't be resolved here does no harm.
  static func dns(_ names: [NameFacts], proxied: Set<String> = []) -> Finding {
    let asked = names.filter { !$0.isLiteral }
    guard !asked.isEmpty else { return .skipped(.dns, "the beacons were given as addresses: no name is looked up") }
    let elapsed = asked.map { max($0.ipv4.elapsed, $0.ipv6.elapsed) }.max()
    let words = asked.map(\.words).joined(separator: "; ")
    let missing = asked.filter(\.addresses.isEmpty)
    guard let first = missing.first else {
      let given = asked.first { !$0.isResolved }
      return .pass(
        .dns, words, in: elapsed,
        hint: given.map { "this machine's name servers have no address of \($0.host): that of --address stands in" })
    }
    if missing.allSatisfy({ proxied.contains($0.host) }) {
      return .pass(.dns, words, in: elapsed, hint: "the proxy resolves it: nothing is to be done here")
    }
    return .fail(
      .dns, words, in: elapsed,
      hint: """
        check the name \(first.host) and the name servers of this machine (/etc/resolv.conf), or give an \
        address (--address \(first.host)=ADDRESS)
        """)
  }
}

extension NameFacts {
  fileprivate var words: String {
    let families = [("IPv4", ipv4), ("IPv6", ipv6)].map { family, answer in
      switch answer.addresses.count {
      // Most hosts have addresses of one family alone.
      case 0: "no \(family)\(!isResolved ? answer.reason.map { " (\($0))" } ?? "" : "")"
      default: "\(family) \(Self.list(answer.addresses))"
      }
    }
    let standIn = isResolved || given.isEmpty ? "" : ", and --address has \(Self.list(given))"
    return "\(host): \(families.joined(separator: ", "))\(standIn)"
  }

  private static func list(_ addresses: [Endpoint]) -> String {
    addresses[0].addressText + (addresses.count > 1 ? " and \(addresses.count - 1) more" : "")
  }
}
