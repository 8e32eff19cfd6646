import PilotConsole
import PilotTransport
import PilotWire

/// What `pilot forward` tells: each event as a line of JSON, or in words.
enum ForwardEvent: Equatable, Sendable {
  /// No beacon is reached.
  case waiting(reason: String)
  /// A beacon is reached again that was lost.
  case reached
  /// A port of this machine leads to a peer.
  case ready(ForwardRule, local: Endpoint)
  /// A port of this node leads to a service.
  case serving(ServeRule)
  /// Frames to a peer go another way.
  case path(NodeID, PeerPath)
  /// A peer's frames aren't taken.
  case refused(NodeID, PeerRefusal)
  /// The beacon says that a peer isn't attached.
  case gone(NodeID)
  /// A peer that something is sent to says nothing.
  case silent(NodeID)
  /// A service has begun to refuse datagrams, for this reason, or, without one, to answer again: at this address, if one is known.
  case service(ServeRule, at: Endpoint?, fault: String?)
  /// A datagram for a peer, of so many bytes, was longer than the limit, and dropped.
  case tooLarge(NodeID, length: Int, limit: Int)
  /// What has gone through to and from a peer since the start.
  case stats(NodeID, PeerStatistics)
  /// Something could not be done.
  case error(code: String, message: String)

  /// The line.
  var json: JSONValue {
    switch self {
    case .waiting(let reason): ["event": "waiting", "reason": .string(reason)]
    case .reached: ["event": "reached"]
    case .ready(_, let local): ["event": "ready", "local": "\(local)"]
    case .serving(let rule): ["event": "ready", "port": .int(rule.port), "service": .string(rule.service)]
    case .path(let peer, let path): ["event": "path", "peer": .int(peer.rawValue), "path": .string(path.rawValue)]
    case .refused(let peer, let reason):
      ["event": "refused", "peer": .int(peer.rawValue), "reason": .string(reason.rawValue)]
    case .gone(let peer): ["event": "gone", "peer": .int(peer.rawValue)]
    case .silent(let peer): ["event": "silent", "peer": .int(peer.rawValue)]
    case .service(let rule, let address, let fault):
      .object(present: [
        "event": "service", "port": .int(rule.port), "state": fault == nil ? "up" : "down",
        "address": address.map { "\($0)" }, "reason": fault.map { .string($0) },
      ])
    case .tooLarge(let peer, let length, let limit):
      ["event": "too_large", "peer": .int(peer.rawValue), "bytes": .int(length), "limit": .int(limit)]
    case .stats(let peer, let statistics): statistics.json(of: peer)
    case .error(let code, let message): ["event": "error", "code": .string(code), "message": .string(message)]
    }
  }

  /// The same for people: one line.
  var words: String {
    switch self {
    case .waiting(let reason): "waiting for a beacon: \(reason)"
    case .reached: "a beacon is reached again"
    case .ready(let rule, let local): "\(local) leads to port \(rule.port) of node \(rule.peer)"
    case .serving(let rule): "port \(rule.port) of this node leads to \(rule.service)"
    case .path(let peer, let path): "node \(peer): \(path.words)"
    // Whoever says so has shown nothing: anybody may have sent it.
    case .refused(let peer, .wrongKey):
      "somebody claims to be node \(peer) with another key than the peers file has for it; if it has a new identity, "
        + "exchange lines again"
    case .refused(let peer, .unknown):
      "node \(peer) is refused: its key isn't among the peers (pilot pair accept adds it)"
    case .refused(let peer, .notAllowed): "node \(peer) is refused: --allow doesn't name it"
    case .gone(let peer): "node \(peer) isn't there: the beacon knows of no such node at the moment"
    case .silent(let peer):
      "node \(peer) doesn't answer: perhaps it doesn't know this node's key, or nothing runs there that holds tunnels"
    case .service(let rule, let address, nil): "\(rule.service(at: address)) answers again"
    case .service(let rule, let address, let fault?): "\(rule.service(at: address)) takes nothing: \(fault)"
    case .tooLarge(let peer, let length, let limit):
      "a datagram of \(length) bytes for node \(peer) was dropped: more than the \(limit) that fit; "
        + "with --fragment on both sides, more go in several"
    case .stats(let peer, let statistics): "node \(peer): \(statistics.words)"
    case .error(_, let message): message
    }
  }
}

/// Which way frames to a peer go.
enum PeerPath: String, Sendable {
  case direct
  case relayUDP = "relay-udp"
  case relayWSS = "relay-wss"
  case none

  var words: String {
    switch self {
    case .direct: "direct"
    case .relayUDP: "relay over udp"
    case .relayWSS: "relay over wss"
    case .none: "no path"
    }
  }
}

/// Why a peer's frames aren't taken.
enum PeerRefusal: String, Sendable {
  case unknown
  case notAllowed = "not_allowed"
  case wrongKey = "wrong_key"
}
