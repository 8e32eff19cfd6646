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

  /// - Parameter isInCluster: Whether the beacon is one of a cluster, which can't be taken over from.
  func path(_ settings: Settings, isInCluster: Bool) throws(CommandFailure) -> String? {
    guard let path = try settings.string(takeover, "takeover") else { return nil }
    // sun_path, with room for what the name is while the socket is made (unix(7)).
    guard !path.isEmpty, path.utf8.count <= 90 else {
      try settings.refuse(
        .usage(
          "--takeover must be a path of 90 bytes at most", hint: "for example --takeover /var/lib/pilot-takeover/socket"
        ))
      return nil
    }
    guard !isInCluster else {
      try settings.refuse(
        .usage(
          "--takeover doesn't go with --etcd: what other beacons of a cluster pass on is sealed for one process, and lost to the next",
          hint: "leave out --takeover, and restart with --drain-to another beacon of the cluster"))
      return nil
    }
    return path
  }
}
