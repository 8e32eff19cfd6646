import PilotIdentity
package import PilotTransport
import Synchronization

/// The secret on a file's one line, in the form in which it is used, read again when the file changes. It stands in no log and in
/// no error. From any thread.
package final class ReloadedSecret<Form: Sendable>: Sendable {
  /// What looking at the file gave.
  package enum Reload: Sendable {
    case unchanged
    case reloaded
    /// The new file is unusable, and the old secret stays.
    case refused(TransportError)
  }

  private let line: SecretLine
  /// What the file is, and its path.
  private let file: String
  private let form: @Sendable ([UInt8]) -> Form
  private let current: Mutex<Form>

  /// Reads the file.
  ///
  /// - Parameters:
  ///   - file: What the file is, and its path: for errors.
  ///   - form: Makes what is kept. The bytes are overwritten afterwards.
  /// - Throws: `.invalidConfiguration` that says why it can't be used.
  init(_ line: SecretLine, file: String, form: @escaping @Sendable ([UInt8]) -> Form) throws(TransportError) {
    (self.line, self.file, self.form) = (line, file, form)
    do throws(SecretLine.Problem) {
      current = Mutex(Self.form(of: try line.read(), form))
    } catch {
      throw Self.invalid(error, line, file)
    }
  }

  /// The secret as the file had it last when it could be used.
  var value: Form { current.withLock { $0 } }

  /// Looks at the file, and reads it when it differs from last time. What comes through a pipe is read once.
  func reloadIfChanged() -> Reload {
    switch line.look() {
    case .unchanged: return .unchanged
    case .refused(let problem): return .refused(Self.invalid(problem, line, file))
    case .changed(let secret):
      let next = Self.form(of: secret, form)
      current.withLock { $0 = next }
      return .reloaded
    }
  }

  private static func form(of secret: consuming [UInt8], _ form: (([UInt8]) -> Form)) -> Form {
    var bytes = secret
    defer { bytes.erase() }
    return form(bytes)
  }

  private static func invalid(_ problem: SecretLine.Problem, _ line: SecretLine, _ file: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: "\(file) \(line.explanation(of: problem))")
  }
}
