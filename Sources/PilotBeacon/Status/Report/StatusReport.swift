/// What the status port tells at `/status.json` and, each second, at `/events`: totals since the start, and how things stand.
///
/// Members are added, and none changes its meaning. Texts can hold what came from the network: they are to be shown as texts.
package struct StatusReport: Codable, Sendable, Equatable {
  /// This package's version.
  package var version: String
  /// When the beacon was started, and when this was put together: seconds since 1970.
  package var startedAt: Int
  package var now: Double
  /// `serving`, `draining`, `closing` or `closed`.
  package var phase: String
  /// Until when the certificate is valid, in seconds since 1970; absent without one.
  package var certificateExpiry: Int?
  package var peers: Peers
  /// The other beacons of the deployment; absent if none is configured.
  package var neighbours: Neighbours?
  /// The cluster that it is in; absent if in none.
  package var cluster: Cluster?
  /// Relayed frames by cell: `udp_to_wss`.
  package var relayed: [String: UInt64]
  /// Frames that were dropped, by reason; without those that never happened.
  package var drops: [String: UInt64]
  /// Peers refused and connections not upgraded, the same way.
  package var refusals: [String: UInt64]
  /// The peers that are furthest behind, worst first; ten at most.
  package var slow: [SlowPeer]
  /// The nodes that the most is relayed for, estimated over ten seconds or so, most first; ten at most.
  package var talkers: [Sender]
  /// What has happened last, newest first; fifty at most.
  package var events: [Event]

  /// How many there are now.
  package struct Peers: Codable, Sendable, Equatable {
    package var udp: Int
    package var wss: Int
    /// Connections that aren't authenticated.
    package var handshakes: Int
    /// Bytes that wait for WebSocket peers.
    package var waitingBytes: Int
  }

  package struct Neighbours: Codable, Sendable, Equatable {
    /// Nodes that they list, all together.
    package var nodes: Int
    /// In the order of the configuration.
    package var beacons: [Neighbour]
  }

  package struct Cluster: Codable, Sendable, Equatable {
    /// Whether what is known of the others is what they tell.
    package var isUpToDate: Bool
    /// How long nothing has been heard of them, in seconds; absent while something is.
    package var silentSeconds: Int?
    /// Whether what this beacon tells of its own nodes gets to them; absent from an older beacon.
    package var isTold: Bool?
    /// Nodes that are attached to them, each counted once.
    package var nodes: Int
    /// Pieces of this beacon's own nodes that they have yet to be told.
    package var waiting: Int
    /// Whether these wait because no more is written for the time being; absent where nothing bounds that.
    package var isHeldBack: Bool?
    /// The others, by number.
    package var beacons: [Beacon]

    package struct Beacon: Codable, Sendable, Equatable {
      package var number: UInt32
      /// Where frames for its nodes are sent.
      package var address: String
      package var nodes: Int
    }
  }

  package struct Neighbour: Codable, Sendable, Equatable {
    /// Host and port, as they are configured.
    package var name: String
    /// Whether a list of its nodes has come within 90 s.
    package var isHeard: Bool
  }

  package struct SlowPeer: Codable, Sendable, Equatable {
    package var node: UInt32
    package var remote: String
    package var waitingBytes: Int
    /// Frames dropped because they were too old, or had no room.
    package var dropped: UInt64
  }

  package struct Sender: Codable, Sendable, Equatable {
    package var node: UInt32
    package var framesPerSecond: Double
    package var bytesPerSecond: Double
  }

  package struct Event: Codable, Sendable, Equatable {
    /// Seconds since 1970.
    package var time: Int
    package var text: String
    package var node: UInt32?
    package var detail: String
  }
}

/// A second of a beacon's work, as the charts show it.
struct StatusPoint: Codable, Sendable, Equatable {
  /// Seconds since 1970.
  var time: Double
  /// Relayed frames by cell in the order of `RelayCell`, since the start.
  var relayed: [UInt64]
  /// Dropped frames by reason, since the start; without those that never happened.
  var drops: [String: UInt64]
}
