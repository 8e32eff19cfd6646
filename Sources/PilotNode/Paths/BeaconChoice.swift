import PilotTransport

/// Which beacon is preferred.
struct BeaconChoice: Sendable {
  /// Another beacon has to be nearer by this.
  private static let margin: Duration = .milliseconds(10)

  private let preference: PathSelection.Preference
  /// The preferred one.
  private(set) var first = 0

  init(_ preference: PathSelection.Preference) { self.preference = preference }

  /// Takes measured round trips to the beacons, by their places; nil where there is none.
  mutating func measured(_ roundTrips: [Duration?]) {
    guard preference == .roundTrip, roundTrips.indices.contains(first), let present = roundTrips[first] else { return }
    for (beacon, time) in roundTrips.enumerated() {
      guard let time, time < present * 2 / 3, present - time >= Self.margin else { continue }
      if let best = roundTrips[first], time < best { first = beacon }
    }
  }

  /// A beacon is chosen for another reason, and stays so until one is nearer.
  mutating func settled(on beacon: Int) {
    if preference == .roundTrip { first = beacon }
  }

  /// How far back a beacon comes.
  func rank(_ beacon: Int) -> Int { beacon == first ? -1 : beacon }
}
