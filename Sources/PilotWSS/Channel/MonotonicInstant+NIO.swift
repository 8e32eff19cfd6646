package import NIOCore
package import PilotTransport

extension MonotonicInstant {
  /// The event loop's time, converted once, at the edge.
  package init(_ deadline: NIODeadline) {
    self.init(nanoseconds: deadline.uptimeNanoseconds)
  }
}

extension NIODeadline {
  /// The same instant for the event loop.
  package init(_ instant: MonotonicInstant) {
    self = .uptimeNanoseconds(instant.nanoseconds)
  }
}
