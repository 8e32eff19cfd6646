import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotNode
import PilotWSS
import PilotWire

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder in which `pilot pair` keeps what `pilot forward` and `pilot ping` need: an identity, the keys of other nodes, and the
/// settings that name both.
struct PairFolder: Sendable {
  let path: String

  var identity: String { path + "/identity.json" }
  var peers: String { path + "/peers.json" }
  /// The settings of commands.
  var configuration: String { path + "/pilot.json" }

  /// The one of this user: `$XDG_CONFIG_HOME/pilot`, else `~/.config/pilot` (XDG Base Directory Specification); nil where neither
  /// variable names a place.
  static func standard(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> PairFolder? {
    // Relative paths are to be ignored, says the specification.
    if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return PairFolder(path: base + "/pilot") }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return PairFolder(path: (home == "/" ? "" : home) + "/.config/pilot")
  }

  /// Whether there are settings in it.
  var isSetUp: Bool { FileStamp(of: configuration) != nil }

  /// Makes folder and files, mode 0600 and readable by their owner alone. An identity and keys that are there are kept.
  ///
  /// - Throws: A failure if settings are there already, or something can't be written.
  func setUp(_ setup: PairSetup) throws {
    try makeFolder()
    if FileStamp(of: identity) == nil { try Identity().save(to: identity) }
    if FileStamp(of: peers) == nil { try write(NodesFile.text(of: [:]), to: peers) }
    try write(setup.text(identity: identity, peers: peers), to: configuration, replacing: false)
  }

  /// The settings in it, whatever the environment says.
  func settings(_ section: SettingsSection, of command: any ParsableArguments.Type) throws -> Settings {
    try Settings(
      GlobalOptions.parse(["--config", configuration]), of: command, section: section, environment: [:])
  }

  /// This side's own line.
  ///
  /// - Throws: A failure if the folder isn't set up, or what is in it can't be used.
  func line() throws -> PairingLine {
    guard isSetUp else {
      throw CommandFailure(
        "nothing is set up in \(path.onOneLine)", hint: "begin with pilot pair init --node ID --beacon URL")
    }
    let settings = try settings(.forward, of: ForwardRunCommand.self)
    let setup = try PairSetup(settings)
    let key = try Identity.load(from: settings.string(nil, "identity") ?? identity).publicKey
    return try setup.line(key: key)
  }

  /// Adds the other side's key to those that are known.
  ///
  /// - Parameter replacing: Whether the node may have had another key.
  /// - Returns: Whether it wasn't known before.
  /// - Throws: A failure if the node has another key, or the file can't be read or written.
  func add(_ peer: PairingLine, replacing: Bool) throws -> Bool {
    var keys = FileStamp(of: peers) == nil ? [:] : try NodesFile.load(from: peers)
    if let known = keys[peer.node] {
      if known == peer.key { return false }
      guard replacing else {
        throw CommandFailure(
          "node \(peer.node) is known with another key",
          hint: "if it has a new identity, compare fingerprints, and say --replace")
      }
    }
    keys[peer.node] = peer.key
    try write(NodesFile.text(of: keys), to: peers)
    return true
  }

  private func makeFolder() throws(CommandFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandFailure(
        "the folder \(path.onOneLine) can't be made", hint: "check its permissions, or name another one with --folder")
    }
  }

  private func write(_ text: String, to file: String, replacing: Bool = true) throws(CommandFailure) {
    do throws(AtomicFile.Failure) {
      try AtomicFile.write(Array(text.utf8), to: file, replacing: replacing)
    } catch {
      switch error {
      case .exists:
        throw CommandFailure(
          "there is a file \(file.onOneLine) already",
          hint: "pilot pair show prints this side's line; to begin anew, move the file away")
      case .openToOthers:
        throw CommandFailure(
          "\(file.onOneLine) can't be kept from others: its file system keeps no permissions",
          hint: "name another folder with --folder")
      case .system(let error):
        throw CommandFailure("\(file.onOneLine) can't be written: \(error)", hint: "check the folder's permissions")
      }
    }
  }
}
