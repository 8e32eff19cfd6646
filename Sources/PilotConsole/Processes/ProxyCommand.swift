#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import NIOPosix
internal import PilotTransport
package import PilotWSS

/// A shell command that prints new credentials for a proxy, `user:password`, in its first line of output.
///
/// It gets no credentials itself: its environment has neither this program's settings nor variables with a proxy's password.
/// Its standard error is this program's.
package struct ProxyCommand: Sendable {
  /// How long it may take. Default 10 s.
  package var limit: Duration = .seconds(10)
  private let text: String

  /// - Parameter text: What is given to `/bin/sh -c`.
  package init(_ text: String) {
    self.text = text
  }

  /// Runs it. Ends it, with what it has started, at the limit and when the task is cancelled.
  ///
  /// - Throws: `.system` that says why there are none, and `.invalidConfiguration` for an output that isn't `user:password`;
  ///   neither quotes the command or its output.
  package func credentials() async throws -> ProxyCredentials {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    defer { threads.shutdownGracefully { _ in } }
    let child = try ChildProcess.start(
      ["-c", text], program: "/bin/sh",
      withheld: ProxyEnvironment.namesOfSecrets(in: ProcessInfo.processInfo.environment), waiters: threads)
    child.closeInput()
    defer { child.end() }
    let output = await withTaskGroup { group -> Output in
      group.addTask { await Self.output(of: child) }
      group.addTask { [limit] in
        try? await Task.sleep(for: limit)
        child.end()
        return .tooLate
      }
      defer { group.cancelAll() }
      return await group.next() ?? .tooLate
    }
    switch output {
    // Without a status it was ended here, and its output's end was seen before that was said.
    case .tooLate, .ended(_, nil): throw Self.failure("the proxy command did not end within \(limit)")
    case .ended(_, let status?) where status != 0:
      throw Self.failure("the proxy command ended with status \(status)")
    case .ended(nil, _): throw Self.failure("the proxy command printed nothing")
    case .ended(let line?, _): return try ProxyCredentials(parsing: line.trimmed)
    }
  }

  private enum Output: Sendable {
    case ended(String?, Int32?)
    case tooLate
  }

  private static func output(of child: ChildProcess) async -> Output {
    let line = await child.line()
    return .ended(line, await child.exitStatus())
  }

  private static func failure(_ reason: String) -> TransportError {
    TransportError(code: .system, message: reason)
  }
}

extension String {
  /// Without the carriage return of a line that ends in CR LF.
  fileprivate var trimmed: String { hasSuffix("\r") ? String(dropLast()) : self }
}
