/// What became of the frames that a capture has seen.
public struct CaptureCounters: Sendable, Equatable {
  /// In the file.
  public var frames: UInt64 = 0
  /// The file's length so far, in bytes.
  public var bytes: UInt64 = 0
  /// Left out because the file was as long as it may get.
  public var overLimit: UInt64 = 0
  /// Left out because the disk, or who reads the pipe, was too slow for them: there was no room to wait.
  public var overflowed: UInt64 = 0
  /// Left out because the file could not be written any more.
  public var failed: UInt64 = 0

  /// All that were left out.
  public var leftOut: UInt64 { overLimit + overflowed + failed }

  /// All at zero.
  public init() {}
}

/// Why a capture takes no more frames, while what it captures goes on.
@nonexhaustive
public enum CaptureEnd: Sendable, Equatable {
  /// The file is as long as it may get. It holds all frames up to this point.
  case limit(bytes: Int)
  /// The file can't be written: its last frame is the last one that was written whole. The reason is the system's.
  case failed(reason: String)
}

extension CaptureEnd: CustomStringConvertible {
  /// One clause without a full stop, for people.
  public var description: String {
    switch self {
    case .limit(let bytes): "the file has reached its limit of \(bytes) bytes"
    case .failed(let reason): "the file can't be written: \(reason)"
    }
  }
}
