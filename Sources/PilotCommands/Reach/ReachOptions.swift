import ArgumentParser
import PilotConsole

/// How beacons are reached, the same for every command that reaches some: whom to trust, and by which way.
struct ReachOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Trust the certificate authorities in this PEM file, instead of those of SSL_CERT_FILE, SSL_CERT_DIR or the system.",
      valueName: "file")
  )
  var ca: String?

  @Option(
    help: ArgumentHelp(
      """
      Trust the beacon by the SHA-256 of its public key, in hexadecimal digits, and by nothing else; with --ca only if its \
      certificate is right as well. Repeatable, for a key to come.
      """, valueName: "hex"))
  var pin: [String] = []

  @Flag(help: "Allow ws:// to another host than this one: frames are readable on the way.")
  var insecurePlaintext = false

  @Flag(
    help: """
      Stay away from a beacon over WebSocket that doesn't have its name signed, as deployed ones don't: what is signed without one \
      lets whoever runs that beacon pose as this node at another one.
      """)
  var requireBeaconName = false

  @Option(
    help: ArgumentHelp(
      """
      Reach beacons over WebSocket through this proxy: http://, https://, socks5:// or socks5h://[USER:PASSWORD@]HOST[:PORT]; \
      or none. (default: that of https_proxy, http_proxy or all_proxy, but for hosts in no_proxy)
      """, valueName: "url"))
  var proxy: String?

  @Option(
    help: ArgumentHelp(
      "A shell command that prints user:password for the proxy, run when it refuses those that it has been shown.",
      valueName: "command"))
  var proxyCommand: String?

  @Option(
    help: ArgumentHelp(
      "An address of a beacon's or proxy's host, for when the name server fails; repeatable.", valueName: "host=address"
    ))
  var address: [String] = []

  /// What they say, together with the command's other settings.
  func reach(_ settings: Settings) throws(CommandFailure) -> BeaconReach {
    let trust = try BeaconTrust(
      certificateAuthorities: settings.string(ca, "ca"), pins: settings.strings(pin, "pin")
    ).trust
    return try BeaconReach(
      trust: trust, allowsPlaintext: settings.bool(insecurePlaintext, "insecure-plaintext"),
      requiresBeaconName: settings.bool(requireBeaconName, "require-beacon-name"),
      proxy: settings.string(proxy, "proxy"), command: settings.string(proxyCommand, "proxy-command"),
      addresses: settings.strings(address, "address"))
  }
}
