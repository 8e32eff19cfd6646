/// What becomes of the frame that the router has just looked at: one for each, returned by the call.
///
/// A plain value: no case holds memory, and the frame's bytes stay where they are.
package enum RouterAction: Equatable, Sendable {
  /// Send the header there, then the frame's bytes from ``DeliverHeader/payloadOffset`` on.
  case deliver(Hop, DeliverHeader)
  /// Send the frame as it came to this beacon of the cluster, sealed.
  case passOn(to: UInt32)
  /// It has been counted as dropped.
  case drop(RouterDropReason)
  /// It was in order, and has been counted. What follows from it, if anything, is among the outputs:
  /// ``Router/nextOutput()`` and ``Router/nextJob()``.
  case taken
}
