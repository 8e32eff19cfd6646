internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Reads what ICMP said about earlier datagrams (IP_RECVERR, ip(7)) and tells it as events.
struct ErrorQueue: Sendable {
  /// How many reports are read in a row, so that a flood of them can't keep frames waiting.
  static let limit = 32

  let counters: UDPCounters
  let events: TransportEventSource

  /// Reads up to ``limit`` reports, and clears the error that the queue left on the socket, which otherwise fails the
  /// next call.
  func drain(_ descriptor: CInt) {
    var error = cpilot_udp_error()
    for _ in 0..<Self.limit {
      // SAFETY: the function writes one report through the pointer.
      let result = unsafe cpilot_udp_next_error(descriptor, &error)
      if result == 0 {
        report(error)
      } else if !SystemError(-result).isInterruption {
        break
      }
    }
    _ = cpilot_udp_pending_error(descriptor)
  }

  private func report(_ error: cpilot_udp_error) {
    guard error.from_network else { return }
    counters.addUnreachable()
    events.emit(.unreachable(Endpoint(error.destination), reason: Self.reason(error), quoted: Self.quoted(error)))
  }

  /// What is quoted by a report that nothing listens at the port. Others are about the way there, and come honestly from
  /// whoever is on it: they are no word on the destination.
  static func quoted(_ error: cpilot_udp_error) -> QuotedDatagram {
    guard SystemError(error.code).isNeverAboutThisSend else { return QuotedDatagram() }
    return unsafe withUnsafeBytes(of: error.quoted) { bytes in
      // SAFETY: the kernel has written as many of these bytes as it says, and no more than there are.
      unsafe QuotedDatagram(RawSpan(_unsafeBytes: bytes).extracting(first: Int(error.quoted_count)))
    }
  }

  private static func reason(_ error: cpilot_udp_error) -> TransportError {
    let system = SystemError(error.code)
    if let limit = system.frameLimit(mtu: error.info, destination: Endpoint(error.destination)) {
      return TransportError(
        code: .frameTooLarge(limit: limit),
        message: "frames above \(limit) bytes don't get through in one piece: the path's MTU is \(error.info)",
        cause: system)
    }
    return TransportError(
      code: .unreachable,
      message: "\(system.unreachableReason) (ICMP type \(error.type), code \(error.icmp_code))",
      cause: system)
  }
}

extension SystemError {
  /// The longest frame on a path with this MTU, if the error is about it: less 20 (IPv4) or 40 (IPv6) and 8 (UDP) bytes.
  fileprivate func frameLimit(mtu: UInt32, destination: Endpoint) -> Int? {
    guard isFrameTooLong else { return nil }
    return max(Int(mtu) - (destination.isIPv4 ? 28 : 48), 0)
  }
}
