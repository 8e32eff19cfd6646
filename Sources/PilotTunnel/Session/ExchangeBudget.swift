package import PilotTransport
package import PilotWire

/// How many key exchanges are verified, and how many frames answered by one: each costs as much as hundreds of frames.
///
/// What counts is where a frame comes from, which is the one thing that its sender can't choose at will: for a relayed one the
/// node that the beacon names, for a direct one its source address. Who can choose among many addresses uses up what there is
/// for direct ones, and leaves the relayed ones theirs. Memory of a fixed size, and newcomers always find a place in it.
package struct ExchangeBudget: Sendable {
  private static let sets = 256

  private var directOrigins: SourceRateLimit
  private var relayedOrigins: SourceRateLimit
  private var direct: RateLimit
  private var relayed: RateLimit

  /// - Parameter configuration: Its rates.
  package init(_ configuration: TunnelConfiguration) {
    let each = configuration.exchangesPerOrigin
    directOrigins = SourceRateLimit(perSecond: each, burst: each, sets: Self.sets)
    relayedOrigins = SourceRateLimit(perSecond: each, burst: each, sets: Self.sets)
    direct = RateLimit(perSecond: configuration.directExchanges, burst: configuration.directExchanges / 10)
    relayed = RateLimit(perSecond: configuration.relayedExchanges, burst: configuration.relayedExchanges / 10)
  }

  /// A frame wants to be worth something. Whether it may; if not, it has cost nothing.
  ///
  /// - Parameters:
  ///   - route: Which way it came.
  ///   - sender: Who sent it, by the beacon's account if it came by the relay.
  ///   - now: The time.
  package mutating func admits(by route: TunnelRoute, from sender: NodeID, at now: MonotonicInstant) -> Bool {
    let time = now.nanoseconds
    switch route {
    case .direct(let endpoint):
      return directOrigins.admits(SourceKey(endpoint).keyedHash, at: time) && direct.admits(at: time)
    case .relay:
      return relayedOrigins.admits(sender.tableHash, at: time) && relayed.admits(at: time)
    }
  }
}
