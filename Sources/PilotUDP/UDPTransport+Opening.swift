public import PilotTransport

extension UDPTransport {
  /// Makes a socket, binds it, and carries frames over it.
  ///
  /// - Throws: `.bindFailed` with the reason, `.invalidConfiguration`, or `.system`.
  public static func bind(_ configuration: Configuration = Configuration()) throws(TransportError) -> UDPTransport {
    try UDPTransport(OpenedSocket.bind(configuration), configuration: configuration)
  }

  /// Carries frames over a socket that somebody else made and bound: a supervisor, or a program that had to punch a hole
  /// with it first.
  ///
  /// The transport owns the descriptor from then on and closes it; on `.invalidConfiguration` it stays the caller's. No
  /// other part of the process may receive from it.
  ///
  /// - Parameters:
  ///   - descriptor: A UDP socket of either family, bound to a port, not connected.
  ///   - configuration: ``Configuration/bindTo`` and ``Configuration/sharesPort`` are ignored.
  /// - Throws: `.invalidConfiguration` when the descriptor isn't that, or `.system`.
  public static func adopt(
    descriptor: CInt, _ configuration: Configuration = Configuration()
  ) throws(TransportError) -> UDPTransport {
    try UDPTransport(OpenedSocket.adopt(descriptor, configuration), configuration: configuration)
  }
}
