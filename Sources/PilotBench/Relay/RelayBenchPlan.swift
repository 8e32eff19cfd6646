import PilotConsole
import PilotTransport
import PilotWire

/// What `pilot bench relay` was asked for, checked.
struct RelayBenchPlan: Sendable {
  /// Empty for the mode's own choice.
  var cells: [BenchCell]
  var modes: [RelayBenchMode]
  /// Whether floods send by the batch; both kinds are measured by default.
  var batched: [Bool]
  /// Frames under way at most, in a flood.
  var window: Int
  /// Frames per second, where they come at a rate.
  var rate: Int?
  /// What a stranger does, in the mode attack.
  var attacks: [BenchAttack] = BenchAttack.allCases
  /// Bytes of the relayed payload.
  var length: Int
  var duration: Duration
  /// Peers of the mode idle.
  var idlePeers: Int
  /// Nodes that the beacon shall know during floods to UDP nodes; nil for just those that are needed.
  var registeredNodes: Int?

  /// How a flood of this cell is sent. A batch is of no account on a WebSocket connection, which collects frames anyway.
  func variants(of cell: BenchCell) -> [Bool] {
    cell.from == .udp || batched.count == 1 ? batched : [true]
  }

  /// The cells of a mode.
  func cells(of mode: RelayBenchMode) -> [BenchCell] {
    guard cells.isEmpty else { return cells }
    switch mode {
    case .stall: return [.wssToWSS, .udpToUDP]
    case .attack: return [.udpToUDP, .udpToWSS, .wssToUDP, .wssToWSS]
    case .flood, .paced, .ping, .idle: return BenchCell.allCases
    }
  }

  /// How many nodes with a proven ID all measurements need together.
  var provenNodes: Int {
    let attacked = modes.contains(.attack) ? 128 * (attacks.count + 1) : 0
    return 64 + 8 * BenchCell.allCases.count * modes.count + 2 * (idlePeers + 8) + attacked
  }

  /// - Throws: A failure with status 2 for what doesn't go together.
  func validate() throws(CommandFailure) {
    guard (BenchPayload.minimumLength...32_768).contains(length) else {
      throw .usage("--length must be \(BenchPayload.minimumLength) to 32768: the payload says which frame it is in")
    }
    if registeredNodes != nil, !cells.isEmpty, !cells.contains(where: { $0.to == .udp }) {
      throw .usage("nodes are registered over UDP, and no frames go there", hint: "add --cell udp-udp")
    }
  }
}
