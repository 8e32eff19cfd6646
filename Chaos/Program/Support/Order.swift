import ChaosCore

/// What the coordinator wants of another process: one line of JSON on its standard input, answered by one on its standard
/// output.
enum Order: Codable, Sendable {
  /// The beacon is there; all nodes connect.
  case open(Site)
  /// Play a round.
  ///
  /// - Parameter pace: How many of the planned frames are sent, in percent.
  case round(Int, pace: Int)
  /// Take part in a round that is under way already, by receiving alone.
  case follow(Int)
  /// Wait until all nodes are attached and nothing of theirs is under way. They say nothing from then on until the next round.
  case settle
  /// Tell the counts.
  case report
  /// Everything is counted: let go of what was kept for that.
  case fold
  /// The beacon's process is now this one: end it if the coordinator is gone.
  case guardBeacon(Int32)
}

/// Where the beacon is.
struct Site: Codable, Sendable, Equatable {
  /// Its UDP address.
  let udp: String
  /// Its TCP port for WebSocket connections, on loopback.
  let wss: Int
  /// A PEM file with the certificate authority to trust.
  let authority: String
}

/// What comes back.
struct Answer: Codable, Sendable {
  /// Everything counted since the process began.
  var books = Books()
  /// By how much the worst step of the round came too late, in milliseconds.
  var lateness = 0
  /// The longest time without a delivery in the round, by cell, in milliseconds.
  var silences: [String: Int] = [:]
  /// Attacks that can't be made here, and why.
  var notRun: [String: String] = [:]
  /// Why the order could not be carried out.
  var problem: String?
}
