import PilotConsole
import PilotWire

/// What `pilot pair` says beside the line: on standard error, so that the line can be piped on.
enum PairReport {
  /// How this side goes on that has made its own line.
  static func made(_ line: PairingLine) -> [String] {
    [
      "this is node \(line.node), fingerprint \(line.fingerprint)",
      "give the line to the other side, which runs: pilot pair accept 'LINE'",
    ]
  }

  /// How this side goes on that has accepted another's.
  ///
  /// - Parameters:
  ///   - peer: The other side's line.
  ///   - isNew: Whether its key wasn't known before.
  ///   - isAtOwnBeacon: Whether the two have a beacon in common.
  static func accepted(_ peer: PairingLine, isNew: Bool, isAtOwnBeacon: Bool) -> [String] {
    let head =
      "node \(peer.node) \(isNew ? "may now speak with this one" : "was known already"), fingerprint \(peer.fingerprint)"
    let warning = "node \(peer.node) names other beacons than this node has: the two meet only at one that both have"
    return [head] + (isAtOwnBeacon ? [] : [warning])
      + ["to reach what it serves: pilot forward udp LOCAL:PORT \(peer.node):PORT"]
  }

  /// Says it.
  static func write(_ lines: [String], _ console: Console = .standard) {
    for line in lines { console.report("pilot: \(line)") }
  }
}
