/// A message that can be written into a caller's buffer.
///
/// Every value of a conforming type can be encoded: what the format can't express is refused when the value is made. So
/// the only thing that can go wrong is a buffer too small.
public protocol FrameEncodable: ~Escapable {
  /// The size of the encoded frame, in bytes.
  var encodedLength: Int { get }

  /// Appends exactly `encodedLength` bytes.
  ///
  /// For callers that have checked the room already; everyone else calls `write(into:)`.
  ///
  /// - Precondition: `output.freeCapacity >= encodedLength`.
  @_lifetime(output: copy output)
  func append(to output: inout OutputRawSpan)
}

extension FrameEncodable where Self: ~Escapable {
  /// Appends the frame to `output`.
  ///
  /// - Throws: `WireError.noRoom` if the buffer has fewer than `encodedLength` bytes left. Nothing is written then.
  @inlinable
  @_lifetime(output: copy output)
  public func write(into output: inout OutputRawSpan) throws(WireError) {
    try output.requireRoom(encodedLength)
    append(to: &output)
  }

  /// The frame in an array of its own, where an allocation doesn't matter.
  public func encoded() -> [UInt8] {
    [UInt8](rawCapacity: encodedLength) { output in append(to: &output) }
  }
}
