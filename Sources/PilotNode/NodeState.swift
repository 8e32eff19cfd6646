public import PilotTransport
public import PilotWire

/// How a node stands with its beacon.
@nonexhaustive
public enum NodeState: Sendable, Equatable {
  /// It has begun, and nothing is known yet. What ``Node/state`` is at first, and until another state is told. The receiver tells
  /// changes, and this is none: its first state is the one that follows, and no node comes back to this one.
  case joining
  /// What is sent to it arrives: over UDP a frame has come through the beacon, over WSS the beacon has let it in.
  ///
  /// It stands until another state is told. Over UDP it is told again when the address has changed and a frame has come
  /// through to the new one.
  ///
  /// - Parameter observed: Where the beacon sees the node; nil over WSS, and as long as it hasn't said so.
  case ready(observed: Endpoint?)
  /// Nothing arrives, for this reason. The node goes on trying, and tells when it is ready.
  case unreachable(Hindrance)
  /// The connection is down; the given attempt, counted from 1, starts after the delay.
  case reconnecting(reason: TransportError, attempt: Int, delay: Duration)
  /// The node has left; the last state.
  case closed

  /// What stands between a node and its beacon, over UDP.
  @nonexhaustive
  public enum Hindrance: Sendable, Hashable {
    /// The beacon doesn't answer.
    case unanswered
    /// The beacon answers, and what it is asked to deliver to the node doesn't arrive: it holds the node to be elsewhere,
    /// or doesn't take it.
    case undelivered
    /// The beacon's name can't be resolved. It is looked up again.
    case unresolved
    /// This machine can't send to the beacon: no route, another address family, a firewall of its own.
    case unsendable(TransportError.Code)
  }

  /// Whether what is sent to the node arrives.
  public var isReady: Bool {
    if case .ready = self { return true }
    return false
  }
}

extension NodeState.Hindrance: CustomStringConvertible {
  /// One clause without a full stop, for people.
  public var description: String {
    switch self {
    case .unanswered: "the beacon doesn't answer"
    case .undelivered: "the beacon answers and delivers nothing: it takes this node to be elsewhere"
    case .unresolved: "the beacon's name can't be resolved"
    case .unsendable(let code): "nothing can be sent to the beacon (\(code))"
    }
  }
}
