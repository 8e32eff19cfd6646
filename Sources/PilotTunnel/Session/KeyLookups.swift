internal import PilotTransport
internal import PilotWire

/// The nodes whose keys are being looked up, and what is to become of that.
///
/// Strangers choose nodes, too: what they can cause is bounded, the oldest of it gives way, and it takes nothing from what this
/// node wants itself.
struct KeyLookups: Sendable {
  /// The frame that has caused it.
  enum Cause: Sendable {
    /// A signed key exchange.
    case exchange(AuthenticatedKeyExchange, TunnelRoute)
    /// One that nobody vouches for.
    case bareExchange(KeyExchange, TunnelRoute)
    /// A sealed frame, which is answered by a key exchange.
    case sealed(TunnelRoute)
  }

  struct Entry: Sendable {
    let since: MonotonicInstant
    /// Whether this node wants a session.
    var isWanted: Bool
    /// The newest frame that has something to do with it.
    var cause: Cause?
  }

  /// Without an answer for so long, it is asked for again.
  private static let patience = Duration.seconds(5)

  private let limit: Int
  private let wantedLimit: Int
  private var entries: [NodeID: Entry] = [:]

  init(_ configuration: TunnelConfiguration) {
    limit = configuration.lookUpLimit
    wantedLimit = configuration.pendingPeers + configuration.unconfirmedLimit
  }

  /// How many there are.
  var count: Int { entries.count }

  /// Whether the answer for `node` is waited for.
  func isWaiting(for node: NodeID) -> Bool { entries[node] != nil }

  /// A session is wanted. Whether to look the key up now.
  mutating func want(_ node: NodeID, at now: MonotonicInstant) -> Bool {
    let known = entries[node]
    guard known != nil || entries.count < wantedLimit + limit else { return false }
    return enter(node, cause: known?.cause, isWanted: true, at: now)
  }

  /// A stranger's frame has come. Whether to look the key up now.
  mutating func ask(_ node: NodeID, because cause: Cause, at now: MonotonicInstant) -> Bool {
    let known = entries[node]
    if known == nil {
      let strangers = entries.filter { !$0.value.isWanted }
      if strangers.count >= limit, let oldest = strangers.min(by: { $0.value.since < $1.value.since }) {
        entries[oldest.key] = nil
      }
    }
    // An exchange is worth more than what only asks for one.
    var newest = cause
    if case .sealed = cause, let before = known?.cause { newest = before }
    return enter(node, cause: newest, isWanted: known?.isWanted ?? false, at: now)
  }

  private mutating func enter(_ node: NodeID, cause: Cause?, isWanted: Bool, at now: MonotonicInstant) -> Bool {
    let since = entries[node]?.since
    let isUnderWay = since.map { $0.duration(to: now) < Self.patience } ?? false
    entries[node] = Entry(since: isUnderWay ? since ?? now : now, isWanted: isWanted, cause: cause)
    return !isUnderWay
  }

  /// The answer is there. What it was for.
  mutating func take(_ node: NodeID) -> Entry? { entries.removeValue(forKey: node) }

  /// Time has passed: what has had no answer for long isn't waited for.
  mutating func expire(at now: MonotonicInstant) {
    guard !entries.isEmpty else { return }
    entries = entries.filter { $0.value.since.duration(to: now) < Self.patience * 2 }
  }
}
