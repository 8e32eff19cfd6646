import PilotTransport
import PilotWire

/// Who a lookup is for, as far as places are concerned.
struct LookupAsker: Hashable {
  /// An IPv4 address or an IPv6 site (/64). This machine is one, whoever a reverse proxy on it speaks for.
  let source: SourceKey
  /// What one party is given at once: an IPv4 address, or an IPv6 /48 (RFC 6177, section 2), which has 65,536 sites.
  let network: UInt64

  init(_ remote: Endpoint) {
    source = SourceKey(ofConnectionsFrom: remote)
    // The two can't meet: an IPv4 address is mapped, and no stranger's IPv6 address begins with 16 zeroes.
    network = remote.isIPv4 ? source.low : source.high & ~0xFFFF
  }
}

/// Whose the places of the lookups are that somebody waits for, and which one is given up for a newcomer when all are taken.
///
/// A lookup weighs as much as whoever wants it holds, by network and then by source, the newcomer counted in; of several who
/// want the same node, whoever holds least counts. The heaviest goes, of equal ones the oldest. So, with 64 places and a
/// registry that has stopped to answer:
///
/// * One IPv4 address, one /64, and one /48 with its 65,536 /64s may hold all 64 places as long as nobody else wants one.
///   Whoever comes from elsewhere gets in, and then nothing that those ask for takes his place: it takes one of theirs.
/// * A network is sure of one place, until its answer is there, as long as no more than 64 want one at a time; of n networks each
///   is sure of 64 / n.
/// * Against more than 64 networks that hold one each no rule that knows nothing but addresses helps: a newcomer gets in, and
///   the oldest goes, which has had the longest time for an answer. How fast those can come again, the limits on dialling bound.
///
/// Known nodes are in none of this: they need no place. A value without I/O; each call looks at all places.
struct LookupPlaces {
  /// What there is for a newcomer.
  enum Room: Equatable {
    case free
    /// The place of this node's lookup, which is given up.
    case takenFrom(NodeID)
    case none
  }

  private struct Place {
    let node: NodeID
    /// Who wants it; nobody for one of the program's own, which is given up last.
    var askers: Set<LookupAsker>
  }

  /// How much those hold who want a lookup.
  private struct Weight: Comparable {
    var network = 0
    var source = 0

    static func < (one: Self, other: Self) -> Bool { (one.network, one.source) < (other.network, other.source) }
  }

  private let capacity: Int
  /// In the order in which they began.
  private var places: [Place] = []

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// A lookup is to begin.
  ///
  /// - Parameter asker: nil for one that takes no place from anybody.
  mutating func take(for node: NodeID, by asker: LookupAsker?) -> Room {
    let newcomer = Place(node: node, askers: asker.map { [$0] } ?? [])
    guard places.count >= capacity else {
      places.append(newcomer)
      return .free
    }
    guard let asker, let heaviest = heaviest(with: asker) else { return .none }
    let displaced = places.remove(at: heaviest)
    places.append(newcomer)
    return .takenFrom(displaced.node)
  }

  /// Somebody else wants a node that is being looked up.
  mutating func join(_ node: NodeID, by asker: LookupAsker?) {
    guard let asker, let index = places.firstIndex(where: { $0.node == node }) else { return }
    places[index].askers.insert(asker)
  }

  /// A lookup has ended.
  mutating func end(_ node: NodeID) {
    places.removeAll { $0.node == node }
  }

  private func heaviest(with newcomer: LookupAsker) -> Int? {
    var networks = [newcomer.network: 1]
    var sources = [newcomer.source: 1]
    for asker in places.lazy.flatMap(\.askers) {
      networks[asker.network, default: 0] += 1
      sources[asker.source, default: 0] += 1
    }
    let weights = places.map { place in
      place.askers.map { asker in
        Weight(network: networks[asker.network, default: 0], source: sources[asker.source, default: 0])
      }.min() ?? Weight()
    }
    return weights.max().flatMap { weights.firstIndex(of: $0) }
  }
}
