/// The nodes attached to a beacon, as it tells its peers: the form of ``Sync`` to write.
public struct SyncAnnouncement: Hashable, Sendable {
  /// The most nodes that one UDP datagram can list: what fits into 65,507 bytes. A limit of the deployed wire.
  public static let maximumCount = (FrameLimits.maximumOverUDPv4 - Sync.headerLength) / 4

  /// Which beacon speaks.
  public let beaconID: UInt32
  /// The nodes attached to it, at most ``maximumCount``.
  public let nodeIDs: [NodeID]

  /// A message to be written.
  ///
  /// - Throws: `WireError.payloadTooLong` (in bytes) for more than ``maximumCount`` nodes.
  public init(beaconID: UInt32, nodeIDs: [NodeID]) throws(WireError) {
    guard nodeIDs.count <= Self.maximumCount else {
      throw .payloadTooLong(limit: 4 * Self.maximumCount, had: 4 * nodeIDs.count)
    }
    self.beaconID = beaconID
    self.nodeIDs = nodeIDs
  }
}

extension SyncAnnouncement: FrameEncodable {
  /// 7 bytes, and 4 for each node.
  public var encodedLength: Int { Sync.headerLength + 4 * nodeIDs.count }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.sync.rawValue)
    output.append(bigEndian: beaconID)
    output.append(bigEndian: UInt16(nodeIDs.count))
    for node in nodeIDs { output.append(bigEndian: node.rawValue) }
  }
}
