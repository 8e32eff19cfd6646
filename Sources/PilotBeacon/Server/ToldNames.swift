import PilotWire

/// The names of beacons that the log has told of lately, so that each of them is told once. Bounded: strangers choose them.
struct ToldNames {
  /// How many are remembered. The one that was told first makes room.
  static let capacity = 16

  private var names: [BeaconName] = []

  /// - Returns: Whether it wasn't there.
  mutating func insert(_ name: BeaconName) -> Bool {
    guard !names.contains(name) else { return false }
    if names.count == Self.capacity { names.removeFirst() }
    names.append(name)
    return true
  }
}
