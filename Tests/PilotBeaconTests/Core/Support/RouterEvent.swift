import PilotTesting
import PilotWire

/// Something that happens to a router, in words that mean something whatever was before.
struct RouterEvent: Sendable, CustomStringConvertible {
  enum Action: Sendable {
    case discover(NodeID, Origin, ex: Bool, hasKey: Bool)
    case relay(NodeID, to: NodeID, Origin)
    case attach(NodeID)
    case detach(NodeID, connectionsAgo: UInt64)
    case unreachable(Endpoint)
    case prove(NodeID, Endpoint, age: Duration, ex: Bool)
    case sign(Endpoint)
    case revoke(NodeID)
    case revokeAll
  }

  enum Origin: Sendable {
    case udp(Endpoint)
    /// The node's current connection, or else this one.
    case current(orConnectionsAgo: UInt64)
    /// One of the last few connections, most of them replaced, as if it were this node's.
    case connection(ago: UInt64, NodeID)
  }

  let after: Duration
  /// Whether the router looks for what has run out before.
  let expires: Bool
  let action: Action

  var description: String { "after \(after)\(expires ? ", having expired" : ""): \(action)" }

  static func draw(_ random: inout SeededRandom) -> RouterEvent {
    RouterEvent(
      after: pause(&random), expires: Bool.random(using: &random), action: action(node(&random), &random))
  }

  private static func action(_ node: NodeID, _ random: inout SeededRandom) -> Action {
    let ex = Bool.random(using: &random)
    switch Int.random(in: 0..<26, using: &random) {
    case 20..<24: return .sign(endpoint(&random))
    case 24, 25: return Int.random(in: 0..<6, using: &random) == 0 ? .revokeAll : .revoke(node)
    case 0..<7: return .discover(node, origin(&random), ex: ex, hasKey: Bool.random(using: &random))
    case 7..<14: return .relay(node, to: self.node(&random), origin(&random))
    case 14: return .attach(node)
    case 15, 16: return .detach(node, connectionsAgo: connection(&random))
    case 17, 18: return .unreachable(endpoint(&random))
    default: return .prove(node, endpoint(&random), age: .seconds(Int.random(in: 0...31, using: &random)), ex: ex)
    }
  }

  private static func pause(_ random: inout SeededRandom) -> Duration {
    let durations: [Duration] = [.zero, .nanoseconds(1), .milliseconds(300), .seconds(1), .seconds(20), .seconds(76)]
    let longer: Duration = Int.random(in: 0..<40, using: &random) == 0 ? .seconds(600) : .zero
    let index = Int.random(in: 0..<20, using: &random)
    return (index < durations.count ? durations[index] : .milliseconds(index)) + longer
  }

  private static func node(_ random: inout SeededRandom) -> NodeID { .test(UInt32.random(in: 1...4, using: &random)) }

  private static func endpoint(_ random: inout SeededRandom) -> Endpoint {
    .test(UInt32.random(in: 1...3, using: &random), port: Int.random(in: 0..<4, using: &random) == 0 ? 4001 : 4000)
  }

  private static func connection(_ random: inout SeededRandom) -> UInt64 { UInt64.random(in: 1...6, using: &random) }

  /// Mostly UDP; over WSS mostly the node's own current connection.
  private static func origin(_ random: inout SeededRandom) -> Origin {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1, 2: .current(orConnectionsAgo: connection(&random))
    case 3: .connection(ago: connection(&random), node(&random))
    default: .udp(endpoint(&random))
    }
  }
}
