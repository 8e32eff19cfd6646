public import PilotTransport

extension UDPTransport {
  /// Makes a socket, binds it, and carries frames over it.
  ///
  /// - Throws: `.bindFailed` with the reason, `.invalidConfiguration`, or `.system`.
  public static func bind(_ configuration: Configuration = Configuration()) throws(TransportError) -> UDPTransport {
    try UDPTransport(OpenedSocket.bind(configuration), configuration: configuration)
  }

  /// Binds several sockets to one address, for one thread each: a source's datagrams all arrive at the same one
  /// (SO_REUSEPORT, socket(7)).
  ///
  /// What one of them says of the address that a frame was written to (`Frame.local`) means the same to all of them.
  ///
  /// The address is as exclusive as with ``bind(_:)``: what another socket is bound to already is refused.
  ///
  /// - Parameters:
  ///   - count: How many, at least 1. Where the kernel doesn't spread sources over them, that is on other systems than
  ///     Linux, there is one.
  ///   - configuration: As for ``bind(_:)``. With port 0, all get the port that the system chose for the first.
  /// - Throws: As ``bind(_:)``. Nothing stays bound then.
  public static func bindGroup(
    of count: Int, _ configuration: Configuration = Configuration()
  ) throws(TransportError) -> [UDPTransport] {
    let first = try OpenedSocket.bind(configuration)
    var group = [try UDPTransport(first, configuration: configuration)]
    #if os(Linux)
      try first.share()
      var others = configuration
      others.bindTo = first.local
      others.sharesPort = true
      while group.count < count {
        group.append(
          try UDPTransport(OpenedSocket.bind(others), configuration: others, sharing: group[0].locals))
      }
    #endif
    return group
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
