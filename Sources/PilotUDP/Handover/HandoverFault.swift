#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the system has against a step of a handover.
package struct HandoverFault: Error, Equatable, CustomStringConvertible {
  let cause: SystemError

  /// - Parameter result: What a function of CPilotUDP gave: an errno, negated.
  package init(_ result: CInt) { cause = SystemError(-result) }

  /// Whether nobody listens at that path: no file, or one that a process has left behind.
  package var isNobody: Bool { cause.code == ENOENT || cause.code == ECONNREFUSED }

  /// Whether the other side took too long.
  package var isTimeout: Bool { cause.isWouldBlock }

  /// Whether the other side has ended the conversation, with something unread.
  package var isEnd: Bool { cause.code == ECONNRESET || cause.code == EPIPE }

  /// Whether the other side is another user's, or the directory may be written by others.
  package var isAboutTrust: Bool { cause.code == EPERM }

  /// Whether the system has no descriptor or memory for one more socket.
  var isShortage: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(cause.code) }

  package var description: String { cause.description }

  static var timeout: HandoverFault { HandoverFault(-EAGAIN) }

  static func check(_ result: CInt) throws(HandoverFault) -> CInt {
    guard result >= 0 else { throw HandoverFault(result) }
    return result
  }
}
