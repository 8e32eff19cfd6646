import PilotTransport

/// As much of etcd as the beacons of a cluster use, in virtual time: keys under leases, revisions, a past that can be compacted.
struct SimulatedEtcd {
  struct Event: Equatable {
    let key: [UInt8]
    /// nil for one that is removed.
    let value: [UInt8]?
    let revision: Int64
  }

  private struct Entry {
    var value: [UInt8]
    var lease: Int64
  }

  private var entries: [[UInt8]: Entry] = [:]
  private var leases: [Int64: (until: MonotonicInstant, keys: Set<[UInt8]>)] = [:]
  private var past: [Event] = []
  /// The oldest revision of which events are kept.
  private var oldest: Int64 = 1
  private(set) var revision: Int64 = 1
  private var nextLease: Int64 = 1
  /// Whether it answers nobody.
  var isDown = false

  /// How many keys there are.
  var count: Int { entries.count }

  mutating func grant(_ life: Duration, at now: MonotonicInstant) -> Int64 {
    defer { nextLease += 1 }
    leases[nextLease] = (now.advanced(by: life), [])
    return nextLease
  }

  /// - Returns: Whether there is such a lease.
  mutating func keep(_ lease: Int64, _ life: Duration, at now: MonotonicInstant) -> Bool {
    guard leases[lease] != nil else { return false }
    leases[lease]?.until = now.advanced(by: life)
    return true
  }

  func has(_ key: [UInt8]) -> Bool { entries[key] != nil }

  /// - Returns: Whether there is such a lease.
  mutating func write(_ items: [(key: [UInt8], value: [UInt8]?)], _ lease: Int64) -> Bool {
    guard leases[lease] != nil else { return false }
    revision += 1
    for (key, value) in items { set(key, value, lease) }
    return true
  }

  private mutating func set(_ key: [UInt8], _ value: [UInt8]?, _ lease: Int64) {
    if let value {
      entries[key] = Entry(value: value, lease: lease)
      leases[lease]?.keys.insert(key)
    } else {
      entries[key] = nil
      leases[lease]?.keys.remove(key)
    }
    past.append(Event(key: key, value: value, revision: revision))
  }

  /// Leases run out, while it runs.
  mutating func tick(at now: MonotonicInstant) {
    guard !isDown else { return }
    for (lease, state) in leases.sorted(by: { $0.key < $1.key }) where now >= state.until { revoke(lease) }
  }

  mutating func revoke(_ lease: Int64) {
    guard let state = leases.removeValue(forKey: lease) else { return }
    for key in state.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      revision += 1
      set(key, nil, lease)
    }
  }

  /// All keys and values, as a page without an end.
  var all: [(key: [UInt8], value: [UInt8])] {
    entries.map { ($0.key, $0.value.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// What has happened from a revision on; nil if that isn't kept.
  func events(from revision: Int64) -> ArraySlice<Event>? {
    guard revision >= oldest else { return nil }
    var (low, high) = (0, past.count)
    while low < high {
      let middle = (low + high) / 2
      if past[middle].revision < revision { low = middle + 1 } else { high = middle }
    }
    return past[low...]
  }

  /// Forgets the past, but for the last few revisions, which those who watch are about to be told.
  mutating func compact() {
    oldest = max(oldest, revision - 30)
    past.removeAll { $0.revision < oldest }
  }

  /// Forgets everything, as one that has lost its disk.
  mutating func wipe() {
    let lease = nextLease
    self = SimulatedEtcd()
    nextLease = lease
  }

  /// One that comes back gives every lease its whole time.
  mutating func comeBack(_ life: Duration, at now: MonotonicInstant) {
    isDown = false
    for lease in leases.keys { leases[lease]?.until = now.advanced(by: life) }
  }
}
