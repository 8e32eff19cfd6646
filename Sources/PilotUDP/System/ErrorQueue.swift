internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Reads what ICMP said about earlier datagrams (IP_RECVERR, ip(7)), and what this machine says of those that it refused for
/// their length, and tells it as events.
struct ErrorQueue: Sendable {
  /// How many reports are read in a row, so that a flood of them can't keep frames waiting.
  static let limit = 32

  let counters: UDPCounters
  let events: TransportEventSource
  private let pathMTUs = PathMTULog()

  init(counters: UDPCounters, events: TransportEventSource) {
    self.counters = counters
    self.events = events
  }

  /// Reads up to ``limit`` reports, and clears the error that the queue left on the socket, which otherwise fails the
  /// next call.
  ///
  /// - Parameter destination: Where a frame was just refused to be sent to.
  /// - Returns: How long packets to there may be, if this machine has said so.
  @discardableResult
  func drain(_ descriptor: CInt, sendingTo destination: Endpoint? = nil) -> PathMTU? {
    var error = cpilot_udp_error()
    var known: PathMTU?
    for _ in 0..<Self.limit {
      // SAFETY: the function writes one report through the pointer.
      let result = unsafe cpilot_udp_next_error(descriptor, &error)
      if result == 0 {
        let mtu = report(error)
        if error.from_here, let destination, Endpoint(error.destination).hasSameAddress(as: destination) {
          known = mtu ?? known
        }
      } else if !SystemError(-result).isInterruption {
        break
      }
    }
    _ = cpilot_udp_pending_error(descriptor)
    return known
  }

  /// How long packets may be that go there, as this machine has said last when it refused a frame: the report may have come to another
  /// thread, which reads the same queue.
  func lastSaid(of destination: Endpoint) -> PathMTU? { pathMTUs.lastSaid(of: destination) }

  /// - Returns: The path's MTU, if it is about that.
  private func report(_ error: cpilot_udp_error) -> PathMTU? {
    let destination = Endpoint(error.destination)
    if SystemError(error.code).isFrameTooLong, error.from_network || error.from_here {
      let mtu = PathMTU(reported: error.info, destination: destination)
      counters.addPathMTU()
      if error.from_here { pathMTUs.said(mtu, of: destination) }
      if pathMTUs.isWorthTelling(mtu, to: destination, at: .now()) {
        events.emit(.pathMTU(destination, mtu, quoted: error.from_network ? Self.bytes(of: error) : QuotedDatagram()))
      }
      return mtu
    }
    guard error.from_network else { return nil }
    counters.addUnreachable()
    events.emit(.unreachable(destination, reason: Self.reason(error), quoted: Self.quoted(error)))
    return nil
  }

  /// What is quoted by a report that nothing listens at the port. Others are about the way there, and come honestly from
  /// whoever is on it: they are no word on the destination.
  static func quoted(_ error: cpilot_udp_error) -> QuotedDatagram {
    guard SystemError(error.code).isNeverAboutThisSend else { return QuotedDatagram() }
    return bytes(of: error)
  }

  private static func bytes(of error: cpilot_udp_error) -> QuotedDatagram {
    unsafe withUnsafeBytes(of: error.quoted) { bytes in
      // SAFETY: the kernel has written as many of these bytes as it says, and no more than there are.
      unsafe QuotedDatagram(RawSpan(_unsafeBytes: bytes).extracting(first: Int(error.quoted_count)))
    }
  }

  private static func reason(_ error: cpilot_udp_error) -> TransportError {
    let system = SystemError(error.code)
    return TransportError(
      code: .unreachable,
      message: "\(system.unreachableReason) (ICMP type \(error.type), code \(error.icmp_code))",
      cause: system)
  }
}

extension Endpoint {
  fileprivate func hasSameAddress(as other: Endpoint) -> Bool { high == other.high && low == other.low }
}
