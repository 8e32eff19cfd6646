internal import CPilotUDP
package import PilotWire
internal import Synchronization

/// A descriptor that came from another process, closed with this value unless somebody takes it.
package final class InheritedDescriptor: Sendable {
  private let descriptor: Atomic<CInt>

  package init(owning descriptor: CInt) { self.descriptor = Atomic(descriptor) }

  deinit { close() }

  /// The descriptor, which is the caller's from now on; nil from the second call on.
  package func take() -> CInt? {
    let taken = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
    return taken < 0 ? nil : taken
  }

  package func close() {
    if let descriptor = take() { _ = cpilot_udp_close(descriptor) }
  }

  /// What it is.
  package enum Kind: Equatable, Sendable {
    /// A UDP socket, bound there.
    case datagrams(Endpoint)
    /// A TCP socket that connections are accepted on.
    case listener(Endpoint)
    case other
  }

  package var kind: Kind {
    let descriptor = descriptor.load(ordering: .acquiring)
    guard descriptor >= 0 else { return .other }
    var address = cpilot_udp_address()
    var family: CInt = 0
    // SAFETY: the function writes one address and one number through the pointers.
    let result = unsafe cpilot_udp_local(descriptor, &address, &family)
    guard result == 0, family != CInt(cpilot_udp_family_other) else { return .other }
    if cpilot_udp_is_datagram(descriptor) == 1 { return .datagrams(Endpoint(address)) }
    return cpilot_handover_is_listening(descriptor) == 1 ? .listener(Endpoint(address)) : .other
  }

  /// Whether other sockets of this user may be bound to its address beside it (SO_REUSEPORT).
  package var sharesPort: Bool {
    let descriptor = descriptor.load(ordering: .acquiring)
    return descriptor >= 0 && cpilot_handover_shares_port(descriptor) == 1
  }

  /// Another descriptor of the same open file, to be given away while this one stays.
  package static func duplicating(_ descriptor: CInt) -> InheritedDescriptor? {
    let copy = cpilot_handover_duplicate(descriptor)
    return copy < 0 ? nil : InheritedDescriptor(owning: copy)
  }

  /// Another descriptor of what this one is of; nil if there is none left, or this one is taken.
  package func duplicate() -> InheritedDescriptor? { with { Self.duplicating($0) } }

  /// The two ends of a stream between two processes, which don't block.
  package static func pair() throws(HandoverFault) -> (InheritedDescriptor, InheritedDescriptor) {
    var (one, other): (CInt, CInt) = (-1, -1)
    // SAFETY: the function writes one descriptor through each pointer.
    _ = try HandoverFault.check(unsafe cpilot_handover_pair(&one, &other))
    return (InheritedDescriptor(owning: one), InheritedDescriptor(owning: other))
  }

  /// For a call during which nobody takes it.
  func with<Result>(_ body: (CInt) -> Result) -> Result { body(descriptor.load(ordering: .acquiring)) }
}
