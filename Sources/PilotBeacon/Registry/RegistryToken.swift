import PilotIdentity
package import PilotTransport

/// A registry's admin token, read again when its file changes. It stands in no log and in no error. From any thread.
package final class RegistryToken: Sendable {
  /// In bytes.
  private static let length = 1...1_024

  /// As text, since it goes into each request.
  private let secret: ReloadedSecret<String>

  /// - Parameter path: A regular file with the token on its one line, which none but its owner may read, or the group of a file of
  ///   root's: up to 1,024 printable ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used.
  package init(path: String) throws(TransportError) {
    secret = try ReloadedSecret(
      SecretLine(path: path, length: Self.length, access: .ownerOnly), file: "the registry's token file \(path)"
    ) { String(decoding: $0, as: UTF8.self) }
  }

  /// The token as the file had it last when it could be used.
  var text: String { secret.value }

  /// Looks at the file, and reads it when it differs from last time.
  func reloadIfChanged() -> ReloadedSecret<String>.Reload { secret.reloadIfChanged() }
}
