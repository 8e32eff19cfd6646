public import PilotWire
internal import Synchronization

/// The keys in a nodes file, which may change while they are used.
///
/// Lookups are answered from memory and never wait for a reload. The directory has no timer: its owner calls
/// ``reloadIfChanged()`` as often as changes should be noticed, every second or so.
public final class NodesFileDirectory: KeyDirectory {
  /// What a look at the file found.
  public enum Change: Hashable, Sendable {
    /// It is the version that was looked at last.
    case unchanged
    /// It is another version, with this many nodes, and in use from now on.
    case reloaded(count: Int)
    /// It can't be used, for this reason; the keys from before stay in use. Reported once for each version.
    case refused(NodesFileError)
  }

  /// What was at the path when it was last looked at.
  private enum Sighting: Equatable {
    case version(FileStamp)
    case nothing(NodesFileError)
  }

  /// The file.
  public let path: String
  private let keys: Mutex<[NodeID: PublicKey]>
  /// Held for as long as a reload takes, so that an older version never replaces a newer one.
  private let lastSighting: Mutex<Sighting>
  private let changeSource = KeyChangeSource(limit: 1_000_000)

  /// Reads the file for the first time. Blocks for as long as the disk and the parsing take.
  ///
  /// - Throws: `NodesFileError`: there must be a usable version to begin with.
  public init(path: String) throws(NodesFileError) {
    let version = try NodesFileVersion.open(path)
    self.path = path
    keys = Mutex(try version.keys())
    lastSighting = Mutex(.version(version.stamp))
  }

  /// How many nodes are known at the moment.
  public var count: Int { keys.withLock { $0.count } }

  /// The key of `node` in the version in use, at once.
  public func publicKey(of node: NodeID) -> PublicKey? { cachedPublicKey(of: node) }

  /// The key of `node` in the version in use. nil means, here, that there is none.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? { keys.withLock { $0[node] } }

  /// What the version in use says: always certain.
  public func answerAtHand(for node: NodeID) -> KeyAnswer? { cachedPublicKey(of: node).map { .key($0) } ?? .unknown }

  /// The nodes whose keys a new version changes or leaves out, once it is in use.
  public var changes: KeyChanges { changeSource.changes }

  /// Looks at the file, and takes its new version into use if there is one that is right from end to end.
  ///
  /// Versions are told apart by device, inode, size, permissions and times. A file that can't be opened, a vanished one for
  /// instance, is a broken version too. Blocks for as long as the disk and the parsing take: call it off the event loops.
  public func reloadIfChanged() -> Change {
    lastSighting.withLock { last in
      let previous = last
      do throws(NodesFileError) {
        let version = try NodesFileVersion.open(path)
        guard previous != .version(version.stamp) else { return .unchanged }
        last = .version(version.stamp)
        return .reloaded(count: replace(by: try version.keys()))
      } catch {
        guard case .cannotRead = error.problem else { return .refused(error) }
        last = .nothing(error)
        return previous == last ? .unchanged : .refused(error)
      }
    }
  }

  /// Takes other keys into use, and tells which of the old ones are in force no more. Those are compared, and freed, after
  /// the lock has been: that takes a while.
  private func replace(by newKeys: [NodeID: PublicKey]) -> Int {
    let oldKeys = keys.withLock { keys in
      defer { keys = newKeys }
      return keys
    }
    var revoked: Set<NodeID> = []
    for (node, key) in oldKeys where newKeys[node] != key { revoked.insert(node) }
    changeSource.announce(revoked)
    return newKeys.count
  }
}
