/// The new beacon's side of a takeover: it has nothing to lose until it reads, and once it does the old one is through.
///
/// ```text
/// awaitingOffer ──offer──▶ receiving ──copied──▶ prepared ──begin──▶ awaitingLast ──yours──▶ reading ──done──▶ over
/// ```
///
/// A value without socket or clock.
struct TakeoverMachine: Sendable {
  enum State: Equatable, Sendable {
    case awaitingOffer
    case receiving(TakeoverParts)
    case prepared
    case awaitingLast
    case reading
    case over
  }

  enum Action: Equatable, Sendable {
    /// Say what of this is wanted, and go on.
    case accept(TakeoverParts)
    /// Keep the descriptors that came along.
    case keep(TakeoverParts)
    /// Take a piece of the table in.
    case take
    /// Hold the whole table against this, and make everything ready.
    case prepare(TableTally)
    /// Hold the table against this, and read.
    case read(TableTally)
    /// The old one has ended, or is about to: this one serves.
    case serve
    /// The old one is being taken over by somebody else, or is itself not done with taking over.
    case wait
    /// It serves on: this one ends.
    case end
  }

  private(set) var state = State.awaitingOffer
  private let choose: @Sendable (TakeoverOffer) -> TakeoverParts

  /// - Parameter choose: What of an offer is wanted.
  init(choosing choose: @escaping @Sendable (TakeoverOffer) -> TakeoverParts) { self.choose = choose }

  /// A message has come.
  mutating func received(_ message: TakeoverMessage) -> Action {
    switch (state, message) {
    case (.awaitingOffer, .offer(let offer)):
      let parts = choose(offer)
      state = .receiving(parts)
      return .accept(parts)
    case (.awaitingOffer, .busy):
      state = .over
      return .wait
    case (.receiving(let parts), .descriptors(let kind)) where kind.isSubset(of: parts):
      return .keep(kind)
    case (.receiving(let parts), .piece) where parts.contains(.table):
      return .take
    case (.awaitingLast, .piece):
      return .take
    case (.receiving, .copied(let tally)):
      state = .prepared
      return .prepare(tally)
    case (.awaitingLast, .yours(let tally)):
      state = .reading
      return .read(tally)
    case (.reading, .done):
      state = .over
      return .serve
    default:
      return failed()
    }
  }

  /// Everything is ready to serve. Whether that is to be said.
  mutating func begin() -> Bool {
    guard state == .prepared else { return false }
    state = .awaitingLast
    return true
  }

  /// The old one is gone or silent, or can't be understood, or says that it serves on.
  mutating func failed() -> Action {
    defer { state = .over }
    return .end
  }

  /// The conversation has ended. Once this one reads, that says only that the old one is no more.
  mutating func ended() -> Action {
    defer { state = .over }
    return state == .reading ? .serve : .end
  }
}
