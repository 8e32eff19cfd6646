import PilotTransport

/// A connection to a beacon as ``PathWorld`` has it: reliable and ordered, with a dial that takes its time, and kept up by
/// pings until it is put to rest.
struct SimulatedConnection {
  enum State: Equatable {
    case resting, dialling, waiting, up
  }

  /// What the network, or a box on it, does to it.
  enum Obstacle: Equatable {
    case none
    /// What is sent gets nowhere, and nobody says so.
    case silent
    /// Attempts fail after a round trip, for this reason.
    case refusing(TransportError)
  }

  let path: Int
  let beacon: Int
  var state = State.resting
  /// Tells what is under way on an earlier connection.
  var epoch = 0
  var obstacle = Obstacle.none
  /// Whether it was made from an address that the node no longer has.
  var isStale = false
  /// From the dial to the connection: TCP, TLS, upgrade and authentication are four round trips.
  var dialTime: Duration = .milliseconds(160)
  /// After so long without a message, a ping or a pong, a box on the way ends it; nil if none does.
  var idleLimit: Duration?
  /// When something went over it last.
  var usedAt: MonotonicInstant?
  /// One way.
  var delay: Duration = .milliseconds(20)
  /// The transport's pings: after so long it is sent, and its answer is waited for.
  static let ping: Duration = .seconds(30)
  static let pong: Duration = .seconds(10)
  static let dialLimit: Duration = .seconds(20)
  var backoff = Backoff()
  /// Since when it is up.
  var since: MonotonicInstant?
  var dials = 0
}
