/// The nodes attached to another beacon, borrowed from the frame: `0x07 · beacon:4 · count:2 · count × node:4`.
///
/// It replaces all that this beacon has said before. The IDs are checked once when the frame is parsed, and read in place.
/// ``SyncAnnouncement`` is the form to write.
public struct Sync: ~Escapable {
  /// The bytes in front of the IDs, type included.
  public static let headerLength = 7

  /// Which beacon speaks.
  public let beaconID: UInt32
  /// How many nodes it lists, 0...65,535.
  public let count: Int
  private let ids: RawSpan

  /// Reads a whole frame, type byte included. Bytes behind the last ID are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero` (for any ID of the list: a beacon that
  ///   lists node 0 isn't to be believed about the others).
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.sync.check(frame, minimumLength: Self.headerLength)
    beaconID = frame.bigEndian(at: 1)
    count = Int(frame.bigEndian(at: 5, as: UInt16.self))
    let end = Self.headerLength + 4 * count
    try frame.require(end)
    ids = frame.extracting(Self.headerLength..<end)
    for index in 0..<count { _ = try NodeID(in: ids, at: 4 * index) }
  }

  /// The node at `index` of the list.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public subscript(index: Int) -> NodeID {
    NodeID(nonZero: ids.bigEndian(at: 4 * index))
  }

  /// Calls `body` with each node, in the order of the list.
  public func forEach<Failure: Error>(_ body: (NodeID) throws(Failure) -> Void) throws(Failure) {
    for index in 0..<count { try body(self[index]) }
  }
}
