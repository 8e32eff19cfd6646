/// What stands in front of the payload of a ``Relay`` and a ``RelayDeliverDest``: `type:1 · sender:4 · destination:4`.
@frozen
@usableFromInline
struct RelayHeader {
  /// In bytes, type included.
  @usableFromInline static var length: Int {
    @inlinable get { 9 }
  }

  @usableFromInline let sender: NodeID
  @usableFromInline let destination: NodeID

  @inlinable
  @inline(__always)
  init(sender: NodeID, destination: NodeID) {
    self.sender = sender
    self.destination = destination
  }

  /// Reads the header of a whole frame.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  @inlinable
  @inline(__always)
  init(of type: BeaconMessageType, in frame: RawSpan) throws(WireError) {
    try type.check(frame, minimumLength: Self.length)
    sender = try NodeID(in: frame, at: 1)
    destination = try NodeID(in: frame, at: 5)
  }

  /// - Throws: `WireError.noRoom` if the buffer has fewer than 9 bytes left.
  @inlinable
  @inline(__always)
  @_lifetime(output: copy output)
  func write(_ type: BeaconMessageType, into output: inout OutputRawSpan) throws(WireError) {
    try output.requireRoom(Self.length)
    append(type, to: &output)
  }

  /// - Precondition: there is room for 9 bytes.
  @inlinable
  @inline(__always)
  @_lifetime(output: copy output)
  func append(_ type: BeaconMessageType, to output: inout OutputRawSpan) {
    output.append(type.rawValue)
    output.append(bigEndian: sender.rawValue)
    output.append(bigEndian: destination.rawValue)
  }
}
