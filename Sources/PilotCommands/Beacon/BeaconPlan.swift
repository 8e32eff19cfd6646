import PilotBeacon
import PilotConsole

/// What a beacon's settings come to. Nothing is bound, and no file is read but the configuration's.
struct BeaconPlan: Sendable {
  let settings: Settings
  let configuration: BeaconServer.Configuration
  let addresses: AddressOptions
  let keys: BeaconKeySource
}

extension BeaconCommand {
  /// The settings, from all places.
  ///
  /// - Parameter isCollecting: Whether to go on after a fault.
  func settings(isCollecting: Bool) throws(CommandFailure) -> Settings {
    try Settings(globals, of: Self.self, section: .beacon, isCollecting: isCollecting)
  }

  /// What settings come to.
  func plan(_ settings: Settings) throws(CommandFailure) -> BeaconPlan {
    let configuration = try configuration(settings)
    let addresses = try addresses(settings)
    let keys = try keySource(settings, needed: reasonForKeys(configuration))
    return BeaconPlan(settings: settings, configuration: configuration, addresses: addresses, keys: keys)
  }
}
