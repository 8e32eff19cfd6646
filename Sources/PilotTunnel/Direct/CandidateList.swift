import PilotTransport
import PilotWire

/// Where a peer may be: at most eight addresses.
struct CandidateList: Sendable {
  /// How many there are.
  static let limit = 8
  /// How many of them may be the beacon's, and how many those that the peer was heard from: the newest.
  static let share = 2

  private(set) var candidates: [AddressCandidate] = []

  /// When the next one is to be probed.
  var deadline: MonotonicInstant? { candidates.lazy.compactMap(\.nextProbe).min() }

  subscript(index: Int) -> AddressCandidate {
    get { candidates[index] }
    set { candidates[index] = newValue }
  }

  var indices: Range<Int> { candidates.indices }

  func index(of endpoint: Endpoint) -> Int? { candidates.firstIndex { $0.endpoint == endpoint } }

  /// An address is named. What has been named before, and is known from elsewhere, stays what it is.
  ///
  /// - Parameters:
  ///   - endpoint: The address.
  ///   - origin: From whom it is known.
  ///   - rest: If it is known already, it is probed anew only when it was not for so long.
  ///   - now: The time.
  /// - Returns: Whether there is room for it.
  mutating func add(
    _ endpoint: Endpoint, _ origin: CandidateOrigin, after rest: Duration, at now: MonotonicInstant
  ) -> Bool {
    if let index = index(of: endpoint) {
      candidates[index].origin = max(candidates[index].origin, origin)
      if origin == .heard {
        candidates[index].heard(after: rest, at: now)
      } else {
        candidates[index].renew(after: rest, at: now)
      }
      return true
    }
    if origin != .named {
      let others = candidates.indices.filter { candidates[$0].origin == origin }
      if others.count >= Self.share, let oldest = others.first { candidates.remove(at: oldest) }
    }
    if candidates.count >= Self.limit {
      guard let least = candidates.lastIndex(where: { $0.origin < origin }) else { return false }
      candidates.remove(at: least)
    }
    candidates.append(AddressCandidate(endpoint, origin, at: now))
    return true
  }

  /// The peer has named all its addresses: those from before that aren't among them are its no more.
  mutating func keepNamed(_ endpoints: [Endpoint]) {
    candidates.removeAll { $0.origin == .named && !endpoints.contains($0.endpoint) }
  }

  /// All are to be probed anew.
  mutating func renew(after rest: Duration = .zero, at now: MonotonicInstant) {
    for index in candidates.indices { candidates[index].renew(after: rest, at: now) }
  }

  mutating func removeAll() { candidates = [] }
}
