internal import PilotTransport
internal import PilotWire

extension Router {
  /// What a registered node knows this beacon as, to be named to it in a question; nil if that isn't known, and it can't be
  /// asked: the advertised address of its family.
  func askingAddress(for registration: Registration) -> Endpoint? {
    bounds.advertised.first { $0.isIPv4 == registration.endpoint.isIPv4 }
  }
}
