package import NIOSSL
import PilotIdentity
package import PilotTransport
import Synchronization

/// A beacon's certificate and key, read again when the files change. New connections use the new ones, others keep theirs.
package final class ServerTLS: Sendable {
  /// What looking at the files gave.
  package enum Reload: Sendable {
    case unchanged
    case reloaded
    /// The new files are unusable, and the old certificate stays.
    case refused(TransportError)
  }

  private struct State {
    var credentials: ServerCredentials
    var stamps: [FileStamp?]
  }

  private let certificatePath: String
  private let keyPath: String
  private let state: Mutex<State>

  /// - Parameters:
  ///   - certificate: A PEM file with the certificate and its intermediates, leaf first.
  ///   - key: A PEM file with the certificate's private key.
  /// - Throws: `.invalidConfiguration` that says which of them can't be used, and why.
  package init(certificate: String, key: String) throws(TransportError) {
    certificatePath = certificate
    keyPath = key
    let stamps = [FileStamp(of: certificate), FileStamp(of: key)]
    state = Mutex(State(credentials: try ServerCredentials(certificate: certificate, key: key), stamps: stamps))
  }

  package var context: NIOSSLContext { state.withLock { $0.credentials.context } }

  /// The hosts that the certificate names, in the normal form of a `BeaconName`. Without those that stand for several hosts
  /// (`*.example.com`): who has such a certificate, too, is not this beacon.
  package var hosts: Set<String> { state.withLock { $0.credentials.hosts } }

  /// Until when the certificate in use, and those that were sent with it, are valid, in seconds since 1970.
  package var expiry: Int { state.withLock { $0.credentials.expiry } }

  /// Looks at the files, which takes two system calls, and reads them when they differ from last time. What comes through a
  /// pipe is read once, at the start: to open it again would wait for a writer, who may never come.
  package func reloadIfChanged() -> Reload {
    let stamps = [FileStamp(of: certificatePath), FileStamp(of: keyPath)]
    guard state.withLock({ $0.stamps != stamps }), stamps.allSatisfy({ $0?.isRegularFile ?? true }) else {
      return .unchanged
    }
    do throws(TransportError) {
      let credentials = try ServerCredentials(certificate: certificatePath, key: keyPath)
      state.withLock { $0 = State(credentials: credentials, stamps: stamps) }
      return .reloaded
    } catch {
      // The same broken files are reported once.
      state.withLock { $0.stamps = stamps }
      return .refused(error)
    }
  }
}
