/// What has gone over a path on behalf of whoever uses the node: totals since the path was made.
///
/// Messages, and frames that were sent as they are; neither what the path's link sends and gets, nor probes and echoes.
public struct PathTraffic: Sendable, Equatable {
  /// Frames that the transport took.
  public var framesSent: UInt64 = 0
  /// Their bytes, the wire's headers included.
  public var bytesSent: UInt64 = 0
  /// Frames that came.
  public var framesReceived: UInt64 = 0
  /// Their bytes.
  public var bytesReceived: UInt64 = 0
  /// The longest frame that was sent since it was told last, in bytes; 0 if that isn't known: then the mean length stands
  /// for it.
  public var longestSent = 0

  /// None.
  public init() {}
}
