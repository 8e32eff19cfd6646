package import PilotWire

/// A beacon of a cluster, as it makes itself known to the others.
package struct ClusterMember: Hashable, Sendable {
  /// Its number, which no other one has; not 0.
  package let beaconID: UInt32
  /// Drawn anew at each start (wire reference, section 2).
  package let epoch: UInt64
  /// Where the others send it what they pass on.
  package let endpoint: Endpoint
  /// What its secret is known by among the beacons, ``ClusterSecret/fingerprint``; nil if it doesn't say, as older ones don't.
  package let fingerprint: UInt64?

  /// A beacon; nil if its number is 0, or nothing can be sent to its port.
  package init?(beaconID: UInt32, epoch: UInt64, endpoint: Endpoint, fingerprint: UInt64? = nil) {
    guard beaconID != 0, endpoint.port != 0 else { return nil }
    (self.beaconID, self.epoch, self.endpoint, self.fingerprint) = (beaconID, epoch, endpoint, fingerprint)
  }
}
