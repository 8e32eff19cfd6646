internal import CPilotUDP
internal import PilotTransport
internal import Synchronization

/// One end of a conversation between two processes of one user: messages, in order, that can carry descriptors along
/// (SOCK_SEQPACKET and SCM_RIGHTS, unix(7)).
///
/// Calls block, for ``limit`` at most, and a conversation is over after ``limitInAll``, however little each message of it lacks: never on
/// a thread of the concurrency pool. One thread at a time.
package final class HandoverChannel: Sendable {
  /// The longest message, in bytes.
  package static let longestMessage = 1 << 16
  /// The most descriptors that one message carries.
  package static let descriptorLimit = Int(cpilot_handover_descriptors)
  /// How long the other side may take for one message.
  package static let limit: Duration = .seconds(5)
  /// How long a conversation may take: a table of two million nodes is through in ten seconds.
  package static let limitInAll: Duration = .seconds(60)

  private let socket: InheritedDescriptor
  /// When it is over.
  private let end: Mutex<MonotonicInstant>

  private init(_ descriptor: CInt) throws(HandoverFault) {
    socket = InheritedDescriptor(owning: descriptor)
    end = Mutex(.now().advanced(by: Self.limitInAll))
    _ = try HandoverFault.check(cpilot_handover_check_peer(descriptor))
  }

  /// To whoever listens at a path.
  ///
  /// - Throws: `isNobody` where nobody does.
  package static func connect(to path: String, limit: Duration = limit) throws(HandoverFault) -> HandoverChannel {
    // SAFETY: the function reads the terminated path.
    try HandoverChannel(HandoverFault.check(unsafe cpilot_handover_connect(path, milliseconds(limit))))
  }

  static func accept(on listening: CInt, limit: Duration) throws(HandoverFault) -> HandoverChannel {
    try HandoverChannel(HandoverFault.check(cpilot_handover_accept(listening, milliseconds(limit))))
  }

  private static func milliseconds(_ limit: Duration) -> CInt { CInt(clamping: limit.milliseconds) }

  /// How long the other side may take for one message from now on, and the conversation for what is left of it.
  package func setLimit(_ limit: Duration) {
    _ = socket.with { cpilot_handover_limit($0, Self.milliseconds(limit)) }
    end.withLock { $0 = min($0, .now().advanced(by: limit)) }
  }

  private func checkTime() throws(HandoverFault) {
    if end.withLock({ $0 }) <= .now() { throw .timeout }
  }

  /// - Parameter descriptors: Stay the caller's; the other side gets descriptors of its own of the same files.
  package func send(_ message: [UInt8], descriptors: [InheritedDescriptor] = []) throws(HandoverFault) {
    try checkTime()
    let numbers = descriptors.map { $0.with { $0 } }
    let result = socket.with { socket in
      unsafe message.withUnsafeBytes { bytes in
        unsafe numbers.withUnsafeBufferPointer { numbers in
          // SAFETY: the function reads as many bytes and numbers as there are. An empty array's pointer may be nil, which the
          // message's isn't: it has a type.
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe cpilot_handover_send(socket, base, bytes.count, numbers.baseAddress, numbers.count)
        }
      }
    }
    if result < 0 { throw HandoverFault(CInt(result)) }
  }

  /// - Returns: The next message and what came along; nil when the other side is gone.
  package func receive() throws(HandoverFault) -> (message: [UInt8], descriptors: [InheritedDescriptor])? {
    try checkTime()
    var numbers = [CInt](repeating: -1, count: Self.descriptorLimit)
    var count = 0
    var result = 0
    let message = unsafe [UInt8](unsafeUninitializedCapacity: Self.longestMessage) { bytes, length in
      result = socket.with { socket in
        unsafe numbers.withUnsafeMutableBufferPointer { numbers in
          guard let base = bytes.baseAddress, let first = numbers.baseAddress else { return 0 }
          // SAFETY: the function writes as many bytes as there is room for, and no more numbers than the limit.
          return unsafe cpilot_handover_receive(socket, base, bytes.count, first, &count)
        }
      }
      length = max(result, 0)
    }
    let descriptors = numbers.prefix(count).map { InheritedDescriptor(owning: $0) }
    if result < 0 { throw HandoverFault(CInt(result)) }
    return result == 0 ? nil : (message, descriptors)
  }

  /// The other side sees the end of the conversation.
  package func close() { socket.close() }
}
