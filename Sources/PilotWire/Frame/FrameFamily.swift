/// Which of the two families of frames one belongs to, told by its first byte (wire reference, section 1).
@nonexhaustive
public enum FrameFamily: Hashable, Sendable {
  /// Spoken with a beacon: the first byte is below 0x10.
  case beacon
  /// Spoken between nodes: the first byte is `P`, 0x50.
  case tunnel
  /// Neither, or an empty frame.
  case unknown

  /// The family of `frame`. Says nothing about whether the rest of it is in order.
  @inlinable
  public init(of frame: RawSpan) {
    guard !frame.isEmpty else {
      self = .unknown
      return
    }
    switch frame.byte(at: 0) {
    case ..<0x10: self = .beacon
    case UInt8(ascii: "P"): self = .tunnel
    default: self = .unknown
    }
  }
}
