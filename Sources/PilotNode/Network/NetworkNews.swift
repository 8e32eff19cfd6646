import PilotWire

/// What the kernel tells of its network, one thing at a time (rtnetlink(7)).
enum NetworkNews: Equatable {
  /// There is an interface, or it is another one than before.
  case link(UInt32, isRunning: Bool, isLoopback: Bool)
  /// There is no such interface any more.
  case linkGone(UInt32)
  /// An interface has an address that packets can leave from; port 0.
  case address(Endpoint, on: UInt32)
  /// It hasn't, or not yet: duplicates are still looked for (RFC 4862, section 5.4).
  case addressGone(Endpoint, on: UInt32)
  /// A default route that leads somewhere.
  case route(DefaultRoute)
  /// One that doesn't, or doesn't any more.
  case routeGone(DefaultRoute)
  /// The link-layer address of a neighbour.
  case neighbour(Endpoint, [UInt8])
  /// The end of an answer.
  case end
  /// Things have changed while the answer was given: it may contradict itself.
  case inconsistent
  /// A request was refused.
  case refused
}

/// A route that most of what leaves the machine takes: for all addresses, or for so large a part of them that a VPN has put it
/// there to be preferred (0.0.0.0/1, 2000::/3).
struct DefaultRoute: Hashable {
  var isIPv4: Bool
  /// The first byte of its prefix.
  var prefix: UInt8 = 0
  /// Bits of its prefix: at most 1 for IPv4, and 3 for IPv6.
  var length: UInt8 = 0
  var table: UInt32 = 254
  /// The smaller one is preferred.
  var metric: UInt32 = 0
  /// By its number; 0 for none.
  var interface: UInt32
  /// Nil where the other end is all that there is: a tunnel, a modem.
  var gateway: Endpoint?
}
