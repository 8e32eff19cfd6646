internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// A bound socket with its options set, and what came out of setting them.
struct OpenedSocket {
  let socket: SocketDescriptor
  let local: Endpoint
  let reach: SocketReach
  let offloads: UDPTransport.Offloads
  /// Whether the kernel says of each datagram which address it was written to. Asked for where there can be several.
  let reportsLocal: Bool
  /// What is in force.
  let fragmentation: UDPTransport.Fragmentation
  private(set) var notices: [String] = []

  /// Makes a socket and binds it.
  static func bind(_ configuration: UDPTransport.Configuration) throws(TransportError) -> OpenedSocket {
    try configuration.validate()
    let wanted = configuration.bindTo
    let family = wanted.isIPv4 ? cpilot_udp_family_ipv4 : cpilot_udp_family_ipv6
    switch bind(to: wanted, family: CInt(family), configuration) {
    case .success(let descriptor):
      return try OpenedSocket(bound: descriptor, configuration, notices: [])
    case .failure(let error):
      guard wanted.isUnspecified, !wanted.isIPv4, error.cause.meansNoIPv6 else { throw error.telling(of: wanted) }
    }
    let plain = Endpoint(ipv4Address: 0, port: wanted.port)
    switch bind(to: plain, family: CInt(cpilot_udp_family_ipv4), configuration) {
    case .success(let descriptor):
      return try OpenedSocket(bound: descriptor, configuration, notices: ["no IPv6 on this machine: IPv4 only"])
    case .failure(let error):
      throw error.telling(of: plain)
    }
  }

  /// Lets sockets of this user that ask for it be bound to the same address from now on. The kernel looks at the option
  /// when the next one is bound, so that this one's own binding was exclusive.
  func share() throws(TransportError) {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let result = cpilot_udp_set_reuse_port(descriptor)
    guard result == 0 else { throw SystemError(-result).binding(to: local) }
  }

  /// At which step there came no bound socket about.
  private enum BindFailure: Error {
    case noSocket(SystemError)
    case notBound(SystemError)

    var cause: SystemError {
      switch self {
      case .noSocket(let error), .notBound(let error): error
      }
    }

    func telling(of endpoint: Endpoint) -> TransportError {
      switch self {
      case .noSocket(let error): error.opening
      case .notBound(let error): error.binding(to: endpoint)
      }
    }
  }

  private static func bind(
    to endpoint: Endpoint, family: CInt, _ configuration: UDPTransport.Configuration
  ) -> Result<SocketDescriptor, BindFailure> {
    let descriptor = cpilot_udp_open(family)
    guard descriptor >= 0 else { return .failure(.noSocket(SystemError(-descriptor))) }
    let socket = SocketDescriptor(owning: descriptor)
    if family == CInt(cpilot_udp_family_ipv6) {
      let result = cpilot_udp_set_ipv6_only(descriptor, !endpoint.isUnspecified)
      guard result == 0 else { return .failure(.notBound(SystemError(-result))) }
    }
    if configuration.sharesPort {
      let result = cpilot_udp_set_reuse_port(descriptor)
      guard result == 0 else { return .failure(.notBound(SystemError(-result))) }
    }
    var address = cpilot_udp_address(endpoint)
    // SAFETY: the function reads one address through the pointer.
    let result = unsafe cpilot_udp_bind(descriptor, &address, family)
    return result == 0 ? .success(socket) : .failure(.notBound(SystemError(-result)))
  }

  /// Takes somebody else's socket over, if it is what a transport needs.
  static func adopt(
    _ descriptor: CInt, _ configuration: UDPTransport.Configuration
  ) throws(TransportError) -> OpenedSocket {
    try configuration.validate()
    let isDatagram = cpilot_udp_is_datagram(descriptor)
    guard isDatagram >= 0 else {
      throw refused(descriptor, "it is no open socket", SystemError(-isDatagram))
    }
    guard isDatagram == 1 else { throw refused(descriptor, "it is no UDP socket") }
    let (local, family) = try localAddress(of: descriptor)
    guard family != CInt(cpilot_udp_family_other) else { throw refused(descriptor, "it is no IP socket") }
    guard local.port != 0 else { throw refused(descriptor, "it isn't bound to a port") }
    guard cpilot_udp_is_connected(descriptor) == 0 else {
      throw refused(descriptor, "it is connected, and would hear one peer only")
    }
    return try OpenedSocket(bound: SocketDescriptor(owning: descriptor), configuration, notices: [])
  }

  private static func refused(_ descriptor: CInt, _ why: String, _ cause: SystemError? = nil) -> TransportError {
    TransportError(code: .invalidConfiguration, message: "can't adopt descriptor \(descriptor): \(why)", cause: cause)
  }

  private static func localAddress(of descriptor: CInt) throws(TransportError) -> (Endpoint, family: CInt) {
    var address = cpilot_udp_address()
    var family: CInt = 0
    // SAFETY: the function writes one address and one number through the pointers.
    let result = unsafe cpilot_udp_local(descriptor, &address, &family)
    guard result == 0 else { throw refused(descriptor, "it has no local address", SystemError(-result)) }
    return (Endpoint(address), family)
  }

  private init(
    bound socket: SocketDescriptor, _ configuration: UDPTransport.Configuration, notices: [String]
  ) throws(TransportError) {
    self.socket = socket
    self.notices = notices
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let (local, family) = try Self.localAddress(of: descriptor)
    self.local = local
    let isIPv6Only =
      family == CInt(cpilot_udp_family_ipv6) && cpilot_udp_is_ipv6_only(descriptor) == 1
    reach = SocketReach(family: family, local: local, ipv6Only: isIPv6Only)
    _ = cpilot_udp_report_errors(descriptor, family)
    _ = cpilot_udp_report_drops(descriptor)
    reportsLocal = local.isUnspecified && cpilot_udp_report_local(descriptor, family) == 0
    let fitsCoalesced = configuration.receiveFrameLength >= 65_535
    offloads = UDPTransport.Offloads(
      segmentation: configuration.sendSegmentation && cpilot_udp_can_segment(descriptor) == 1,
      coalescing: configuration.receiveCoalescing && fitsCoalesced && cpilot_udp_coalesce(descriptor) == 0)
    if local.isUnspecified, !reportsLocal {
      self.notices.append(
        "this system doesn't say which of its addresses a datagram was written to: answers leave from the address that "
          + "it chooses; on a machine with several, bind to one of them")
    }
    let wanted = configuration.fragmentation
    fragmentation = wanted.set(on: descriptor, family: family) ? wanted : .allowed
    if fragmentation != wanted {
      self.notices.append("this system can't be told not to fragment: long frames leave in pieces")
    }
    let requested = SocketBuffers(receive: configuration.receiveBufferBytes, send: configuration.sendBufferBytes)
    let granted = SocketBuffers.request(receive: requested.receive, send: requested.send, on: descriptor)
    if let notice = granted.notice(requested: requested) { self.notices.append(notice) }
  }
}

extension UDPTransport.Fragmentation {
  /// Whether the socket will do so.
  fileprivate func set(on descriptor: CInt, family: CInt) -> Bool {
    switch self {
    // The system's setting, or that of who has made the socket.
    case .allowed: true
    case .forbidden: cpilot_udp_set_fragmentation(descriptor, family, CInt(cpilot_udp_dont_fragment)) == 0
    case .probing: cpilot_udp_set_fragmentation(descriptor, family, CInt(cpilot_udp_probe_mtu)) == 0
    }
  }
}
