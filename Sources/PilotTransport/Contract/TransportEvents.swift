public import PilotWire

/// Something that happened to a transport, beside frames.
public enum TransportEvent: Sendable {
  /// The first connection is up. Transports without connections are up from the start and say nothing.
  case connected
  /// The connection is down, for this reason; the given attempt, counted from 1, starts after the delay.
  case reconnecting(reason: TransportError, attempt: Int, delay: Duration)
  /// The connection is up again.
  case reconnected
  /// The network reported that a destination can't be reached: nothing listens there, no route, or it is forbidden.
  ///
  /// Nobody has signed such a report. Before anything is taken from somebody because of one, see that it quotes what only
  /// the destination, and those on the way to it, can have seen.
  case unreachable(Endpoint, reason: TransportError, quoted: QuotedDatagram)
  /// Something the operator should know and that needs no action: a capped socket buffer, a missing kernel feature.
  case notice(String)
  /// `close()` was called; the last event.
  case closed
}

/// The events of a transport, oldest first: an asynchronous sequence for one consumer.
///
/// It keeps the newest 256 until they are read, and drops older ones: who reads late sees the recent past. It ends after
/// ``TransportEvent/closed``.
public struct TransportEvents: AsyncSequence, Sendable {
  /// How many unread events are kept.
  public static let capacity = 256

  private let stream: AsyncStream<TransportEvent>

  fileprivate init(stream: AsyncStream<TransportEvent>) {
    self.stream = stream
  }

  /// Starts reading.
  public func makeAsyncIterator() -> AsyncStream<TransportEvent>.Iterator {
    stream.makeAsyncIterator()
  }
}

/// The writing end of ``TransportEvents``, for whoever implements a transport.
public struct TransportEventSource: Sendable {
  /// The reading end.
  public let events: TransportEvents
  private let continuation: AsyncStream<TransportEvent>.Continuation

  /// Makes both ends.
  public init() {
    let (stream, continuation) = AsyncStream.makeStream(
      of: TransportEvent.self, bufferingPolicy: .bufferingNewest(TransportEvents.capacity))
    events = TransportEvents(stream: stream)
    self.continuation = continuation
  }

  /// Tells the consumer. From any thread; after ``finish()`` without effect.
  public func emit(_ event: TransportEvent) {
    continuation.yield(event)
  }

  /// Tells that the transport is closed, and ends the sequence.
  public func finish() {
    continuation.yield(.closed)
    continuation.finish()
  }
}
