/// What the beacon is started with, so that a few thousand frames, or nodes, exceed what there may be of them.
package enum BeaconBounds {
  /// Frames a second for each unproven source; proven and authenticated nodes have ten times as many (`--relay-rate`). As many
  /// at once.
  package static let relayRate = 500
  package static let knownRelayRate = 10 * relayRate

  /// For how long the beacon sends away who is connected when it is ended in order, in milliseconds (`--drain-window`).
  package static let drainWindow = 1_000

  /// Nodes over UDP at most (`--max-nodes`): all that have keys, and some more.
  package static func nodes(_ population: Population) -> Int {
    population.nodes + Population.hostile.count + 1_500
  }
}
