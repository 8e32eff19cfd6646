/// The old beacon's side of a takeover, which is all or nothing: it serves until the new one has said that it reads, and if that
/// one is gone before, or too slow, it goes on as if nothing had been.
///
/// ```text
/// awaitingHello ──hello──▶ offered ──accept──▶ copied ──ready──▶ frozen ──reading──▶ over
///        └──────── failed ─────┴──────── failed ───┘               └───── failed ─────▲
/// ```
///
/// A value without socket or clock; that somebody takes too long is a failure that the driver tells of.
struct HandoverMachine: Sendable {
  enum State: Equatable, Sendable {
    case awaitingHello
    case offered
    /// The table has gone over, and is kept up to date with what changes.
    case copied(TakeoverParts)
    /// Nobody reads the UDP sockets.
    case frozen(TakeoverParts)
    case over
  }

  /// What the driver does next.
  enum Action: Equatable, Sendable {
    /// Say what there is.
    case offer
    /// Send the descriptors of these parts, and all of the table if that is among them.
    case copy(TakeoverParts)
    /// Stop reading the UDP sockets, if they are among these parts, send what has changed in the table, and give all away.
    case freeze(TakeoverParts)
    /// The new one serves: end, without touching what it has.
    case release(TakeoverParts)
    /// Go on as before; nothing had been stopped.
    case abandon
    /// Read the UDP sockets again, and tell the new one that it doesn't.
    case resume
    case ignore
  }

  private(set) var state = State.awaitingHello

  /// A message has come.
  mutating func received(_ message: TakeoverMessage) -> Action {
    switch (state, message) {
    case (.awaitingHello, .hello):
      state = .offered
      return .offer
    case (.offered, .accept(let parts)) where parts.isConsistent:
      state = .copied(parts)
      return .copy(parts)
    case (.copied(let parts), .ready):
      state = .frozen(parts)
      return .freeze(parts)
    case (.frozen(let parts), .reading):
      state = .over
      return .release(parts)
    default:
      return failed()
    }
  }

  /// The other side is gone, takes too long or can't be understood; or something here is in the way.
  mutating func failed() -> Action {
    defer { state = .over }
    switch state {
    case .awaitingHello, .offered, .copied: return .abandon
    case .frozen: return .resume
    case .over: return .ignore
    }
  }
}

extension TakeoverParts {
  /// A table, and peers, are of use only to whom the sockets are.
  var isConsistent: Bool { contains(.udp) || isDisjoint(with: [.table, .peers]) }
}
