/// When those whom a beacon sends away are to come back: at a moment of their own choice between two, so that they don't come in
/// step. Milliseconds from when they are told.
public struct ReturnSpan: Hashable, Sendable {
  /// The latest that may be named, in milliseconds: ten minutes, after which whoever hasn't come back has forgotten it anyway.
  public static let limit: UInt32 = 600_000

  /// No sooner than this, in milliseconds.
  public let from: UInt32
  /// No later than this, in milliseconds; not before ``from``.
  public let until: UInt32

  /// At once, without a choice.
  public static let atOnce = ReturnSpan(at: 0)

  private init(at time: UInt32) {
    (from, until) = (time, time)
  }

  /// A span that may be on the wire; nil if it ends before it begins, or after ``limit``.
  public init?(from: UInt32, until: UInt32) {
    guard from <= until, until <= Self.limit else { return nil }
    self.from = from
    self.until = until
  }
}
