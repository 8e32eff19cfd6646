import PilotTransport

/// How often what costs something beside relaying may happen: for each source or node, and in all. What a frame to be relayed has
/// to pass is elsewhere: ``SourceBuckets``, ``RelayPace``.
struct RouterLimits: Sendable {
  /// Discovers of each source.
  var discoverSources: SourceRateLimit
  /// Challenges to each node at each endpoint.
  var challenges: SourceRateLimit
  /// Challenges to each source.
  var challengedSources: SourceRateLimit
  /// Keys that are fetched for each source.
  var fetches: SourceRateLimit
  /// Questions to each address whose node another claims to be.
  var claimedAddresses: SourceRateLimit
  /// Greetings to each address.
  var greetedAddresses: SourceRateLimit
  /// Proofs of each source that are verified.
  var proofSources: SourceRateLimit
  /// Proofs that are verified.
  var proofsInAll: RateLimit
  /// Requests to punch of each source.
  var punchSources: SourceRateLimit
  /// Requests to punch that are served.
  var punchesInAll: RateLimit
  /// Grants that are verified.
  var grantsInAll: RateLimit

  init(_ configuration: RouterConfiguration) {
    let discovered = configuration.discoversPerSource
    discoverSources = SourceRateLimit(perSecond: discovered, burst: 2 * discovered, sets: 4_096)
    challenges = SourceRateLimit(perSecond: configuration.challengesPerSecond, burst: 1, sets: 4_096)
    let challenged = configuration.challengesPerSource
    challengedSources = SourceRateLimit(perSecond: challenged, burst: challenged, sets: 1_024)
    fetches = SourceRateLimit(perSecond: configuration.fetchesPerSource, burst: 4, sets: 1_024)
    let (claimed, greeted) = (configuration.claimsPerAddress, configuration.greetingsPerAddress)
    claimedAddresses = SourceRateLimit(perSecond: claimed, burst: claimed, sets: 1_024)
    greetedAddresses = SourceRateLimit(perSecond: greeted, burst: 4 * greeted, sets: 1_024)
    let (perSource, inAll) = (configuration.proofsPerSource, configuration.proofsInAll)
    proofSources = SourceRateLimit(perSecond: perSource, burst: 5 * perSource, sets: 1_024)
    proofsInAll = RateLimit(perSecond: inAll, burst: inAll)
    punchSources = SourceRateLimit(perSecond: configuration.punchesPerSource, burst: 1, sets: 1_024)
    punchesInAll = RateLimit(perSecond: configuration.punchesInAll, burst: configuration.punchesInAll)
    grantsInAll = RateLimit(perSecond: inAll, burst: inAll)
  }
}
