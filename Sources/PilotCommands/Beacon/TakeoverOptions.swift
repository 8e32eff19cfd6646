import ArgumentParser
import PilotConsole

/// How one `pilot beacon` follows another.
struct TakeoverOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Take over from the beacon that serves at this Unix socket, sockets and registrations and all, and be taken over from there. If \
      none does, start as usual. (default: off)
      """, valueName: "socket"))
  var takeover: String?

  func path(_ settings: Settings) throws(CommandFailure) -> String? {
    guard let path = try settings.string(takeover, "takeover") else { return nil }
    // sun_path, with room for what the name is while the socket is made (unix(7)).
    guard !path.isEmpty, path.utf8.count <= 90 else {
      try settings.refuse(
        .usage(
          "--takeover must be a path of 90 bytes at most", hint: "for example --takeover /run/pilot-beacon/takeover"))
      return nil
    }
    return path
  }
}
