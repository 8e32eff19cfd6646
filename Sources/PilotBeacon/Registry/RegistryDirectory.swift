import NIOPosix
public import PilotIdentity
import PilotTransport
import PilotWSS
public import PilotWire
import Synchronization

/// The keys that a registry knows (wire reference, section 7), asked for one by one and remembered for a while.
///
/// Peers choose which nodes are asked for, so everything is bounded: lookups under way, what is remembered, and how long
/// an answer may take.
public final class RegistryDirectory: KeyDirectory {
  /// The bounds.
  public struct Configuration: Sendable, Equatable {
    /// From the connection to the answer. Default 5 s.
    public var limit: Duration = .seconds(5)
    /// How long a key is believed without asking again. Default 5 min.
    public var keyLifetime: Duration = .seconds(300)
    /// How long a node counts as unknown without asking again. Default 10 s.
    public var unknownLifetime: Duration = .seconds(10)
    /// Nodes that are remembered, known and unknown. Default 100,000.
    public var capacity = 100_000
    /// Lookups at one time; further ones fail at once. Default 64.
    public var maximumLookups = 64

    /// The defaults.
    public init() {}
  }

  private let host: String
  private let port: Int
  private let configuration: Configuration
  private let cache: Mutex<KeyCache>
  private let lookups = Atomic<Int>(0)

  /// Asks the registry at this address. Nothing is connected before the first lookup.
  public init(host: String, port: Int, configuration: Configuration = Configuration()) {
    self.host = host
    self.port = port
    self.configuration = configuration
    cache = Mutex(KeyCache(capacity: configuration.capacity))
  }

  /// The key of `node`, from memory or from the registry.
  ///
  /// - Throws: `KeyDirectoryError`: `.unavailable` when the registry can't be reached, doesn't answer in time, or too many
  ///   lookups are under way; `.invalidAnswer` when its answer isn't understood.
  public func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
    if let remembered = cache.withLock({ $0.entry(of: node, at: .now()) }) { return remembered.key }
    guard lookups.add(1, ordering: .relaxed).newValue <= configuration.maximumLookups else {
      lookups.subtract(1, ordering: .relaxed)
      throw KeyDirectoryError(code: .unavailable, message: "too many registry lookups are under way")
    }
    defer { lookups.subtract(1, ordering: .relaxed) }
    let answer = try await RegistryLookup.ask(
      host: host, port: port, node: node, limit: configuration.limit,
      on: MultiThreadedEventLoopGroup.singleton.next())
    let key = try answer.key(of: node)
    let lifetime = key == nil ? configuration.unknownLifetime : configuration.keyLifetime
    cache.withLock { $0.remember(key, of: node, until: MonotonicInstant.now().advanced(by: lifetime)) }
    return key
  }

  /// The key of `node` if it is remembered.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? {
    cache.withLock { $0.entry(of: node, at: .now()) }?.key
  }
}
