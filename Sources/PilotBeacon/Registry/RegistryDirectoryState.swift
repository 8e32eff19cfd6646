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
  /// Refused to those who would have waited, because too many were under way.
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
    /// Ask, and keep the promise when ``RegistryDirectoryState/end(_:with:at:)`` has been told.
    case ask(EventLoopPromise<PublicKey?>)
    /// Wait for what was asked already.
    case join(RegistryLookup.Answer)
    case leaveOut
  }

  private struct UnderWay {
    let purpose: RegistryPurpose
    let answer: RegistryLookup.Answer
  }

  private let configuration: RegistryDirectory.Configuration
  private(set) var cache: KeyCache
  private(set) var counts = RegistryCounts()
  private var underWay: [NodeID: UnderWay] = [:]
  private var running: [RegistryPurpose: Int] = [:]
  /// Since the registry has failed: nothing is asked in the background before. Each purpose for itself, so that strangers
  /// who find questions which the registry won't answer hold up only their own.
  private var pauseEnds: [RegistryPurpose: MonotonicInstant] = [:]
  private(set) var health = RegistryHealth()

  init(_ configuration: RegistryDirectory.Configuration) {
    self.configuration = configuration
    cache = KeyCache(capacity: configuration.capacity, unknownCapacity: configuration.unknownCapacity)
  }

  /// A node is wanted whose key isn't at hand.
  mutating func begin(_ node: NodeID, for purpose: RegistryPurpose, at now: MonotonicInstant) -> Step {
    if let other = underWay[node] { return .join(other.answer) }
    guard running[purpose, default: 0] < limit(purpose), now >= pauseEnds[purpose] ?? .start else {
      countLeftOut(purpose)
      return .leaveOut
    }
    let answer = RegistryLookup.promise()
    running[purpose, default: 0] += 1
    underWay[node] = UnderWay(purpose: purpose, answer: answer.futureResult)
    counts.asked += 1
    return .ask(answer)
  }

  /// What a lookup's end means.
  struct End {
    /// A key that was in force is so no more.
    var isChange = false
    /// What there is to say about the registry.
    var news: RegistryHealth.News?
  }

  /// A lookup has ended.
  mutating func end(_ node: NodeID, with result: Result<PublicKey?, any Error>, at now: MonotonicInstant) -> End {
    let ended = underWay.removeValue(forKey: node)
    if let ended { running[ended.purpose, default: 0] -= 1 }
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
      if let ended, ended.purpose != .waiting, failure.isSilence { pauseEnds[ended.purpose] = pauseEnd }
      return End(news: health.ended(failure, at: now))
    }
  }

  private func limit(_ purpose: RegistryPurpose) -> Int {
    switch purpose {
    case .waiting: configuration.maximumLookups
    case .refresh: configuration.maximumRefreshes
    case .prefetch: configuration.maximumPrefetches
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
