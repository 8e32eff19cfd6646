import ArgumentParser
import PilotBeacon
import PilotConsole

/// This beacon's entry at its registry, of `pilot beacon`.
struct RegistryEntryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Register this beacon with the registry under this address, so that deployed nodes come here: one that they can't reach \
      keeps them from everybody. A name is looked up at the start, on SIGHUP, and every 5 minutes. (default: off)
      """, valueName: "host:port"))
  var registryAdvertise: String?

  @Option(
    help: ArgumentHelp(
      "The registry's admin token for that is in this file, which none but its owner may read; read again when it changes.",
      valueName: "file"))
  var registryToken: String?

  @Flag(help: "Register an address of a private network, where all nodes are on it.")
  var registryAdvertisePrivate = false

  /// What the settings come to; nil for no entry.
  ///
  /// - Parameter hasRegistry: Whether there is a registry.
  func configuration(
    _ settings: Settings, hasRegistry: Bool
  ) throws(CommandFailure) -> BeaconServer.Configuration.RegistryEntry? {
    let text = try settings.string(registryAdvertise, "registry-advertise")
    let token = try settings.string(registryToken, "registry-token")
    let allowsPrivate = try settings.bool(registryAdvertisePrivate, "registry-advertise-private")
    guard let text else {
      if token != nil || allowsPrivate {
        try settings.refuse(
          .usage(
            "it is said how to register with a registry, and not under which address",
            hint: "add --registry-advertise HOST:PORT"))
      }
      return nil
    }
    guard hasRegistry else {
      try settings.refuse(.usage("there is no registry to register with", hint: "add --registry HOST:PORT"))
      return nil
    }
    return try settings.checking("registry-advertise", else: nil) { () throws(CommandFailure) in
      var entry = BeaconServer.Configuration.RegistryEntry(
        address: try ListenAddress.resolve(text, option: "registry-advertise"))
      (entry.name, entry.token, entry.allowsPrivate) = (ListenAddress.name(in: text), token, allowsPrivate)
      guard let fault = entry.fault else { return entry }
      throw .usage(
        "--registry-advertise must be an address that nodes can reach, and \(text) isn't: \(fault)",
        hint: "give the beacon's public address, or add --registry-advertise-private where all nodes are on one network"
      )
    }
  }
}
