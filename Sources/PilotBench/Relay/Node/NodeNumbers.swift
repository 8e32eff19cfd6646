import PilotConsole
import PilotIdentity
import PilotWire
import Synchronization

/// Hands out node IDs, each once, and knows their key.
///
/// Nodes on WebSocket connections prove their ID, so theirs are those that the beacon has the key for. Nobody proves an ID
/// over UDP; theirs begin at a random one in the upper half, since a beacon remembers for a while where a node was, and
/// wouldn't believe the next measurement that it is elsewhere.
final class NodeNumbers: Sendable {
  let identity: Identity
  /// The identity's file, if there is one.
  let identityPath: String?
  private let proven: Atomic<UInt32>
  private let unproven: Atomic<UInt32>

  /// - Parameter first: The lowest ID with the identity's key.
  init(identity: Identity, path: String?, first: NodeID) {
    self.identity = identity
    identityPath = path
    proven = Atomic(first.rawValue)
    unproven = Atomic(.random(in: 0x8000_0000...0xF000_0000))
  }

  /// IDs with neighbouring numbers, for nodes on this carrier.
  func take(_ count: Int, for carrier: BenchCarrier) throws(CommandFailure) -> [NodeID] {
    let first =
      carrier == .udp
      ? unproven.add(UInt32(count), ordering: .relaxed).oldValue
      : proven.wrappingAdd(UInt32(count), ordering: .relaxed).oldValue
    let ids = (0..<UInt32(count)).compactMap { NodeID(first &+ $0) }
    guard ids.count == count else { throw .usage("there are not enough node IDs behind the first") }
    return ids
  }
}
