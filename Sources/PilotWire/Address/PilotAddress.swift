/// A Pilot address: a network and a node in it, 48 bits on the wire (wire reference, section 1).
///
/// The node is a plain number here, not a ``NodeID``: addresses with node 0 are legal on the wire.
public struct PilotAddress: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = 6

  /// The network. 0 is the one that all nodes share.
  public let network: UInt16
  /// The node's number in it; 0 and ``broadcastNode`` are no single node.
  public let node: UInt32

  /// An address of these parts.
  public init(network: UInt16, node: UInt32) {
    self.network = network
    self.node = node
  }

  /// The node as an ID, or nil for node 0.
  public var nodeID: NodeID? { NodeID(node) }

  /// The address at `offset` of a packet that is long enough for it.
  init(in packet: RawSpan, at offset: Int) {
    network = packet.bigEndian(at: offset)
    node = packet.bigEndian(at: offset + 2)
  }

  @_lifetime(output: copy output)
  func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: network)
    output.append(bigEndian: node)
  }
}

extension PilotAddress {
  /// The registry, `0:0000.0000.0001`.
  public static let registry = PilotAddress(network: 0, node: 1)
  /// The beacon, `0:0000.0000.0002`.
  public static let beacon = PilotAddress(network: 0, node: 2)
  /// The name server, `0:0000.0000.0003`.
  public static let nameServer = PilotAddress(network: 0, node: 3)
  /// The node number that stands for all nodes of a network.
  public static let broadcastNode: UInt32 = 0xFFFF_FFFF
}
