import PilotConsole
import PilotTransport
import PilotWire

/// What `pilot bench udp` was asked for, checked.
struct UDPBenchPlan: Sendable {
  var role: UDPBenchRole
  var cases: [UDPBenchCase]
  /// Bytes per frame.
  var lengths: [Int]
  /// How long each measurement lasts.
  var duration: Duration
  /// Tasks that send at once, in the case of several.
  var senders: Int
  /// Destinations of the mixed case.
  var destinations: Int
  /// The other end, when only the sending one is here.
  var peers: [Endpoint]
  /// Where the receiving end is bound.
  var bindTo: Endpoint

  /// - Throws: A failure with status 2 for what doesn't go together.
  func validate() throws(CommandFailure) {
    guard lengths.allSatisfy({ (1...FrameLimits.maximumOverUDPv4).contains($0) }) else {
      throw .usage("--length must be 1 to \(FrameLimits.maximumOverUDPv4)")
    }
    switch role {
    case .both where !peers.isEmpty:
      throw .usage("a peer is given, but both ends are to be here", hint: "add --role send")
    case .send where peers.isEmpty:
      throw .usage("the sending end needs a peer", hint: "give it with --peer HOST:PORT")
    case .receive where cases.count != 1:
      throw .usage("the receiving end measures one case at a time", hint: "give it with --case bulk")
    case .both, .send, .receive:
      break
    }
  }

  /// How many addresses the receiving end has in a case.
  func addresses(for benchCase: UDPBenchCase) -> Int { benchCase == .mixed ? destinations : 1 }
}
