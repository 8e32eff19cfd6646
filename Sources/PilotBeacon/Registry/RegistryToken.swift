import PilotIdentity
package import PilotTransport
import Synchronization

/// A registry's admin token, read again when its file changes. It stands in no log and in no error. From any thread.
package final class RegistryToken: Sendable {
  /// What looking at the file gave.
  enum Reload {
    case unchanged
    case reloaded
    /// The new file is unusable, and the old token stays.
    case refused(TransportError)
  }

  /// In bytes.
  private static let length = 1...1_024

  private let path: String
  private let line: SecretLine
  private let current: Mutex<String>

  /// - Parameter path: A regular file with the token on its one line, which none but its owner may read: up to 1,024 printable
  ///   ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used.
  package init(path: String) throws(TransportError) {
    (self.path, line) = (path, SecretLine(path: path, length: Self.length, access: .ownerOnly))
    do throws(SecretLine.Problem) {
      current = Mutex(Self.text(of: try line.read()))
    } catch {
      throw Self.invalid(error, path)
    }
  }

  /// The token as the file had it last when it could be used.
  var text: String { current.withLock { $0 } }

  /// Looks at the file, and reads it when it differs from last time.
  func reloadIfChanged() -> Reload {
    switch line.look() {
    case .unchanged: return .unchanged
    case .refused(let problem): return .refused(Self.invalid(problem, path))
    case .changed(let token):
      current.withLock { $0 = Self.text(of: token) }
      return .reloaded
    }
  }

  /// A copy is kept, since it goes into each request.
  private static func text(of token: consuming [UInt8]) -> String {
    var bytes = token
    defer { bytes.erase() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func invalid(_ problem: SecretLine.Problem, _ path: String) -> TransportError {
    let text =
      switch problem {
      case .file(let problem): "the registry's token file \(path) \(problem)"
      case .noSecret:
        "the registry's token file \(path) must hold \(length.lowerBound) to \(length.upperBound) printable characters "
          + "without a space"
      }
    return TransportError(code: .invalidConfiguration, message: text)
  }
}
