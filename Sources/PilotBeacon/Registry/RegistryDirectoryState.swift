import NIOCore
import PilotIdentity
import PilotTransport
import PilotWire

/// Who wants a lookup.
enum RegistryPurpose: Hashable, CaseIterable {
  /// Somebody who waits for the answer.
  case waiting
  /// A known key has run out.
  case refresh
  /// A datagram has named the node.
  case prefetch
}

/// Lookups of a registry.
public struct RegistryCounts: Sendable, Equatable {
  /// Begun.
  public internal(set) var asked: UInt64 = 0
  /// Without an answer that says which key the node has, or that there is no such node.
  public internal(set) var failed: UInt64 = 0
  /// Given up or refused although somebody waited, because too many were under way.
  public internal(set) var refused: UInt64 = 0
  /// Left for later, because too many known keys were being asked for, or the registry has just failed.
  public internal(set) var refreshesLeftOut: UInt64 = 0
  /// Left out, because too many unknown nodes were being asked for, or the registry has just failed.
  public internal(set) var prefetchesLeftOut: UInt64 = 0
}

/// What the lock of a ``RegistryDirectory`` guards: what is remembered, and what is being asked.
struct RegistryDirectoryState {
  /// What to do about a node that is wanted.
  enum Step {
    /// Ask.
    case ask(Lookup)
    /// Wait for what was asked already.
    case join(RegistryLookup.Answer)
    case leaveOut
  }

  /// A lookup that begins.
  struct Lookup {
    let node: NodeID
    /// No other one has it.
    let id: UInt64
    /// To be kept when ``RegistryDirectoryState/end(_:with:at:)`` has been told.
    let answer: EventLoopPromise<PublicKey?>
    /// The answer to a lookup that is given up for it: to be failed now.
    var displaced: EventLoopPromise<PublicKey?>?
  }

  private struct UnderWay {
    let purpose: RegistryPurpose
    let lookup: Lookup
  }

  private let configuration: RegistryDirectory.Configuration
  private(set) var cache: KeyCache
  private(set) var counts = RegistryCounts()
  private var underWay: [NodeID: UnderWay] = [:]
  private var places: LookupPlaces
  private var running: [RegistryPurpose: Int] = [:]
  private var nextID: UInt64 = 0
  /// Since the registry has failed: nothing is asked in the background before. Each purpose for itself, so that strangers
  /// who find questions which the registry won't answer hold up only their own.
  private var pauseEnds: [RegistryPurpose: MonotonicInstant] = [:]
  private(set) var health = RegistryHealth()

  init(_ configuration: RegistryDirectory.Configuration) {
    self.configuration = configuration
    cache = KeyCache(capacity: configuration.capacity, unknownCapacity: configuration.unknownCapacity)
    places = LookupPlaces(capacity: configuration.maximumLookups)
  }

  /// A node is wanted whose key isn't at hand.
  ///
  /// - Parameter asker: Who waits for it; nil if it is nobody else's wish than the program's.
  mutating func begin(
    _ node: NodeID, for purpose: RegistryPurpose, by asker: LookupAsker? = nil, at now: MonotonicInstant
  ) -> Step {
    if let other = underWay[node] {
      places.join(node, by: asker)
      return .join(other.lookup.answer.futureResult)
    }
    let room: LookupPlaces.Room =
      now >= pauseEnds[purpose] ?? .start ? makeRoom(for: node, purpose, by: asker) : .none
    if room != .free { countLeftOut(purpose) }
    if room == .none { return .leaveOut }
    nextID += 1
    var lookup = Lookup(node: node, id: nextID, answer: RegistryLookup.promise())
    underWay[node] = UnderWay(purpose: purpose, lookup: lookup)
    if case .takenFrom(let other) = room { lookup.displaced = underWay.removeValue(forKey: other)?.lookup.answer }
    counts.asked += 1
    return .ask(lookup)
  }

  private mutating func makeRoom(
    for node: NodeID, _ purpose: RegistryPurpose, by asker: LookupAsker?
  ) -> LookupPlaces.Room {
    switch purpose {
    case .waiting: return places.take(for: node, by: asker)
    case .refresh: return count(.refresh, upTo: configuration.maximumRefreshes)
    case .prefetch: return count(.prefetch, upTo: configuration.maximumPrefetches)
    }
  }

  private mutating func count(_ purpose: RegistryPurpose, upTo limit: Int) -> LookupPlaces.Room {
    guard running[purpose, default: 0] < limit else { return .none }
    running[purpose, default: 0] += 1
    return .free
  }

  /// What a lookup's end means.
  struct End {
    /// A key that was in force is so no more.
    var isChange = false
    /// What there is to say about the registry.
    var news: RegistryHealth.News?
  }

  /// A lookup has ended. One that was given up has ended before, and says nothing about the registry.
  mutating func end(_ lookup: Lookup, with result: Result<PublicKey?, any Error>, at now: MonotonicInstant) -> End {
    let node = lookup.node
    guard let ended = underWay[node], ended.lookup.id == lookup.id else { return End() }
    underWay[node] = nil
    switch ended.purpose {
    case .waiting: places.end(node)
    case .refresh, .prefetch: running[ended.purpose, default: 0] -= 1
    }
    switch result {
    case .success(let key):
      let lifetime = key == nil ? configuration.unknownLifetime : configuration.keyLifetime
      let isChange = cache.remember(key, of: node, until: now.advanced(by: lifetime))
      return End(isChange: isChange, news: health.ended(nil, at: now))
    case .failure(let error):
      counts.failed += 1
      let pauseEnd = now.advanced(by: configuration.failurePause)
      cache.postpone(node, until: pauseEnd)
      let failure = KeyDirectoryError(lookup: error)
      // Only silence says something about the next lookup: strangers can choose nodes whose answer is an error.
      if ended.purpose != .waiting, failure.isSilence { pauseEnds[ended.purpose] = pauseEnd }
      return End(news: health.ended(failure, at: now))
    }
  }

  private mutating func countLeftOut(_ purpose: RegistryPurpose) {
    switch purpose {
    case .waiting: counts.refused += 1
    case .refresh: counts.refreshesLeftOut += 1
    case .prefetch: counts.prefetchesLeftOut += 1
    }
  }
}

extension KeyDirectoryError {
  /// What a lookup has failed for.
  init(lookup error: any Error) {
    self =
      error as? KeyDirectoryError
      ?? KeyDirectoryError(code: .unavailable, message: "the registry gave no answer", cause: error)
  }
}
