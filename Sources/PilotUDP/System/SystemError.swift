internal import PilotTransport
internal import PilotWire

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// An errno, and what it means where.
struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  let code: CInt

  init(_ code: CInt) { self.code = code }

  /// The system's text for it: `Connection refused (errno 111)`.
  var description: String {
    // SAFETY: strerror returns a terminated string that stays valid until this thread's next call.
    let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "unknown error"
    return "\(text) (errno \(code))"
  }

  var isInterruption: Bool { code == EINTR }

  /// Nothing to read now, or no room to send.
  var isWouldBlock: Bool { code == EAGAIN || code == EWOULDBLOCK }

  /// A queue of the kernel or the device is full; with IP_RECVERR on, Linux reports ENOBUFS for a full device queue.
  var isBackpressure: Bool { isWouldBlock || code == ENOBUFS || code == ENOMEM }

  /// Whether an ICMP message can have left this on the socket (`icmp_err_convert` in Linux's net/ipv4/icmp.c, and
  /// `icmpv6_err_convert`). The next call on the socket gets it, whatever that call is about.
  var canBeLeftByICMP: Bool {
    switch code {
    case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENOPROTOOPT, EOPNOTSUPP, EACCES, EPROTO, EMSGSIZE: true
    default: code == Self.noNetwork
    }
  }

  /// ENONET, Linux only.
  private static let noNetwork: CInt = 64

  /// Longer than what may go out in one piece.
  var isFrameTooLong: Bool { code == EMSGSIZE }

  /// Whether the kernel minds how long a segment is (`udp_send_skb` in Linux's net/ipv4/udp.c), and not that there are any.
  var isAboutLength: Bool { code == EMSGSIZE || code == EINVAL }

  /// Whether a send can fail with this for the sake of the address that it was to leave from: this machine doesn't have it
  /// any more (`ip_route_output_key_hash_rcu` in Linux's net/ipv4/route.c, `ip6_datagram_send_ctl` in net/ipv6/datagram.c),
  /// or it has no route from there.
  var canBeAboutTheSource: Bool {
    switch code {
    case EINVAL, EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH: true
    default: false
    }
  }

  /// Whether somebody else has the address that a socket was to be bound to.
  var isAddressTaken: Bool { code == EADDRINUSE }

  /// Whether a send on an unconnected socket never fails with this for its own sake.
  var isNeverAboutThisSend: Bool { code == ECONNREFUSED }
}

extension SystemError {
  /// Why a frame could not be sent.
  ///
  /// - Parameter pathMTU: How long packets may be on the way there, if that is known.
  func sending(_ length: Int, to destination: Endpoint, pathMTU: PathMTU? = nil) -> TransportError {
    switch code {
    case EMSGSIZE:
      // The kernel was told not to fragment, here or by who has made an adopted socket. What it knows of the path by now can
      // be more than what it refused the frame for.
      TransportError(
        code: .frameTooLarge(limit: max(min(pathMTU?.maximumFrameLength(to: destination) ?? .max, length - 1), 0)),
        message: "a frame of \(length) bytes is longer than the path to \(destination) takes unfragmented", cause: self)
    case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN:
      TransportError(
        code: .unreachable, message: "no route to \(destination): is the network up, and has it this address family?",
        cause: self)
    case EINVAL, EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ:
      TransportError(
        code: .invalidDestination,
        message: "this socket can't send to \(destination): its own address, or a missing scope, rules it out",
        cause: self)
    case EPERM:
      TransportError(
        code: .system, message: "a rule of this machine's firewall forbids sending to \(destination)", cause: self,
        retry: .later(after: nil))
    case EACCES:
      TransportError(
        code: .system, message: "not permitted to send to \(destination): is it a broadcast address?", cause: self)
    default:
      TransportError(code: .system, message: "can't send to \(destination)", cause: self)
    }
  }

  /// Why there is no socket at all.
  var opening: TransportError {
    let hint =
      switch code {
      case EPERM, EACCES: "; this process may not have one: look at its sandbox, or the system's security policy"
      case EAFNOSUPPORT, EPROTONOSUPPORT: "; this machine has no such address family"
      case EMFILE, ENFILE: "; the limit of open files is reached"
      default: ""
      }
    return TransportError(code: .bindFailed, message: "can't open a UDP socket\(hint)", cause: self, retry: opensLater)
  }

  /// Why a socket could not be bound.
  func binding(to endpoint: Endpoint) -> TransportError {
    let hint =
      switch code {
      case EADDRINUSE: "; another program has this port"
      case EACCES where (1..<1_024).contains(endpoint.port): "; ports below 1024 need a privilege"
      case EPERM, EACCES: "; the system's security policy forbids it"
      case EADDRNOTAVAIL: "; no interface of this machine has this address"
      case EAFNOSUPPORT: "; this machine has no such address family"
      case EMFILE, ENFILE: "; the limit of open files is reached"
      default: ""
      }
    return TransportError(code: .bindFailed, message: "can't bind \(endpoint)\(hint)", cause: self, retry: opensLater)
  }

  /// What another program, or the administrator of this machine, can change without this program doing anything.
  var opensLater: RetryAdvice {
    switch code {
    case EADDRINUSE, EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC: .later(after: nil)
    default: .never
    }
  }

  /// Whether an IPv6 socket failed because this machine has no IPv6.
  var meansNoIPv6: Bool { code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == EPROTONOSUPPORT }

  /// What an ICMP message says, for people.
  var unreachableReason: String {
    switch code {
    case ECONNREFUSED: "nothing listens on this port"
    case EHOSTUNREACH: "the host can't be reached"
    case ENETUNREACH: "the network can't be reached"
    case EACCES: "a router or firewall forbids it"
    default: "the network reported an error"
    }
  }
}
