extension Router {
  /// Puts the limits of another configuration into force: frames a second of each source, and registrations of each source.
  /// What it holds already stays.
  package mutating func adoptLimits(of configuration: RouterConfiguration) {
    nodes.nodesPerSource = max(1, configuration.nodesPerSource)
    guard configuration.relayRate != relayRate else { return }
    relayRate = configuration.relayRate
    buckets.setPace(perSecond: relayRate)
    knownPace = .ofKnown(perSecond: relayRate)
  }
}
