import PilotTransport
import PilotWire
import Synchronization

/// A received frame, copied.
struct ReceivedFrame: Sendable, Equatable {
  let bytes: [UInt8]
  let source: Endpoint
}

/// Passes a transport's one receiver from task to task, one at a time, which a check needs and a program does not.
final class FrameReader: Sendable {
  private let resting: Mutex<Receiver?>

  init(_ receiver: consuming sending Receiver) {
    resting = Mutex(receiver)
  }

  func next() async throws(TransportError) -> ReceivedFrame {
    var receiver = take()
    let outcome = await Self.next(from: &receiver)
    put(receiver)
    return try outcome.get()
  }

  /// One batch, copied.
  func receive() async throws(TransportError) -> [ReceivedFrame] {
    var frames: [ReceivedFrame] = []
    try await receive { frames.append($0) }
    return frames
  }

  @discardableResult
  func receive(_ body: (ReceivedFrame) throws(TransportError) -> Void) async throws(TransportError) -> Int {
    var receiver = take()
    let outcome: Result<Int, TransportError>
    do {
      outcome = .success(
        try await receiver.receive { bytes, source throws(TransportError) in
          try body(ReceivedFrame(bytes: unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }, source: source))
        })
    } catch {
      outcome = .failure(error)
    }
    put(receiver)
    return try outcome.get()
  }

  /// Lends the next frame to a closure, which may wait while it has it.
  func lend(_ body: (borrowing Frame) async throws -> Void) async throws {
    var receiver = take()
    do {
      let frame = try await receiver.next()
      try await body(frame)
    } catch {
      put(receiver)
      throw error
    }
    put(receiver)
  }

  private static func next(from receiver: inout Receiver) async -> Result<ReceivedFrame, TransportError> {
    do {
      let frame = try await receiver.next()
      return .success(ReceivedFrame(bytes: frame.copiedBytes, source: frame.source))
    } catch {
      return .failure(error)
    }
  }

  private func take() -> Receiver {
    guard let receiver = resting.withLock({ $0.take() }) else {
      preconditionFailure("two tasks of a check read at the same time: the check is wrong, not the transport")
    }
    return receiver
  }

  private func put(_ receiver: consuming sending Receiver) {
    var returned: Receiver? = receiver
    resting.withLock { $0 = returned.take() }
  }
}
