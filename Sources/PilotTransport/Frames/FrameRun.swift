public import PilotWire

/// Frames that lie one behind the other in memory, share an endpoint and a local address, and have one length, but for
/// the last one, which may be shorter.
///
/// It is the shape in which the kernel takes and gives datagrams in bulk (UDP_SEGMENT and UDP_GRO, udp(7)), so a batch
/// in this form goes through without being taken apart. A single frame is a run of one.
@unsafe @frozen
public struct FrameRun {
  /// The first byte of the first frame.
  public var start: UnsafeRawPointer
  /// The bytes of all frames together.
  public var byteCount: Int
  /// The length of each frame but the last, in bytes. At least 1, unless the run is one empty frame.
  public var frameLength: Int
  /// Where the frames come from, or go to.
  public var endpoint: Endpoint
  /// Which address of this machine they were written to, or are to leave from. It lies in the endpoint's padding.
  public var local: LocalAddress

  /// Describes a run.
  @inlinable
  public init(
    start: UnsafeRawPointer, byteCount: Int, frameLength: Int, endpoint: Endpoint, local: LocalAddress = .any
  ) {
    unsafe self.start = start
    unsafe self.byteCount = byteCount
    unsafe self.frameLength = frameLength
    unsafe self.endpoint = endpoint
    unsafe self.local = local
  }

  /// How many frames the run holds.
  @inlinable
  public var frameCount: Int {
    unsafe byteCount <= frameLength ? 1 : (byteCount + frameLength - 1) / frameLength
  }
}
