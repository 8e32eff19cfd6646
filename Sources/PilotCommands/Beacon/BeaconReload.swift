import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import Synchronization

/// Reads the configuration file of a running beacon again, and puts into force what can change while it serves.
final class BeaconReload: Sendable {
  /// What changes without a restart, by name.
  static let live: Set<String> = [
    "level", "relay-rate", "nodes-per-source", "max-connections", "max-frame-age", "allow", "deny", "trusted-proxy",
    "drain-window", "drain-grace", "drain-back", "drain-to",
  ]

  private struct State {
    var stamp: FileStamp?
    /// As they were read last.
    var read: [EffectiveSetting]
  }

  private let command: BeaconCommand
  private let settings: Settings
  private let addresses: AddressFiles
  private let server: BeaconServer
  private let logger: Logger
  private let state: Mutex<State>

  /// - Parameters:
  ///   - settings: Those that the beacon was started with.
  ///   - addresses: The rules in force.
  init(
    _ command: BeaconCommand, _ settings: Settings, addresses: AddressFiles, server: BeaconServer, logger: Logger
  ) {
    self.command = command
    self.settings = settings
    self.addresses = addresses
    self.server = server
    self.logger = logger
    state = Mutex(State(stamp: settings.file.flatMap { FileStamp(of: $0) }, read: settings.effective))
  }

  /// Looks at the file, and reads it if it isn't what it was at the last look. What can't be used is refused as a whole.
  func look() {
    guard let path = settings.file else { return }
    state.withLock { state in
      let stamp = FileStamp(of: path)
      // What comes through a pipe is read once.
      guard stamp != state.stamp, stamp?.isReadableAgain ?? true else { return }
      state.stamp = stamp
      do throws(CommandFailure) {
        try apply(try command.plan(command.settings(isCollecting: false)), &state)
      } catch {
        logger.error(
          "The changed configuration file is refused, the old settings stay",
          metadata: ["path": "\(path)", "error": "\(error)"])
      }
    }
  }

  private func apply(_ plan: BeaconPlan, _ state: inout State) throws(CommandFailure) {
    let next = plan.settings.effective
    let changed = Self.changes(from: state.read, to: next)
    do throws(TransportError) { try plan.configuration.validate() } catch { throw CommandFailure(error) }
    if changed.contains(where: { ["allow", "deny", "trusted-proxy"].contains($0) }) {
      do throws(AddressFileError) {
        try addresses.replace(with: plan.addresses)
      } catch {
        throw CommandFailure("\(error)")
      }
    }
    state.read = next
    server.adoptLimits(of: plan.configuration)
    settings.logThreshold.level = plan.settings.logLevel.level
    let (inForce, waiting) = (changed.filter(Self.live.contains), changed.filter { !Self.live.contains($0) })
    logger.notice("The configuration file has changed", metadata: ["in_force": .array(inForce.map { "\($0)" })])
    if !waiting.isEmpty {
      logger.warning(
        "Settings have changed that need a restart", metadata: ["settings": .array(waiting.map { "\($0)" })])
    }
  }

  /// The names of settings whose values differ, in their order.
  static func changes(from old: [EffectiveSetting], to new: [EffectiveSetting]) -> [String] {
    new.filter { setting in
      old.first { $0.name == setting.name && $0.section == setting.section }?.value != setting.value
    }.map(\.name)
  }
}
