public import Logging
import NIOCore
public import PilotIdentity
public import PilotTransport
public import PilotWSS
public import PilotWire
import Synchronization

/// The keys that a registry knows (wire reference, section 7), asked for one by one and remembered for a while.
///
/// A remembered key that has run out is asked for again when it is next wanted, in the background, and goes on serving until
/// the answer is there; an answer that is another one is told by ``changes``. While the registry fails, what it said last
/// stays in force.
///
/// Peers choose which nodes are asked for, so everything is bounded: what is remembered, how long an answer may take, and
/// lookups under way, by who wants them: those who wait, those that keep known keys up to date, and those that anybody can
/// cause by a datagram. None takes another's place, and each node is asked for once at a time.
///
/// Those who wait share their places by address: when all are taken, the lookup of whoever holds most is given up for a newcomer,
/// an IPv6 /48 counting as one as well as each of its /64s. A known node, be its key outdated, waits for no place: it is asked
/// for among the known ones, and if that can't be, served by the key that it had. Datagrams, whose source anybody can invent,
/// have no shares: theirs are left out beyond a few, and the next one asks again.
public final class RegistryDirectory: KeyDirectory {
  /// The bounds.
  public struct Configuration: Sendable, Equatable {
    /// From the connection to the answer. Default 5 s.
    public var limit: Duration = .seconds(5)
    /// How long a key is believed without asking again. Default 5 min.
    public var keyLifetime: Duration = .seconds(300)
    /// How long a node counts as unknown without asking again. Default 10 s.
    public var unknownLifetime: Duration = .seconds(10)
    /// How long nothing is asked in the background after the registry gave no answer. Default 5 s.
    public var failurePause: Duration = .seconds(5)
    /// Nodes whose keys are remembered. Default 100,000.
    public var capacity = 100_000
    /// Nodes that are remembered as unknown. Default 10,000.
    public var unknownCapacity = 10_000
    /// Lookups at one time for those who wait in ``RegistryDirectory/publicKey(of:for:)``, who share them by address; further
    /// ones in ``RegistryDirectory/publicKey(of:)`` fail at once. Default 64.
    public var maximumLookups = 64
    /// Lookups at one time that bring known keys up to date; further ones are left for later. Default 64.
    public var maximumRefreshes = 64
    /// Lookups at one time by ``RegistryDirectory/prefetch(_:)``; further ones are left out. Default 4.
    public var maximumPrefetches = 4

    /// The defaults.
    public init() {}
  }

  private let configuration: Configuration
  private let now: @Sendable () -> MonotonicInstant
  private let ask: @Sendable (NodeID, RegistryLookup.Answer) -> RegistryLookup.Answer
  private let tell: @Sendable (RegistryHealth.News) -> Void
  /// Asks the registry anything else; nil where there is none.
  let exchange: RegistryRegistration.Exchange?
  private let state: Mutex<RegistryDirectoryState>
  private let changeSource = KeyChangeSource()

  /// Asks the registry at this address in clear text. Nothing is connected before the first lookup.
  ///
  /// Only on this machine or a private network, since whoever is on the path could be any node: an address on the internet is
  /// never asked, and each lookup there fails as `.unavailable`.
  ///
  /// - Parameters:
  ///   - host: A name or an IP address, IPv6 without brackets.
  ///   - port: The TCP port.
  ///   - configuration: How long answers count, and how long one is waited for.
  ///   - logger: Hears that the registry fails and why, once a minute at most, and that it answers again. Default: nobody does.
  public convenience init(
    host: String, port: Int, configuration: Configuration = Configuration(), logger: Logger = unheard
  ) {
    self.init(host: host, port: port, tls: nil, configuration: configuration, logger: logger)
  }

  /// Asks the registry at this address over TLS. Nothing is connected before the first lookup.
  ///
  /// - Parameters:
  ///   - host: A name or an IP address, IPv6 without brackets.
  ///   - port: The TCP port.
  ///   - trust: Whom to trust at the other end.
  ///   - configuration: As without TLS.
  ///   - logger: As without TLS.
  /// - Throws: `TransportError.Code.invalidConfiguration` if what is trusted can't be read.
  public convenience init(
    host: String, port: Int, trusting trust: Trust, configuration: Configuration = Configuration(),
    logger: Logger = unheard
  ) throws(TransportError) {
    self.init(
      host: host, port: port, tls: try ClientTLS(trusting: trust, protocols: []), configuration: configuration,
      logger: logger)
  }

  private convenience init(host: String, port: Int, tls: ClientTLS?, configuration: Configuration, logger: Logger) {
    let exchange: @Sendable ([UInt8], RegistryLookup.Answer?) -> EventLoopFuture<[UInt8]> = { request, end in
      RegistryLookup.exchange(
        host: host, port: port, tls: tls, request: request, limit: configuration.limit, until: end)
    }
    self.init(
      configuration: configuration, now: { .now() },
      ask: { node, end in RegistryLookup.ask(node) { exchange($0, end) } },
      exchange: { exchange($0, nil) },
      tell: { news in
        switch news {
        case .failing(let error):
          logger.warning(
            "The registry gives no keys; those that it has given stay in force", metadata: ["reason": "\(error)"])
        case .answering:
          logger.notice("The registry answers again")
        }
      })
  }

  /// Writes nothing.
  public static var unheard: Logger { Logger(label: "pilot.registry") { _ in SwiftLogNoOpLogHandler() } }

