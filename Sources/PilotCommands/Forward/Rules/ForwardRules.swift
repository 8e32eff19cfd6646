import PilotConsole
import PilotWire

/// All that one process forwards.
struct ForwardRules: Equatable, Sendable {
  /// Ports of this machine that lead to peers.
  let local: [ForwardRule]
  /// Ports of this node that lead to services.
  let served: [ServeRule]
  /// The peers that may use what is served; nil for all that are known.
  let allowed: Set<NodeID>?

  /// - Parameters:
  ///   - allow: Node IDs, each text one or several with commas in between. None for all that are known.
  /// - Throws: A failure with status 2: nothing to forward, or two rules that can't both be.
  init(local: [ForwardRule], served: [ServeRule], allow: [String] = []) throws(CommandFailure) {
    guard !local.isEmpty || !served.isEmpty else {
      throw .usage(
        "there is nothing to forward",
        hint:
          "pilot forward udp LOCAL:PORT NODE:PORT, or pilot forward serve PORT=HOST:PORT; pilot forward --help tells more"
      )
    }
    var ports: Set<UInt16> = []
    for rule in served where !ports.insert(rule.port).inserted {
      throw .usage("port \(rule.port) is served twice", hint: "give each service a port of its own")
    }
    var addresses: Set<String> = []
    for rule in local where rule.local.port != 0 && !addresses.insert(rule.local.description).inserted {
      throw .usage("\(rule.local) is forwarded twice", hint: "give each forward a local port of its own")
    }
    guard served.count + local.count <= Self.limit else {
      throw .usage("these are more than \(Self.limit) forwards", hint: "run several processes")
    }
    self.local = local
    self.served = served
    allowed = try Self.allowed(allow)
    guard allowed == nil || !served.isEmpty else {
      throw .usage("--allow says who may use a service, and none is served", hint: "leave it out, or add --serve")
    }
  }

  /// How many forwards one process has at most.
  static let limit = 256

  /// The nodes that datagrams are sent to.
  var peers: [NodeID] { Set(local.map(\.peer)).sorted() }

  /// The nodes that may have a session: those that may use what is served, and those that datagrams are sent to. Nil for all that
  /// are known.
  var connectable: Set<NodeID>? { allowed?.union(peers) }

  /// The nodes that the rules name: what becomes of them is somebody's business.
  var named: Set<NodeID> { (allowed ?? []).union(peers) }

  private static func allowed(_ texts: [String]) throws(CommandFailure) -> Set<NodeID>? {
    guard !texts.isEmpty else { return nil }
    var nodes: Set<NodeID> = []
    for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      guard let node = NodeID(parsing: text.trimmingPrefix { $0 == " " }) else {
        throw .usage("--allow takes node IDs, and \"\(String(text).excerpt)\" is none", hint: "for example --allow 7,9")
      }
      nodes.insert(node)
    }
    return nodes
  }
}
