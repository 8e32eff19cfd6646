/// What one link does to the datagrams that cross it. The default is a perfect one: no time, no loss, no limit.
///
/// Values out of range count as the nearest in range.
public struct LinkConditions: Sendable, Equatable {
  /// The time from one end to the other, at least. Default zero.
  public var delay: Duration = .zero
  /// How much longer it takes at most, uniformly distributed. Default zero.
  ///
  /// Jitter alone changes no order: one that was sent later arrives later, or at the same time.
  public var jitter: Duration = .zero
  /// The chance that a datagram is lost, 0...1. Default 0. Duplicates take it each for itself.
  public var loss = 0.0
  /// The chance that a datagram comes twice, 0...1. Default 0.
  public var duplication = 0.0
  /// The chance that one bit of a datagram is flipped, 0...1. Default 0.
  ///
  /// UDP's checksum misses about one damaged datagram in 65,536 (RFC 768), and over IPv4 a sender may leave it out.
  public var corruption = 0.0
  /// The chance that a datagram is held back for ``reorderingDelay``, so that later ones overtake it, 0...1. Default 0.
  public var reordering = 0.0
  /// How long the ones chosen by ``reordering`` are held back. Default 10 ms.
  public var reorderingDelay: Duration = .milliseconds(10)
  /// The longest frame that gets through, in bytes. Default nil: any.
  ///
  /// A longer one is dropped without a report, as on a path that loses fragments.
  public var mtu: Int?
  /// How fast it sends, in bytes per second, at least 1. Default nil: at once.
  ///
  /// Each datagram counts ``datagramOverhead`` bytes more than its frame has.
  public var bandwidth: Int?
  /// How many bytes wait for the bandwidth at most, the one being sent included. Default 65,536. What finds no room is
  /// dropped (drop tail).
  public var queue = 65_536
  /// How many bytes get through in all, from when the conditions are set. Default nil: any number.
  ///
  /// Each datagram counts ``datagramOverhead`` bytes more than its frame has. One for which there isn't enough left is dropped
  /// without a report.
  public var quota: Int?
  /// Whether senders are told of a destination where nobody receives any more, as with ICMP's port unreachable. Default
  /// true.
  public var reportsUnreachable = true

  /// What IPv4 and UDP add to a frame, in bytes (RFC 791, RFC 768).
  public static let datagramOverhead = 28

  /// A perfect link.
  public init() {}
}
