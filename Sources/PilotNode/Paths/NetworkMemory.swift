/// What a node has found out about UDP on a network.
public enum NetworkVerdict: String, Sendable, Hashable {
  /// It gets through.
  case datagramsWork = "udp"
  /// It doesn't, and a connection does.
  case datagramsBlocked = "no-udp"
}

/// The verdicts about the latest networks, each for a day: a verdict only says what is tried first, and nothing is ever left
/// out because of one.
///
/// A value without clock or file: whoever has it keeps it where it likes.
public struct NetworkMemory: Sendable, Equatable {
  /// One verdict.
  public struct Entry: Sendable, Equatable {
    /// What tells the network from others, made of its gateway and resolvers.
    public let fingerprint: String
    /// What was found out.
    public let verdict: NetworkVerdict
    /// From when on it is worth nothing, in seconds since 1970 (UTC).
    public let expiry: UInt64

    /// Makes one.
    public init(fingerprint: String, verdict: NetworkVerdict, expiry: UInt64) {
      self.fingerprint = fingerprint
      self.verdict = verdict
      self.expiry = expiry
    }
  }

  /// How many networks are remembered: the one that was learnt first is forgotten.
  public static let capacity = 32
  /// How long a verdict is worth something, in seconds: a day.
  public static let lifetime: UInt64 = 86_400

  /// The oldest first.
  public private(set) var entries: [Entry]

  /// What was kept, the oldest first; what is too much of it is left out.
  public init(_ entries: [Entry] = []) { self.entries = Array(entries.suffix(Self.capacity)) }

  /// What is known of a network.
  ///
  /// - Parameters:
  ///   - fingerprint: The network's.
  ///   - time: The time of day, in seconds since 1970 (UTC). A verdict that is said to be worth something for longer than any is,
  ///     because the clock has gone back since, is worth nothing.
  public func verdict(on fingerprint: String, at time: UInt64) -> NetworkVerdict? {
    guard let entry = entries.last(where: { $0.fingerprint == fingerprint }), time < entry.expiry,
      entry.expiry - time <= Self.lifetime
    else { return nil }
    return entry.verdict
  }

  /// Something was found out.
  public mutating func learn(_ verdict: NetworkVerdict, on fingerprint: String, at time: UInt64) {
    entries.removeAll { $0.fingerprint == fingerprint }
    if entries.count >= Self.capacity { entries.removeFirst(entries.count - Self.capacity + 1) }
    let (expiry, isTooLate) = time.addingReportingOverflow(Self.lifetime)
    entries.append(Entry(fingerprint: fingerprint, verdict: verdict, expiry: isTooLate ? .max : expiry))
  }
}