  /// Why a registry on the internet isn't asked.
  static let inClearText = KeyDirectoryError(
    code: .unavailable,
    message:
      "the registry is neither on this machine nor on a private network, and would be asked in clear text; use TLS")

  /// Whether a registry at this host may be asked in clear text. A name is resolved, which can take as long as the system
  /// lets it; true for one that has no address at the moment, since each lookup looks again.
  package static func mayAskInClearText(host: String, port: Int) -> Bool {
    guard let address = try? SocketAddress.makeAddressResolvingHost(host, port: port) else { return true }
    return Endpoint(address: address)?.isPrivate ?? false
  }

  /// - Parameters:
  ///   - ask: Begins a lookup, which nobody wants any more once the second argument has ended.
  ///   - exchange: Asks anything else.
  ///   - tell: Hears what there is to say about the registry.
  init(
    configuration: Configuration, now: @escaping @Sendable () -> MonotonicInstant,
    ask: @escaping @Sendable (NodeID, RegistryLookup.Answer) -> RegistryLookup.Answer,
    exchange: RegistryRegistration.Exchange? = nil,
    tell: @escaping @Sendable (RegistryHealth.News) -> Void = { _ in }
  ) {
    self.exchange = exchange
    self.tell = tell
    self.configuration = configuration
    self.now = now
    self.ask = ask
    state = Mutex(RegistryDirectoryState(configuration))
  }

  /// What it has asked for so far, and left out.
  public var counts: RegistryCounts { state.withLock { $0.counts } }

  /// Whether the registry has given nothing since the start, as ``RegistryHealth/isUnheard(at:)`` says.
  var lacksKeys: Bool { state.withLock { $0.health.isUnheard(at: now()) } }

  /// The key of `node`, from memory or from the registry. One that has run out is asked for; it counts as long as the
  /// registry fails to answer.
  ///
  /// - Throws: `KeyDirectoryError`: `.unavailable` when the registry can't be reached, doesn't answer in time or with an
  ///   error, or too many lookups are under way; `.invalidAnswer` when its answer isn't understood.
  public func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    try await publicKey(of: node, by: nil)
  }

  /// The same for a peer at `remote`. He always gets a place, if need be that of whoever holds most, and can lose it so to
  /// others as long as he holds most himself.
  ///
  /// - Throws: As without a peer; `.unavailable`, too, when the lookup was given up for somebody else's.
  public func publicKey(
    of node: NodeID, for remote: Endpoint
  ) async throws(KeyDirectoryError) -> PublicKey? {
    try await publicKey(of: node, by: LookupAsker(remote))
  }

  private func publicKey(
    of node: NodeID, by asker: LookupAsker?
  ) async throws(KeyDirectoryError) -> PublicKey? {
    let outdated: PublicKey?
    switch state.withLock({ $0.cache.answer(for: node, at: now()) }) {
    case .key(let key): return key
    case .unknown: return nil
    case .outdated(let key, _): outdated = key
    case nil: outdated = nil
    }
    do {
      guard let answer = lookUp(node, for: outdated == nil ? .waiting : .refresh, by: asker) else {
        throw Self.tooMany
      }
      return try await answer.get()
    } catch {
      if let outdated { return outdated }
      throw KeyDirectoryError(lookup: error)
    }
  }

  private static let tooMany = KeyDirectoryError(
    code: .unavailable, message: "too many registry lookups are under way")

  /// The key of `node` if it is remembered. One that has run out is asked for in the background.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? {
    switch state.withLock({ $0.cache.answer(for: node, at: now()) }) {
    case .key(let key):
      return key
    case .outdated(let key, let isDue):
      if isDue { _ = lookUp(node, for: .refresh) }
      return key
    case .unknown, nil:
      return nil
    }
  }

  /// What the registry has said a short while ago.
  public func answerAtHand(for node: NodeID) -> KeyAnswer? {
    switch state.withLock({ $0.cache.answer(for: node, at: now()) }) {
    case .key(let key): .key(key)
    case .unknown: .unknown
    case .outdated, nil: nil
    }
  }

  /// Asks the registry for a node that isn't remembered. Left out, and counted, beyond a few at a time.
  public func prefetch(_ node: NodeID) {
    switch state.withLock({ $0.cache.answer(for: node, at: now()) }) {
    case .key, .unknown, .outdated(_, isDue: false): break
    case .outdated(_, isDue: true): _ = lookUp(node, for: .refresh)
    case nil: _ = lookUp(node, for: .prefetch)
    }
  }

  /// Nodes of which the registry gives another key than it did, or which it doesn't know any more.
  public var changes: KeyChanges { changeSource.changes }

  /// Begins a lookup, or joins the one that is under way for that node.
  /// - Returns: The answer to come; nil if too many are under way.
  private func lookUp(
    _ node: NodeID, for purpose: RegistryPurpose, by asker: LookupAsker? = nil
  ) -> RegistryLookup.Answer? {
    switch state.withLock({ $0.begin(node, for: purpose, by: asker, at: now()) }) {
    case .leaveOut:
      return nil
    case .join(let answer):
      return answer
    case .ask(let lookup):
      lookup.displaced?.fail(Self.tooMany)
      ask(node, lookup.answer.futureResult).whenComplete { [self] result in
        let end = state.withLock { $0.end(lookup, with: result, at: now()) }
        if let news = end.news { tell(news) }
        if end.isChange { changeSource.announce([node]) }
        // Now that it is remembered, and a change told. Without effect on one that was given up.
        lookup.answer.completeWith(result)
      }
      return lookup.answer.futureResult
    }
  }
}
