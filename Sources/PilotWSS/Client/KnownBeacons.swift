import PilotWire
import Synchronization

/// The beacons that have let this process in over `pilot.v2`, whose signed text names the beacon.
///
/// A beacon of that name that wants less later, `pilot.v1`, is another one, or somebody is in its place: what is signed there
/// could be used elsewhere. So nothing less is offered to it again. From any thread.
final class KnownBeacons: Sendable {
  /// How many are remembered; a program dials few. The one that was seen first makes room.
  static let capacity = 1_024
  /// Those of this process.
  static let ofProcess = KnownBeacons()

  private let names = Mutex<[BeaconName]>([])

  func insert(_ name: BeaconName) {
    names.withLock { names in
      guard !names.contains(name) else { return }
      if names.count == Self.capacity { names.removeFirst() }
      names.append(name)
    }
  }

  func contains(_ name: BeaconName) -> Bool { names.withLock { $0.contains(name) } }
}

extension WSSTransport.Configuration {
  /// What is offered to the beacon, the preferred one first.
  var subprotocols: [PilotSubprotocol] {
    let isKnown = beacon.name.map { knownBeacons.contains($0) } ?? false
    return requiresBeaconName || isKnown ? [.v2] : PilotSubprotocol.all
  }
}
