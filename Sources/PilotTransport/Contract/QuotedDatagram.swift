internal import PilotWire

/// The first bytes of a datagram that the network could not deliver, as its report quotes them: 64 at most, none if there
/// is no room for them in the report, or if it is about something else than the port: the way there, for example.
///
/// It proves nothing about who has sent the report: any router may, from an address of its own, and so may anybody who
/// forges one. It proves only that whoever did so has seen the bytes that are quoted, or has guessed them. Old routers
/// quote 8 bytes behind the IP header, which is none of the datagram's own.
public struct QuotedDatagram: Sendable {
  /// How many bytes are kept: 64.
  public static let capacity = 64

  private var storage = InlineArray<64, UInt8>(repeating: 0)
  /// How many bytes were quoted, 0...64.
  public let count: Int

  /// Nothing is quoted.
  public init() { count = 0 }

  /// Keeps the first 64 bytes.
  public init(_ bytes: RawSpan) {
    count = min(bytes.byteCount, Self.capacity)
    for index in 0..<count { storage[index] = bytes.byte(at: index) }
  }

  /// The quoted bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    borrowing get { storage.span.raw.extracting(first: count) }
  }
}

extension QuotedDatagram: Equatable {
  /// Whether the same bytes are quoted.
  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
    return true
  }
}
