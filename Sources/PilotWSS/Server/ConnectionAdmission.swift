import NIOCore
import Synchronization

/// Counts a listener's connections against its limits, and knows them all, to close them.
final class ConnectionAdmission: Sendable {
  private struct Entry {
    let channel: any Channel
    var isUpgraded = false
    var close: NIOLoopBound<() -> Void>?
  }

  private struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var upgraded = 0
    var turnedAway = 0
    /// Whether it drains: no upgrade is admitted any more.
    var isRefusing = false
    var isShutDown = false
  }

  private let maximumConnections: Int
  private let maximumHandshakes: Int
  private let maximumOpen: Int
  private let state = Mutex(State())

  init(maximumConnections: Int, maximumHandshakes: Int, maximumOpen: Int = .max) {
    self.maximumConnections = maximumConnections
    self.maximumHandshakes = maximumHandshakes
    self.maximumOpen = maximumOpen
  }

  var openConnections: Int { state.withLock { $0.entries.count } }
  var turnedAway: Int { state.withLock { $0.turnedAway } }

  /// A TCP connection has come.
  /// - Returns: Whether there is room for one more handshake.
  func accept(_ channel: any Channel) -> Bool {
    let admitted = state.withLock { state in
      guard !state.isShutDown, state.entries.count < maximumOpen,
        state.entries.count - state.upgraded < maximumHandshakes
      else {
        state.turnedAway += 1
        return false
      }
      state.entries[ObjectIdentifier(channel)] = Entry(channel: channel)
      return true
    }
    guard admitted else { return false }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { state in
        guard let entry = state.entries.removeValue(forKey: ObjectIdentifier(channel)) else { return }
        if entry.isUpgraded { state.upgraded -= 1 }
      }
    }
    return true
  }

  /// A connection asks to upgrade.
  /// - Returns: Whether there is room for one more peer.
  func upgrade(_ channel: any Channel) -> Bool {
    state.withLock { state in
      guard !state.isShutDown, !state.isRefusing, state.upgraded < maximumConnections,
        state.entries[ObjectIdentifier(channel)]?.isUpgraded == false
      else {
        state.turnedAway += 1
        return false
      }
      state.entries[ObjectIdentifier(channel)]?.isUpgraded = true
      state.upgraded += 1
      return true
    }
  }

  /// Admits no upgrade from now on. What has upgraded stays.
  func refuseNew() { state.withLock { $0.isRefusing = true } }

  var isRefusing: Bool { state.withLock { $0.isRefusing } }

  /// How to take a connection's leave. On its event loop.
  func onShutDown(of channel: any Channel, _ close: @escaping () -> Void) {
    let close = NIOLoopBound(close, eventLoop: channel.eventLoop)
    state.withLock { $0.entries[ObjectIdentifier(channel)]?.close = close }
  }

  /// Admits nobody any more, takes leave of everybody, and waits until all are gone. The connections' own limits bound the
  /// wait.
  func closeAll() async {
    let entries = state.withLock { state in
      state.isShutDown = true
      return Array(state.entries.values)
    }
    for entry in entries {
      entry.channel.eventLoop.execute {
        if let close = entry.close { close.value() } else { entry.channel.cutOff() }
      }
    }
    for entry in entries { try? await entry.channel.closeFuture.get() }
  }
}
