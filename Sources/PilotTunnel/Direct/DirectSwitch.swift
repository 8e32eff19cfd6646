/// A peer's frames go another way than before.
package struct DirectSwitch: Hashable, Sendable {
  /// Why.
  package enum Reason: Hashable, Sendable {
    /// A probe has come back from this address.
    case answered
    /// The peer answers there, and no longer at the address from before.
    case moved
    /// A probe has come back from there in less than two thirds of the time.
    case nearer
    /// Probes to the address from before stay unanswered.
    case silent
    /// The network reports that nothing listens at the address from before, or this machine can't send there.
    case unreachable
    /// This machine has no UDP socket any more.
    case closed
  }

  /// The way from before.
  package let from: TunnelRoute
  /// The way from now on.
  package let to: TunnelRoute
  /// Why.
  package let reason: Reason
}

extension DirectSwitch.Reason: CustomStringConvertible {
  /// One clause without a full stop, for people.
  package var description: String {
    switch self {
    case .answered: "the peer answers directly"
    case .moved: "the peer has moved"
    case .nearer: "this way is shorter"
    case .silent: "the peer doesn't answer directly"
    case .unreachable: "the peer's address can't be reached"
    case .closed: "there is no UDP socket"
    }
  }
}
