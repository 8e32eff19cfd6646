internal import CPilotUDP
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Waits at a path for a process that wants what this one has.
///
/// The path leads to whoever has listened there last: the socket is bound beside it and moved into place. The file stays when the
/// process ends, and says nothing then: who connects is refused.
///
/// Unchecked Sendable because of the source, which can be cancelled from any thread.
package final class HandoverListener: @unchecked Sendable {
  private let source: any DispatchSourceRead
  private let socket: InheritedDescriptor

  /// Listens from now on.
  ///
  /// - Parameters:
  ///   - path: In a directory that nobody else may write to.
  ///   - limit: How long the other side may take for one message.
  ///   - take: Called with each conversation, one at a time, on a thread that may block.
  /// - Throws: `isAboutTrust` for such a directory, and what the system says.
  package init(
    at path: String, limit: Duration = HandoverChannel.limit, _ take: @escaping @Sendable (HandoverChannel) -> Void
  ) throws(HandoverFault) {
    // SAFETY: the functions read terminated paths.
    _ = try HandoverFault.check(unsafe cpilot_handover_check_directory(Self.directory(of: path)))
    let listening = try HandoverFault.check(unsafe cpilot_handover_listen(path, "\(path).\(getpid())"))
    let socket = InheritedDescriptor(owning: listening)
    self.socket = socket
    source = DispatchSource.makeReadSource(
      fileDescriptor: listening, queue: DispatchQueue(label: "pilot.handover", qos: .userInitiated))
    source.setEventHandler {
      // Whoever isn't this user, and whoever is gone by now, is none to talk to.
      guard let channel = try? HandoverChannel.accept(on: listening, limit: limit) else { return }
      take(channel)
    }
    // Not before: Dispatch would watch whatever has the number by then.
    source.setCancelHandler { socket.close() }
    source.activate()
  }

  deinit { source.cancel() }

  /// Whoever connects from now on is refused, unless another process listens there. Returns at once; from any thread.
  package func close() { source.cancel() }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
