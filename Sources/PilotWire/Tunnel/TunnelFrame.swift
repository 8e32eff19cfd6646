/// Any tunnel frame, read from bytes that it borrows (wire reference, section 4). Formats only: what a signature or a tag is
/// worth is for the session to find out.
@nonexhaustive
public enum TunnelFrame: ~Escapable {
  /// A packet in the clear.
  case plain(PlainFrame)
  /// A packet, encrypted.
  case sealed(SealedFrame)
  /// An offer of a session that nobody vouches for.
  case keyExchange(KeyExchange)
  /// An offer of a session, signed.
  case authenticatedKeyExchange(AuthenticatedKeyExchange)
  /// A frame that only opens a NAT.
  case punch(Punch)

  /// Reads a whole frame, magic included.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unknownMagic`, and what the frame of the kind throws.
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    guard !frame.isEmpty else { throw .empty }
    try frame.require(TunnelMagic.byteCount)
    let number = frame.bigEndian(at: 0, as: UInt32.self)
    guard let magic = TunnelMagic(rawValue: number) else { throw .unknownMagic(number) }
    switch magic {
    case .plain: self = .plain(try PlainFrame(parsing: frame))
    case .sealed: self = .sealed(try SealedFrame(parsing: frame))
    case .keyExchange: self = .keyExchange(try KeyExchange(parsing: frame))
    case .authenticatedKeyExchange:
      self = .authenticatedKeyExchange(try AuthenticatedKeyExchange(parsing: frame))
    case .punch: self = .punch(try Punch(parsing: frame))
    }
  }

  /// Which kind of frame it is.
  public var magic: TunnelMagic {
    switch self {
    case .plain: .plain
    case .sealed: .sealed
    case .keyExchange: .keyExchange
    case .authenticatedKeyExchange: .authenticatedKeyExchange
    case .punch: .punch
    }
  }
}
