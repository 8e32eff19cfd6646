/// Why a node's registration over UDP went from one endpoint to another.
@nonexhaustive
public enum MoveCause: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// A Discover came from another port of the same address: its process was restarted, or its NAT has rebound.
  case port
  /// A Relay came from another port of the same address after a silence: its NAT has rebound, and the next Discover is not
  /// due yet.
  case portByRelay
  /// A Discover came from another address, and nothing had been heard from the old endpoint for long.
  case silence
  /// ICMP reported that nobody receives at the old endpoint, and quoted the probe that asked.
  case unreachable
  /// It was claimed from elsewhere, and its old endpoint was asked three times and stayed silent.
  case unanswered
  /// A Discover came from where the node had been taken from: that move was a mistake, and is undone.
  case returned
  /// It had proven where it was, and has proven now to be elsewhere.
  case proof
  /// It has proven where it is, and somebody who had not was believed until then.
  case takeover

  /// The cause's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .port: "port"
    case .portByRelay: "port_by_relay"
    case .silence: "silence"
    case .unreachable: "unreachable"
    case .unanswered: "unanswered"
    case .returned: "returned"
    case .proof: "proof"
    case .takeover: "takeover"
    }
  }
}
