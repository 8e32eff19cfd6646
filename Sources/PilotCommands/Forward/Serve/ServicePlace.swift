import PilotTransport
import PilotWire

/// Where a service is: the addresses that its host has, and the one of them that is used. A value that is told the time.
///
/// The one that is used stays for as long as the host has it, wherever it stands among the others: the service knows each flow by
/// the socket that it comes from, and names that have several addresses give them in another order each time (RFC 1794). It is left
/// for the next one when it refuses datagrams: `localhost` is ::1 as well as 127.0.0.1, and few services listen on both.
struct ServicePlace: Equatable, Sendable {
  /// An address is left this long after the one before at the earliest: where all refuse, the flows aren't cut with each datagram.
  static let pause: Duration = .seconds(1)
  /// So many answers in a row may lack each address of a family until the one that is used is taken to be gone: the second family's
  /// is waited for no longer than 50 ms (``HostAddresses``).
  static let halfAnswers = 2

  /// The one that is used; nil as long as none is known.
  private(set) var address: Endpoint?
  private var addresses: [Endpoint] = []
  private var leftAt: MonotonicInstant?
  private var halfAnswersSeen = 0

  /// The host has these addresses now, the one that is preferred first.
  ///
  /// - Returns: Whether another one is used from now on.
  mutating func found(_ found: [Endpoint]) -> Bool {
    guard let first = found.first else { return false }
    if let address, found.contains(address) {
      (addresses, halfAnswersSeen) = (found, 0)
      return false
    }
    if let address, !found.contains(where: { $0.isIPv4 == address.isIPv4 }), halfAnswersSeen < Self.halfAnswers {
      halfAnswersSeen += 1
      return false
    }
    (addresses, halfAnswersSeen, address) = (found, 0, first)
    return true
  }

  /// An address takes no datagrams. If it is the one that is used, the next of the host's is used from now on; behind the last comes
  /// the first.
  ///
  /// - Returns: That one; nil if there is no other, or it is too early for it.
  mutating func refused(_ refused: Endpoint, at now: MonotonicInstant) -> Endpoint? {
    guard address == refused, leftAt.map({ $0.advanced(by: Self.pause) <= now }) ?? true,
      let index = addresses.firstIndex(of: refused)
    else { return nil }
    let others = addresses[(index + 1)...] + addresses[..<index]
    guard let next = others.first(where: { $0 != refused }) else { return nil }
    (address, leftAt) = (next, now)
    return next
  }
}

/// Why a service gets no datagrams.
struct ServiceFault: Error, Equatable, Sendable {
  /// Where it was sent to; nil if that isn't known.
  let address: Endpoint?
  let reason: String
  /// Where it is sent to from now on, if that is another address.
  let next: Endpoint?

  /// The reason, and what comes next: for one line.
  var words: String { next.map { "\(reason); \($0) is tried next" } ?? reason }
}
