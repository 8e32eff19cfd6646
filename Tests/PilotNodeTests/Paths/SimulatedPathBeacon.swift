import PilotTesting
import PilotTransport
import PilotWire

/// A beacon with one node, as far as the node's paths are concerned.
struct SimulatedPathBeacon {
  let host: SimulatedNetwork.Host
  let endpoint: Endpoint
  /// Whether it takes frames over UDP from a node that is attached, as ours does. A deployed one drops them, and hears no
  /// announcement for 30 s after one.
  var allowsBoth = true
  var isGone = false
  /// Whether it sends away whoever attaches over a connection.
  var isFull = false
  /// Where the node is over UDP.
  var registered: Endpoint?
  private var recordedAt: MonotonicInstant?
  /// The node's connection, and which of them it is.
  var attached: (path: Int, epoch: Int)?

  init(host: SimulatedNetwork.Host, endpoint: Endpoint) {
    self.host = host
    self.endpoint = endpoint
  }

  /// Takes an announcement.
  mutating func announce(from source: Endpoint?, at now: MonotonicInstant) {
    if !allowsBoth, let recordedAt, recordedAt.duration(to: now) < .seconds(30) { return }
    // A deployed beacon takes the announcement over a connection for one from an address that leads nowhere.
    if let source { registered = source } else if !allowsBoth { registered = Endpoint(ipv4: 192, 0, 2, 99, port: 7) }
    recordedAt = now
  }

  /// Whether it relays what comes from there.
  func takes(from source: Endpoint) -> Bool { source == registered && (allowsBoth || attached == nil) }

  /// A process that knows nothing takes its place.
  mutating func restart() { (registered, recordedAt, attached) = (nil, nil, nil) }
}
