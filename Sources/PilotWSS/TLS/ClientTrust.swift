import PilotIdentity
import PilotTransport
import Synchronization

/// What a transport's connections are secured with. A transport lives for months, and the authorities that it trusts are
/// replaced meanwhile: their files are looked at before each dial, and read again when they differ.
///
/// Authorities in the bytes of a PEM text stay as they are. So does what comes through a pipe: to open it again would wait
/// for a writer, who may never come.
final class ClientTrust: Sendable {
  private struct State {
    var tls: ClientTLS
    var stamps: [FileStamp?]
  }

  private let trust: Trust
  private let system: SystemAuthorities
  private let state: Mutex<State>

  /// Reads the authorities for the first time. Blocks for as long as the disk takes.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong with them: there must be some to begin with.
  init(_ trust: Trust, system: SystemAuthorities = .known) throws(TransportError) {
    self.trust = trust
    self.system = system
    let stamps = Self.stamps(of: trust, system)
    state = Mutex(State(tls: try ClientTLS(trusting: trust, system: system), stamps: stamps))
  }

  /// What was read last.
  var tls: ClientTLS { state.withLock { $0.tls } }

  /// Whether the files are still those that were read: one system call for each.
  ///
  /// Of a directory only what is added to it and taken from it shows, not what is written into one of its files.
  var isCurrent: Bool {
    let stamps = Self.stamps(of: trust, system)
    return state.withLock { $0.stamps == stamps } || stamps.contains { $0?.isReadableAgain == false }
  }

  /// Reads the authorities again. Blocks for as long as the disk takes.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong with them. Those from before stay, and the same files aren't
  ///   complained of again.
  func renew() throws(TransportError) {
    let stamps = Self.stamps(of: trust, system)
    do throws(TransportError) {
      let tls = try ClientTLS(trusting: trust, system: system)
      state.withLock { $0 = State(tls: tls, stamps: stamps) }
    } catch {
      state.withLock { $0.stamps = stamps }
      throw error
    }
  }

  private static func stamps(of trust: Trust, _ system: SystemAuthorities) -> [FileStamp?] {
    trust.paths(system).map { FileStamp(of: $0) }
  }
}

extension Trust {
  /// The files and directories that its authorities are looked for in.
  fileprivate func paths(_ system: SystemAuthorities) -> [String] {
    switch source {
    case .pem, .keysAlone: []
    case .file(let path): [path]
    case .system(let variables) where variables.file != nil || variables.directories != nil:
      [variables.file].compactMap(\.self) + (variables.directories ?? "").split(separator: ":").map(String.init)
    case .system: system.files + system.directories
    }
  }
}
