internal import Synchronization

/// What was looked up in a command's settings, and what was wrong with it. From any thread.
final class SettingsLedger: Sendable {
  private struct State {
    var settings: [EffectiveSetting] = []
    var faults: [CommandFailure] = []
  }

  private let isCollecting: Bool
  private let state = Mutex(State())

  /// - Parameter isCollecting: Whether faults are kept, for all of them to be told at once, and not thrown.
  init(isCollecting: Bool) {
    self.isCollecting = isCollecting
  }

  /// Each setting once, by its last look, in the order of the first ones.
  var settings: [EffectiveSetting] { state.withLock { $0.settings } }

  /// Those that were kept, each once.
  var faults: [CommandFailure] { state.withLock { $0.faults } }

  func note(_ setting: EffectiveSetting) {
    state.withLock { state in
      let known = state.settings.firstIndex { $0.name == setting.name && $0.section == setting.section }
      if let known { state.settings[known] = setting } else { state.settings.append(setting) }
    }
  }

  /// Throws a fault, or keeps it.
  func refuse(_ fault: CommandFailure) throws(CommandFailure) {
    guard isCollecting else { throw fault }
    state.withLock { state in
      if !state.faults.contains(fault) { state.faults.append(fault) }
    }
  }
}
