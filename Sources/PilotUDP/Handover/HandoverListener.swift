internal import CPilotUDP
internal import Dispatch
internal import PilotTransport
internal import Synchronization

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
  /// What keeps somebody from a conversation.
  package enum Trouble: Sendable, Equatable {
    /// Nobody can be accepted for now, which is tried again after a pause: said once, until it has ended.
    case began(HandoverFault)
    /// Somebody was accepted again.
    case ended
    /// It is another user's process. Said each time.
    case refused(HandoverFault)
  }

  /// Accepts who waits.
  typealias Accept = @Sendable (CInt, Duration) throws(HandoverFault) -> HandoverChannel

  private let source: any DispatchSourceRead
  private let socket: InheritedDescriptor

  /// Listens from now on.
  ///
  /// - Parameters:
  ///   - path: In a directory that nobody else may write to.
  ///   - limit: How long the other side may take for one message.
  ///   - report: Hears of trouble, on the thread of `take`.
  ///   - take: Called with each conversation, one at a time, on a thread that may block.
  /// - Throws: `isAboutTrust` for such a directory, and what the system says.
  package convenience init(
    at path: String, limit: Duration = HandoverChannel.limit, report: @escaping @Sendable (Trouble) -> Void = { _ in },
    _ take: @escaping @Sendable (HandoverChannel) -> Void
  ) throws(HandoverFault) {
    try self.init(
      at: path, limit: limit, pause: .seconds(1),
      accept: { descriptor, limit throws(HandoverFault) in try HandoverChannel.accept(on: descriptor, limit: limit) },
      report: report, take)
  }

  /// As above.
  ///
  /// - Parameter pause: How long nobody is accepted after that has failed.
  init(
    at path: String, limit: Duration, pause: Duration, accept: @escaping Accept,
    report: @escaping @Sendable (Trouble) -> Void, _ take: @escaping @Sendable (HandoverChannel) -> Void
  ) throws(HandoverFault) {
    try Self.checkDirectory(of: path)
    // SAFETY: the function reads terminated paths.
    let listening = try HandoverFault.check(unsafe cpilot_handover_listen(path, "\(path).\(getpid())"))
    let socket = InheritedDescriptor(owning: listening)
    self.socket = socket
    let queue = DispatchQueue(label: "pilot.handover", qos: .userInitiated)
    let source = DispatchSource.makeReadSource(fileDescriptor: listening, queue: queue)
    self.source = source
    let trouble = Flag()
    source.setEventHandler { [weak self] in
      do throws(HandoverFault) {
        let channel = try accept(listening, limit)
        if trouble.set(false) { report(.ended) }
        take(channel)
      } catch {
        if error.isAboutTrust { return report(.refused(error)) }
        // Whoever is gone by now is none to talk to.
        guard error.isShortage else { return }
        if !trouble.set(true) { report(.began(error)) }
        // Whoever waits keeps the socket readable: without a rest, the same would be tried again at once, and for ever.
        self?.rest(pause, queue)
      }
    }
    // Not before: Dispatch would watch whatever has the number by then.
    source.setCancelHandler { socket.close() }
    source.activate()
  }

  deinit { source.cancel() }

  /// Whoever connects from now on is refused, unless another process listens there. Returns at once; from any thread.
  /// During a pause it takes that to its end.
  package func close() { source.cancel() }

  /// Accepts nobody for a while. The value lives until that is over: a source that rests can't be released.
  private func rest(_ pause: Duration, _ queue: DispatchQueue) {
    source.suspend()
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause.milliseconds))) { self.source.resume() }
  }

  /// Whether a listener can be had at a path, as far as its directory goes.
  ///
  /// - Throws: As ``init(at:limit:report:_:)``.
  package static func checkDirectory(of path: String) throws(HandoverFault) {
    // SAFETY: the function reads a terminated path.
    _ = try HandoverFault.check(unsafe cpilot_handover_check_directory(directory(of: path)))
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Whether nobody could be accepted last.
  private final class Flag: Sendable {
    private let value = Mutex(false)

    /// - Returns: What it was before.
    func set(_ new: Bool) -> Bool {
      value.withLock { value in
        defer { value = new }
        return value
      }
    }
  }
}
