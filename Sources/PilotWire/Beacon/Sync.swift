/// The nodes attached to another beacon, borrowed from the frame: `0x07 · beacon:4 · count:2 · count × node:4`.
///
/// It replaces all that this beacon has said before. The list is read in place. Deployed beacons list node 0, which no node
/// is, after somebody's Discover with that ID: zeros are skipped, the rest counts. ``SyncAnnouncement`` is the form to write.
public struct Sync: ~Escapable {
  /// The bytes in front of the IDs, type included.
  public static let headerLength = 7

  /// Which beacon speaks.
  public let beaconID: UInt32
  /// How many IDs it lists, zeros included: 0...65,535.
  public let listedCount: Int
  private let ids: RawSpan

  /// Reads a whole frame, type byte included. Bytes behind the last ID are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`.
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.sync.check(frame, minimumLength: Self.headerLength)
    beaconID = frame.bigEndian(at: 1)
    listedCount = Int(frame.bigEndian(at: 5, as: UInt16.self))
    let end = Self.headerLength + 4 * listedCount
    try frame.require(end)
    ids = frame.extracting(Self.headerLength..<end)
  }

  /// Calls `body` with each node, in the order of the list, without the zeros.
  public func forEach<Failure: Error>(_ body: (NodeID) throws(Failure) -> Void) throws(Failure) {
    for index in 0..<listedCount {
      guard let node = NodeID(ids.bigEndian(at: 4 * index, as: UInt32.self)) else { continue }
      try body(node)
    }
  }
}
