import PilotIdentity
package import PilotTransport
import Synchronization

/// A registry's admin token, read again when its file changes. It stands in no log and in no error. From any thread.
package final class RegistryToken: Sendable {
  private struct State {
    var text: String
    var stamp: FileStamp?
  }

  private let path: String
  private let state: Mutex<State>

  /// - Parameter path: A file with the token on its one line: up to 1,024 printable ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used.
  package init(path: String) throws(TransportError) {
    self.path = path
    let stamp = FileStamp(of: path)
    state = Mutex(State(text: try Self.read(path), stamp: stamp))
  }

  /// The token as the file has it, or as it had it last when it could be used. What comes through a pipe is read once.
  var text: String {
    let stamp = FileStamp(of: path)
    return state.withLock { state in
      guard state.stamp != stamp, stamp?.isReadableAgain ?? false else { return state.text }
      state.stamp = stamp
      if let text = try? Self.read(path) { state.text = text }
      return state.text
    }
  }

  private static func read(_ path: String) throws(TransportError) -> String {
    let contents: [UInt8]?
    do throws(SystemCallError) {
      contents = try WholeFile.contents(of: path, limit: 4_096)
    } catch {
      throw invalid("the registry's token file \(path) can't be read: \(error)")
    }
    var token = (contents ?? [])[...]
    while let last = token.last, last == 0x0A || last == 0x0D { token.removeLast() }
    guard (1...1_024).contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw invalid("the registry's token file \(path) must hold 1 to 1024 printable characters without a space")
    }
    return String(decoding: token, as: UTF8.self)
  }

  private static func invalid(_ message: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: message)
  }
}
