import Crypto
package import PilotIdentity
package import PilotTransport

/// The secret that shows status page and metrics, read again when its file changes. Only its digest is kept. From any thread.
package final class StatusToken: Sendable {
  /// In bytes: what can't be guessed, and what fits a field of a request.
  static let length = 16...256

  private let secret: ReloadedSecret<SHA256.Digest>

  /// - Parameter path: A file with the token on its one line: 16 to 256 printable ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used. No error repeats it.
  package init(path: String) throws(TransportError) {
    secret = try ReloadedSecret(Self.line(of: path), file: "the token file \(path)") { SHA256.hash(data: $0) }
  }

  /// The token's file: for whoever is to show the token, and not to check it.
  package static func line(of path: String) -> SecretLine {
    SecretLine(path: path, length: length, access: .anybody, suggestion: "such as those of: openssl rand -hex 32")
  }

  /// Whether a text is the token; takes as long whichever character is the first wrong one.
  func matches(_ text: some Sequence<UInt8>) -> Bool {
    // A digest is compared in constant time, and hides how long the token is.
    SHA256.hash(data: Array(text)) == secret.value
  }

  /// Looks at the file, and reads it when it differs from last time. What comes through a pipe is read once.
  func reloadIfChanged() -> ReloadedSecret<SHA256.Digest>.Reload { secret.reloadIfChanged() }
}
