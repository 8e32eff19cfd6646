internal import PilotTransport

/// How many frames a second one source may have relayed: a bucket that holds a second's worth, and so does no harm to what
/// sends in bursts, as all that carries files does; it is what deployed beacons allow, too.
///
/// Bytes are bounded by the same number: a frame of more than 1,500 bytes counts as so many as it has begun 1,500s. So one
/// instant for each source is all the state (the generic cell rate algorithm, as in ``RateLimit``).
struct RelayPace: Sendable, BitwiseCopyable {
  /// What one frame may hold without counting as two: a datagram of Ethernet's size.
  static let bytesPerFrame = 1_500

  /// Nanoseconds that each frame takes; 0 if there is no limit.
  private let interval: UInt64
  /// How far ahead of time frames may come.
  private let tolerance: UInt64

  /// - Parameter perSecond: Frames a second, at most a thousand million. 0 or less: no limit.
  init(perSecond: Int) {
    interval = perSecond > 0 ? max(1, 1_000_000_000 / UInt64(perSecond)) : 0
    tolerance = perSecond > 0 ? interval.multipliedClamped(by: UInt64(perSecond - 1)) : 0
  }

  var isUnlimited: Bool { interval == 0 }

  /// A frame of a source wants to be relayed. Whether it may; if not, nothing has changed.
  ///
  /// - Parameter paidUntil: When all frames of the source so far will have taken their time; 0 for a new one.
  @inline(__always)
  func admits(_ bytes: Int, _ paidUntil: inout UInt64, at now: UInt64) -> Bool {
    guard paidUntil.since(now) <= tolerance else { return false }
    var cost = interval
    if bytes > Self.bytesPerFrame { cost &*= UInt64(bytes + Self.bytesPerFrame - 1) / UInt64(Self.bytesPerFrame) }
    paidUntil = max(paidUntil, now).addingClamped(cost)
    return true
  }
}
